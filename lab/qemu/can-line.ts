// SPDX-License-Identifier: MIT
/**
 * The lines of QEMU's can-chardev-node: frames in the notation of SLCAN adapters, with times.
 */
import { type CanFrame, dataLengthOf, makeFrame } from '../../twin/bus/can-frame.ts';

/** A frame that the node reports. */
export interface ReportedFrame {
  readonly frame: CanFrame;
  /** End of the frame in virtual nanoseconds. */
  readonly nanos: number;
  /** It was sent by the node. */
  readonly isOwn: boolean;
}

const hex = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, '0');

/** A frame as the node takes it. */
export function canLine({ identifier, extended, remote, dlc, data }: CanFrame): string {
  const kind = remote ? 'r' : 't';
  const head = extended ? kind.toUpperCase() + hex(identifier, 8) : kind + hex(identifier, 3);
  return head + hex(dlc, 1) + [...data].map((byte) => hex(byte, 2)).join('');
}

/** A report of the node. Undefined: the line is none. */
export function readReport(line: string): ReportedFrame | undefined {
  const found = /^@(\d+) (z )?([tTrR])([0-9A-F]+)$/.exec(line);
  if (found === null) return undefined;
  const [, nanos, own, kind, digits] = found;
  const extended = kind === 'T' || kind === 'R';
  const remote = kind === 'r' || kind === 'R';
  const idDigits = extended ? 8 : 3;
  const dlc = parseInt(digits[idDigits], 16);
  const bytes = digits.slice(idDigits + 1);
  const data = remote
    ? []
    : Array.from({ length: dataLengthOf(dlc) }, (_, at) =>
        parseInt(bytes.slice(2 * at, 2 * at + 2), 16),
      );
  const identifier = parseInt(digits.slice(0, idDigits), 16);
  const frame = makeFrame({ identifier, extended, remote, dlc, data });
  return { frame, nanos: Number(nanos), isOwn: own !== undefined };
}
