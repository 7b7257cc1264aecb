// SPDX-License-Identifier: MIT
/** Writes candump log lines in the form that read.ts reads. */
import type { CanFrame } from '../bus/can-frame.ts';

/** The frame alone: `ID#DATA`, `ID#R<length>`, `_<9..F>` for a length code above eight. */
export function formatFrame(frame: CanFrame): string {
  const digits = frame.extended ? 8 : 3;
  const identifier = hex(frame.identifier, digits);
  const code = frame.dlc > 8 ? `_${frame.dlc.toString(16).toUpperCase()}` : '';
  if (frame.remote) {
    const length = Math.min(frame.dlc, 8);
    return `${identifier}#R${length === 0 ? '' : length}${code}`;
  }
  let data = '';
  for (const byte of frame.data) data += hex(byte, 2);
  return `${identifier}#${data}${code}`;
}

/** One line without the newline: `(seconds.micros) name ID#DATA`. Time is truncated to microseconds. */
export function formatLogLine(nanos: number | bigint, name: string, frame: CanFrame): string {
  const micros = BigInt(nanos) / 1000n;
  const seconds = micros / 1_000_000n;
  const fraction = (micros % 1_000_000n).toString().padStart(6, '0');
  return `(${seconds}.${fraction}) ${name} ${formatFrame(frame)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
