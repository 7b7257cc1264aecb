// SPDX-License-Identifier: MIT
/**
 * A frame as candump and cansend write it: `123#0201`, `18DAF110#`, `123#R4`, `123#1122334455667788_C`.
 *
 * Format: can-utils, lib.h. Three hexadecimal digits are an 11-bit identifier, eight a 29-bit one; `_9` to
 * `_F` is a length code above eight.
 */
import { EXTENDED_IDENTIFIER_MAXIMUM, STANDARD_IDENTIFIER_MAXIMUM } from '../model.ts';
import type { OracleFrame } from './frame.ts';

const FRAME = /^([0-9a-f]{3}|[0-9a-f]{8})#(?:(r)([0-8])?|((?:[0-9a-f]{2}\.?)*))(?:_([9a-f]))?$/i;
const STANDARD_DIGITS = 3;
const EXTENDED_DIGITS = 8;
const BYTES_MOST = 8;

/** Reads a frame. Undefined: it is none that a classical bus can carry. */
export function readFrameText(text: string): OracleFrame | undefined {
  const [, digits, remote, asked = '0', bytes = '', code] = FRAME.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const extended = digits.length === EXTENDED_DIGITS;
  const identifier = parseInt(digits, 16);
  const most = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  const data = Uint8Array.from(Buffer.from(bytes.replaceAll('.', ''), 'hex'));
  const length = remote === undefined ? data.length : Number(asked);
  if (identifier > most || length > BYTES_MOST) return undefined;
  if (code !== undefined && length !== BYTES_MOST) return undefined;
  const dlc = code === undefined ? length : parseInt(code, 16);
  return { identifier, extended, remote: remote !== undefined, dlc, data };
}

/** Writes a frame. */
export function writeFrameText({ identifier, extended, remote, dlc, data }: OracleFrame): string {
  const digits = identifier
    .toString(16)
    .padStart(extended ? EXTENDED_DIGITS : STANDARD_DIGITS, '0');
  const asked = dlc === 0 ? '' : String(Math.min(dlc, BYTES_MOST));
  const content = remote ? `R${asked}` : Buffer.from(data).toString('hex');
  const code = dlc > BYTES_MOST ? `_${dlc.toString(16)}` : '';
  return `${digits}#${content}${code}`.toUpperCase();
}
