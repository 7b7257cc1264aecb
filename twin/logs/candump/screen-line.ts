// SPDX-License-Identifier: MIT
/**
 * The frame as candump shows it on a screen: `1A0   [2]  01 02`.
 *
 * Format: can-utils, candump.c and lib.h. `{D}` instead of `[8]` is the length code itself (`-8`). `remote
 * request` and `ERRORFRAME` follow the frame. Two digits in the brackets are CAN FD, four are CAN XL. `-a`
 * adds the bytes as characters between apostrophes. Does not: read binary (`-i`) or swapped (`-S`) bytes.
 */
import { dataLengthOf, makeFrame } from '../../bus/can-frame.ts';
import { type Content, leftOut, type Omission } from '../record.ts';
import { FD_BIT_RATE_SWITCH, FD_ERROR_STATE } from '../socketcan.ts';
import { errorOf, fdOf, parseIdentifier, type Refuse } from './frame-text.ts';

/** After the interface: with `-x` the direction and two flags, then identifier, length, the rest. */
const SCREEN = /^((?:[RT]X +[B-] +[E-] +)?)([0-9A-Fa-f]+) +(\[(\d+)\]|\{([0-9A-F])\})(.*)$/;
const FD_DIGITS = 2;

/** The direction that `-x` shows, and the frame. Undefined: not the screen form. */
export function parseScreenFrame(
  text: string,
  refuse: Refuse,
): { readonly direction: string; readonly content: Content | Omission } | undefined {
  const match = SCREEN.exec(text);
  if (match === null) return undefined;
  const [, flags, digits, , length, code, rest] = match as unknown as (string | undefined)[];
  const direction = flags?.charAt(0) ?? '';
  const isLong = length !== undefined && length.length >= FD_DIGITS;
  if (isLong && length.length > FD_DIGITS) return { direction, content: leftOut('CAN XL frame') };
  const start = flags?.length ?? 0;
  const head = parseIdentifier(digits ?? '', (offset, reason) => refuse(start + offset, reason));
  const restStart = text.length - (rest ?? '').length;
  const refuseRest = (reason: string): never => refuse(restStart, reason);
  const words = (rest ?? '').replace(/\s+'.*'$/, '').trim();
  if (!isLong && words === 'remote request' && !('classes' in head)) {
    const dlc = lengthCodeOf(length, code, (reason) => refuse(start, reason));
    return {
      direction,
      content: { kind: 'frame', frame: makeFrame({ ...head, remote: true, dlc }) },
    };
  }
  const bytes = words
    .replace(/\s*ERRORFRAME$/, '')
    .split(/ +/)
    .filter((byte) => byte !== '');
  const bad = bytes.find((byte) => !/^[0-9A-Fa-f]{2}$/.test(byte));
  if (bad !== undefined) return refuseRest(`"${bad}" is not a byte of two hex digits`);
  const data = Uint8Array.from(bytes, (byte) => parseInt(byte, 16));
  if ('classes' in head) return { direction, content: errorOf(head.classes, data, refuseRest) };
  if (isLong) {
    if (data.length !== Number(length)) {
      return refuseRest(`${data.length} data bytes with length ${length}`);
    }
    const fdFlags =
      (/ B /.test(flags ?? '') ? FD_BIT_RATE_SWITCH : 0) +
      (/ E /.test(flags ?? '') ? FD_ERROR_STATE : 0);
    return { direction, content: fdOf(head, fdFlags, data, refuseRest) };
  }
  const dlc = lengthCodeOf(length, code, (reason) => refuse(start, reason));
  if (data.length !== dataLengthOf(dlc)) {
    return refuseRest(`${data.length} data bytes with length ${dlc}`);
  }
  return { direction, content: { kind: 'frame', frame: makeFrame({ ...head, dlc, data }) } };
}

function lengthCodeOf(
  length: string | undefined,
  code: string | undefined,
  refuse: (reason: string) => never,
): number {
  if (code !== undefined) return parseInt(code, 16);
  return Number(length) > 8 ? refuse(`length ${length} is above 8`) : Number(length);
}
