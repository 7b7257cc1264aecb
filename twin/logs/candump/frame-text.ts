// SPDX-License-Identifier: MIT
/**
 * The frame of a candump log: `ID#DATA`.
 *
 * Format: can-utils, lib.h. Identifiers have 3 hex digits (standard) or 8 (extended, or an error frame). `#R`
 * or `#R<length>` is a remote frame. `_<9..F>` behind eight bytes is a length code above eight. Dots may
 * separate the bytes. `##` is a CAN FD frame; five digits and a header of 14 characters are a CAN XL frame.
 */
import {
  EXTENDED_IDENTIFIER_MAX,
  STANDARD_IDENTIFIER_MAX,
  dataLengthOf,
  makeFrame,
} from '../../bus/can-frame.ts';
import {
  type Content,
  ERROR_BYTES,
  FD_LENGTHS,
  hexDigit,
  leftOut,
  type Omission,
} from '../record.ts';
import { ERROR_FLAG, FD_BIT_RATE_SWITCH, FD_ERROR_STATE } from '../socketcan.ts';

/** Throws an error about the text at an offset. Does not return. */
export type Refuse = (offset: number, reason: string) => never;

/** The bits above CAN_ERR_FLAG. */
const IDENTIFIER_FLAGS_END = 0x40000000;
const HEX_DIGITS = /^[0-9A-Fa-f]*$/;
const REMOTE = /^[Rr]([0-8])?(?:_([9A-Fa-f]))?$/;
const XL_HEADER = /^[0-9A-Fa-f]{5}#[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{8}#/;
const STANDARD_DIGITS = 3;
const EXTENDED_DIGITS = 8;

/** Reads one frame. A CAN XL frame is an omission. */
export function parseFrameText(text: string, refuse: Refuse): Content | Omission {
  const mark = text.indexOf('#');
  if (mark < 0) return refuse(0, `"${text}" has no "#" between identifier and data`);
  if (XL_HEADER.test(text)) return leftOut('CAN XL frame');
  const head = parseIdentifier(text.slice(0, mark), refuse);
  const start = mark + 1;
  const content = text.slice(start);
  if ('classes' in head) {
    return errorOf(head.classes, parseBytes(content, start, refuse), (reason) =>
      refuse(start, reason),
    );
  }
  if (content.startsWith('#')) {
    const flags = parseInt(content.charAt(1), 16);
    if (Number.isNaN(flags)) return refuse(start + 1, 'a CAN FD frame has a digit of flags here');
    return fdOf(head, flags, parseBytes(content.slice(2), start + 2, refuse), (reason) =>
      refuse(start + 2, reason),
    );
  }
  if (!/^[Rr]/.test(content)) return parseDataFrame(content, start, head, refuse);
  const remote =
    REMOTE.exec(content) ?? refuse(start, `"${content}" is not R, R0..R8 or R8_9..R8_F`);
  const length = Number(remote[1] ?? 0);
  if (remote[2] !== undefined && length !== 8) {
    return refuse(start, `a length code above 8 needs length 8, found "${content}"`);
  }
  const dlc = remote[2] === undefined ? length : parseInt(remote[2], 16);
  return { kind: 'frame', frame: makeFrame({ ...head, remote: true, dlc }) };
}

/** An error frame. Tools write fewer bytes than eight, or none. */
export function errorOf(
  classes: number,
  bytes: Uint8Array,
  refuse: (reason: string) => never,
): Content {
  if (bytes.length > ERROR_BYTES) return refuse('an error frame has at most 8 data bytes');
  const data = new Uint8Array(ERROR_BYTES);
  data.set(bytes);
  return { kind: 'error', error: { classes, data } };
}

/** A CAN FD frame with CANFD_* flags. */
export function fdOf(
  head: FrameHead,
  flags: number,
  data: Uint8Array,
  refuse: (reason: string) => never,
): Content {
  if (!FD_LENGTHS.includes(data.length)) {
    return refuse(`${data.length} data bytes; a CAN FD frame has ${FD_LENGTHS.join(', ')}`);
  }
  const bitRateSwitch = (flags & FD_BIT_RATE_SWITCH) !== 0;
  const errorStateIndicator = (flags & FD_ERROR_STATE) !== 0;
  return { kind: 'fd', frame: { ...head, bitRateSwitch, errorStateIndicator, data } };
}

export interface FrameHead {
  readonly identifier: number;
  readonly extended: boolean;
}

/** Reads 3 or 8 hex digits. With the error flag set, they are the classes of an error frame. */
export function parseIdentifier(
  digits: string,
  refuse: Refuse,
): FrameHead | { readonly classes: number } {
  const length = digits.length;
  if (!HEX_DIGITS.test(digits) || (length !== STANDARD_DIGITS && length !== EXTENDED_DIGITS)) {
    return refuse(0, `identifier "${digits}" is not 3 or 8 hex digits`);
  }
  const identifier = parseInt(digits, 16);
  const extended = length === EXTENDED_DIGITS;
  if (identifier >= ERROR_FLAG && identifier < IDENTIFIER_FLAGS_END) {
    return { classes: identifier - ERROR_FLAG };
  }
  const largest = extended ? EXTENDED_IDENTIFIER_MAX : STANDARD_IDENTIFIER_MAX;
  if (identifier > largest) {
    return refuse(0, `identifier ${digits} is above ${largest.toString(16).toUpperCase()}`);
  }
  return { identifier, extended };
}

function parseDataFrame(content: string, start: number, head: FrameHead, refuse: Refuse): Content {
  const mark = content.indexOf('_');
  const data = parseBytes(mark < 0 ? content : content.slice(0, mark), start, refuse);
  if (data.length > 8) return refuse(start, `${data.length} data bytes; a frame has at most 8`);
  if (mark < 0) return { kind: 'frame', frame: makeFrame({ ...head, data }) };
  const code = content.slice(mark + 1);
  if (!/^[9A-Fa-f]$/.test(code))
    return refuse(start + mark, `length code "_${code}" is not _9 to _F`);
  const dlc = parseInt(code, 16);
  if (data.length !== dataLengthOf(dlc)) {
    return refuse(start + mark, `length code _${code} needs 8 data bytes, found ${data.length}`);
  }
  return { kind: 'frame', frame: makeFrame({ ...head, dlc, data }) };
}

/** Hex digits in pairs; dots may stand between the pairs. */
function parseBytes(digits: string, start: number, refuse: Refuse): Uint8Array {
  const bytes = new Uint8Array(digits.length >> 1);
  let count = 0;
  for (let at = 0; at < digits.length; at++) {
    if (digits[at] === '.') continue;
    const high = hexDigit(digits.charCodeAt(at));
    if (high < 0) return refuse(start + at, `"${digits[at]}" is not a hex digit`);
    const low = hexDigit(digits.charCodeAt(++at));
    if (low < 0) {
      const next = digits[at] ?? '.';
      if (next !== '.') return refuse(start + at, `"${next}" is not a hex digit`);
      return refuse(start, `data "${digits}" has half a byte`);
    }
    bytes[count++] = (high << 4) | low;
  }
  return bytes.slice(0, count);
}
