// SPDX-License-Identifier: MIT
/** A frame as a person types it, in candump's form. */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';

const FORM = /^([0-9a-f]{3}|[0-9a-f]{8})#(r[0-8]?|(?:[0-9a-f]{2}[ .]?)*)$/i;

/** The frame of `1A0#01`. Throws RangeError that says what is wrong. */
export function parseFrame(text: string): CanFrame {
  const [, identifier, rest] = FORM.exec(text.trim()) ?? [];
  if (identifier === undefined || rest === undefined) {
    throw new RangeError(
      `"${text}" is no frame: 3 or 8 hex digits, #, then up to 8 bytes or R, such as 1A0#01`,
    );
  }
  const extended = identifier.length === 8;
  const kind = { identifier: Number.parseInt(identifier, 16), extended };
  if (/^r/i.test(rest)) {
    return makeFrame({ ...kind, remote: true, dlc: Number(rest.slice(1) || '0') });
  }
  const bytes = rest.match(/[0-9a-f]{2}/gi) ?? [];
  if (bytes.length > 8) throw new RangeError(`${bytes.length} bytes: a CAN frame has at most 8`);
  return makeFrame({ ...kind, data: bytes.map((byte) => Number.parseInt(byte, 16)) });
}
