// SPDX-License-Identifier: MIT
/**
 * A classical CAN frame as the oracle sees it, and the target that a program of steps works on.
 *
 * Source: linux/can.h for the can_id word.
 */

/** A frame. A remote frame has no data; `dlc` is the length code on the wire, 9 to 15 mean eight bytes. */
export interface OracleFrame {
  readonly identifier: number;
  readonly extended: boolean;
  readonly remote: boolean;
  readonly dlc: number;
  readonly data: Uint8Array;
}

/** A frame that steps work on. Its length may be above 8, and it has eight bytes whatever its length. */
export interface Target {
  /** Bit 31 extended, bit 30 remote, the rest is the number. */
  word: bigint;
  length: number;
  readonly bytes: Uint8Array;
}

const EXTENDED = 1n << 31n;
const REMOTE = 1n << 30n;
const STANDARD_NUMBERS = 0x7ffn;
const EXTENDED_NUMBERS = 0x1fffffffn;
const BYTES_MOST = 8;

/** Number of data bytes that the frame has, or that a remote frame asks for. */
export function lengthOf({ dlc }: Pick<OracleFrame, 'dlc'>): number {
  return Math.min(dlc, BYTES_MOST);
}

/** The can_id word. */
export function wordOf({ identifier, extended, remote }: OracleFrame): bigint {
  return BigInt(identifier) | (extended ? EXTENDED : 0n) | (remote ? REMOTE : 0n);
}

/** The frame as a target. Bytes beyond its length are 0. */
export function targetOf(frame: OracleFrame): Target {
  return { word: wordOf(frame), length: lengthOf(frame), bytes: eightBytes(frame) };
}

/** The eight bytes of a frame. Bytes beyond its length are 0. */
export function eightBytes({ data }: OracleFrame): Uint8Array {
  const bytes = new Uint8Array(BYTES_MOST);
  bytes.set(data);
  return bytes;
}

/** The frame that a target has become. Undefined: its length does not fit a frame. */
export function frameOf({ word, length, bytes }: Target): OracleFrame | undefined {
  if (length > BYTES_MOST) return undefined;
  const extended = (word & EXTENDED) !== 0n;
  const remote = (word & REMOTE) !== 0n;
  const identifier = Number(word & (extended ? EXTENDED_NUMBERS : STANDARD_NUMBERS));
  const data = remote ? new Uint8Array() : bytes.slice(0, length);
  return { identifier, extended, remote, dlc: length, data };
}
