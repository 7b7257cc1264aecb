// SPDX-License-Identifier: MIT
/**
 * The frame of a candump log: `ID#DATA`.
 *
 * Format: can-utils, lib.h. Identifiers have 3 hex digits (standard) or 8 (extended, or an error frame). `#R`
 * or `#R<length>` is a remote frame. `_<9..F>` behind eight bytes is a length code above eight. Dots may
 * separate the bytes. `##` is a CAN FD frame; five digits and a header of 14 characters are a CAN XL frame.
 */
import type { CanFrame } from '../bus/can-frame.ts';
import {
  EXTENDED_IDENTIFIER_MAX,
  STANDARD_IDENTIFIER_MAX,
  dataLengthOf,
  makeFrame,
} from '../bus/can-frame.ts';

/** Kinds of log entries that cannot be sent as a frame on a classical bus. */
export type Unplayable = 'error frame' | 'CAN FD frame' | 'CAN XL frame';

/** Throws an error about the text at an offset. Does not return. */
export type Refuse = (offset: number, reason: string) => never;

/** CAN_ERR_FLAG of linux/can.h, and the bits above it. */
const ERROR_FLAG = 0x20000000;
const IDENTIFIER_FLAGS_END = 0x40000000;
const HEX_DIGITS = /^[0-9A-Fa-f]*$/;
const REMOTE = /^[Rr]([0-8])?(?:_([9A-Fa-f]))?$/;
const XL_HEADER = /^[0-9A-Fa-f]{5}#[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{8}#/;
const STANDARD_DIGITS = 3;
const EXTENDED_DIGITS = 8;

/** Reads one frame, or names the kind that cannot be played. */
export function parseFrameText(text: string, refuse: Refuse): CanFrame | Unplayable {
  const mark = text.indexOf('#');
  if (mark < 0) return refuse(0, `"${text}" has no "#" between identifier and data`);
  if (XL_HEADER.test(text)) return 'CAN XL frame';
  const head = parseIdentifier(text.slice(0, mark), refuse);
  const start = mark + 1;
  const content = text.slice(start);
  if (content.startsWith('#')) return 'CAN FD frame';
  if (head === 'error frame') return head;
  if (!/^[Rr]/.test(content)) return parseDataFrame(content, start, head, refuse);
  const remote =
    REMOTE.exec(content) ?? refuse(start, `"${content}" is not R, R0..R8 or R8_9..R8_F`);
  const length = Number(remote[1] ?? 0);
  if (remote[2] !== undefined && length !== 8) {
    return refuse(start, `a length code above 8 needs length 8, found "${content}"`);
  }
  const dlc = remote[2] === undefined ? length : parseInt(remote[2], 16);
  return makeFrame({ ...head, remote: true, dlc });
}

export interface FrameHead {
  readonly identifier: number;
  readonly extended: boolean;
}

/** Reads 3 or 8 hex digits. With the error flag set, it is an error frame. */
export function parseIdentifier(digits: string, refuse: Refuse): FrameHead | 'error frame' {
  const length = digits.length;
  if (!HEX_DIGITS.test(digits) || (length !== STANDARD_DIGITS && length !== EXTENDED_DIGITS)) {
    return refuse(0, `identifier "${digits}" is not 3 or 8 hex digits`);
  }
  const identifier = parseInt(digits, 16);
  const extended = length === EXTENDED_DIGITS;
  if (identifier >= ERROR_FLAG && identifier < IDENTIFIER_FLAGS_END) return 'error frame';
  const largest = extended ? EXTENDED_IDENTIFIER_MAX : STANDARD_IDENTIFIER_MAX;
  if (identifier > largest) {
    return refuse(0, `identifier ${digits} is above ${largest.toString(16).toUpperCase()}`);
  }
  return { identifier, extended };
}

function parseDataFrame(content: string, start: number, head: FrameHead, refuse: Refuse): CanFrame {
  const mark = content.indexOf('_');
  const digits = mark < 0 ? content : content.slice(0, mark);
  const bad = digits.search(/[^0-9A-Fa-f.]/);
  if (bad >= 0) return refuse(start + bad, `"${digits[bad]}" is not a hex digit`);
  const parts = digits.split('.');
  if (parts.some(({ length }) => length % 2 !== 0)) {
    return refuse(start, `data "${digits}" has half a byte`);
  }
  const data = Uint8Array.from(Buffer.from(parts.join(''), 'hex'));
  if (data.length > 8) return refuse(start, `${data.length} data bytes; a frame has at most 8`);
  if (mark < 0) return makeFrame({ ...head, data });
  const code = content.slice(mark + 1);
  if (!/^[9A-Fa-f]$/.test(code))
    return refuse(start + mark, `length code "_${code}" is not _9 to _F`);
  const dlc = parseInt(code, 16);
  if (data.length !== dataLengthOf(dlc)) {
    return refuse(start + mark, `length code _${code} needs 8 data bytes, found ${data.length}`);
  }
  return makeFrame({ ...head, dlc, data });
}
