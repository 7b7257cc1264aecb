// SPDX-License-Identifier: MIT
/**
 * The frame as candump shows it on a screen: `1A0   [2]  01 02`.
 *
 * Format: can-utils, candump.c and lib.h. `{D}` instead of `[8]` is the length code itself (`-8`). `remote
 * request` and `ERRORFRAME` follow the frame. Two digits in the brackets are CAN FD, four are CAN XL. `-a`
 * adds the bytes as characters between apostrophes. Does not: read binary (`-i`) or swapped (`-S`) bytes.
 */
import { type CanFrame, dataLengthOf, makeFrame } from '../bus/can-frame.ts';
import { parseIdentifier, type Refuse, type Unplayable } from './frame-text.ts';

/** After the interface: with `-x` the direction and two flags, then identifier, length, the rest. */
const SCREEN = /^((?:[RT]X +[B-] +[E-] +)?)([0-9A-Fa-f]+) +(\[(\d+)\]|\{([0-9A-F])\})(.*)$/;
const FD_DIGITS = 2;

/** The direction that `-x` shows, and the frame. Undefined: not the screen form. */
export function parseScreenFrame(
  text: string,
  refuse: Refuse,
): { readonly direction: string; readonly frame: CanFrame | Unplayable } | undefined {
  const match = SCREEN.exec(text);
  if (match === null) return undefined;
  const [, flags, digits, , length, code, rest] = match as unknown as (string | undefined)[];
  const direction = flags?.charAt(0) ?? '';
  if (length !== undefined && length.length >= FD_DIGITS) {
    return { direction, frame: length.length === FD_DIGITS ? 'CAN FD frame' : 'CAN XL frame' };
  }
  const start = flags?.length ?? 0;
  const head = parseIdentifier(digits ?? '', (offset, reason) => refuse(start + offset, reason));
  if (head === 'error frame') return { direction, frame: head };
  const dlc = code === undefined ? Number(length) : parseInt(code, 16);
  if (dlc > 8 && code === undefined) return refuse(start, `length ${dlc} is above 8`);
  const content = (rest ?? '').replace(/\s+'.*'$/, '').trim();
  if (content === 'remote request') {
    return { direction, frame: makeFrame({ ...head, remote: true, dlc }) };
  }
  const bytes = content === '' ? [] : content.split(/ +/);
  const bad = bytes.find((byte) => !/^[0-9A-Fa-f]{2}$/.test(byte));
  const restStart = text.length - (rest ?? '').length;
  if (bad !== undefined) return refuse(restStart, `"${bad}" is not a byte of two hex digits`);
  if (bytes.length !== dataLengthOf(dlc)) {
    return refuse(restStart, `${bytes.length} data bytes with length ${dlc}`);
  }
  return { direction, frame: makeFrame({ ...head, dlc, data: bytes.map((b) => parseInt(b, 16)) }) };
}
