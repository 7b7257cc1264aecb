// SPDX-License-Identifier: MIT
/** Writes candump log lines in the form that line.ts reads. */
import type { CanFrame } from '../../bus/can-frame.ts';
import { type Content, hex, hexBytes } from '../record.ts';
import { ERROR_FLAG, FD_BIT_RATE_SWITCH, FD_ERROR_STATE } from '../socketcan.ts';

/** The frame alone: `ID#DATA`, `ID#R<length>`, `_<9..F>` for a length code above eight. */
export function formatFrame(frame: CanFrame): string {
  const identifier = formatIdentifier(frame);
  const code = frame.dlc > 8 ? `_${hex(frame.dlc, 1)}` : '';
  if (frame.remote) {
    const length = Math.min(frame.dlc, 8);
    return `${identifier}#R${length === 0 ? '' : length}${code}`;
  }
  return `${identifier}#${hexBytes(frame.data, '')}${code}`;
}

/** The same for a CAN FD frame (`ID##<flags>DATA`) or an error frame as well. */
export function formatContent(content: Content): string {
  if (content.kind === 'frame') return formatFrame(content.frame);
  if (content.kind === 'error') {
    const { classes, data } = content.error;
    return `${hex(ERROR_FLAG + classes, 8)}#${hexBytes(data, '')}`;
  }
  const { frame } = content;
  const flags =
    (frame.bitRateSwitch ? FD_BIT_RATE_SWITCH : 0) +
    (frame.errorStateIndicator ? FD_ERROR_STATE : 0);
  return `${formatIdentifier(frame)}##${flags}${hexBytes(frame.data, '')}`;
}

/** `(seconds.micros)`, truncated to microseconds. */
export function formatTime(nanos: bigint): string {
  const digits = String(nanos / 1000n).padStart(7, '0');
  return `(${digits.slice(0, -6)}.${digits.slice(-6)})`;
}

/** One line without the newline: `(seconds.micros) name ID#DATA`. Time is truncated to microseconds. */
export function formatLogLine(nanos: number | bigint, name: string, frame: CanFrame): string {
  return `${formatTime(BigInt(nanos))} ${name} ${formatFrame(frame)}`;
}

function formatIdentifier({ identifier, extended }: { identifier: number; extended: boolean }) {
  return hex(identifier, extended ? 8 : 3);
}
