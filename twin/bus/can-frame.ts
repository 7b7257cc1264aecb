// SPDX-License-Identifier: MIT
/**
 * A classical CAN frame, as the emulated bus carries it. frame-bits.ts has its bits, ../candump its text.
 */

/** Data or remote frame with an 11-bit or 29-bit identifier (ISO 11898-1, 10.4). Immutable. */
export interface CanFrame {
  /** 0..0x7ff, or 0..0x1fffffff when `extended`. */
  readonly identifier: number;
  readonly extended: boolean;
  readonly remote: boolean;
  /** The four-bit length code on the wire. 9..15 mean eight bytes. */
  readonly dlc: number;
  /** `dataLengthOf(dlc)` bytes; none in a remote frame. */
  readonly data: Uint8Array;
}

export const STANDARD_IDENTIFIER_MAX = 0x7ff;
export const EXTENDED_IDENTIFIER_MAX = 0x1fffffff;

/** Number of data bytes for a length code in a data frame. */
export function dataLengthOf(dlc: number): number {
  return dlc > 8 ? 8 : dlc;
}

/**
 * Makes a frame and checks that it can exist on a wire. `dlc` defaults to the number of data bytes. Throws
 * RangeError naming what does not fit.
 */
export function makeFrame(options: {
  identifier: number;
  extended?: boolean;
  remote?: boolean;
  dlc?: number;
  data?: Uint8Array | readonly number[];
}): CanFrame {
  const { identifier, extended = false, remote = false } = options;
  const data = new Uint8Array(options.data ?? []);
  const dlc = options.dlc ?? data.length;
  const largest = extended ? EXTENDED_IDENTIFIER_MAX : STANDARD_IDENTIFIER_MAX;
  if (!Number.isInteger(identifier) || identifier < 0 || identifier > largest) {
    throw new RangeError(`identifier ${identifier} is outside 0..0x${largest.toString(16)}`);
  }
  if (!Number.isInteger(dlc) || dlc < 0 || dlc > 15) {
    throw new RangeError(`length code ${dlc} is outside 0..15`);
  }
  const bytes = remote ? 0 : dataLengthOf(dlc);
  if (data.length !== bytes) {
    throw new RangeError(`${data.length} data bytes with length code ${dlc}: expected ${bytes}`);
  }
  return { identifier, extended, remote, dlc, data };
}

/** Whether two frames look the same on the wire. */
export function framesEqual(left: CanFrame, right: CanFrame): boolean {
  if (left.identifier !== right.identifier || left.extended !== right.extended) return false;
  if (left.remote !== right.remote || left.dlc !== right.dlc) return false;
  if (left.data.length !== right.data.length) return false;
  return left.data.every((byte, index) => byte === right.data[index]);
}

/**
 * The arbitration field as a number. Of two frames that start together the one with the smaller key wins;
 * equal keys mean equal arbitration fields. From bit 31 down, in wire order: 11-bit base identifier, RTR or
 * SRR, IDE, then for extended frames 18 bits and RTR.
 */
export function arbitrationKeyOf(frame: CanFrame): number {
  const remote = frame.remote ? 1 : 0;
  if (!frame.extended) return ((frame.identifier << 21) | (remote << 20)) >>> 0;
  const base = frame.identifier >>> 18;
  const extension = frame.identifier & 0x3ffff;
  return ((base << 21) | (3 << 19) | (extension << 1) | remote) >>> 0;
}
