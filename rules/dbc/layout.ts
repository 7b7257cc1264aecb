// SPDX-License-Identifier: MIT
/**
 * Where the bits of a signal lie in the data of a frame.
 *
 * Data bit n is bit n % 8 of byte n / 8, so bit 7 is the highest of byte 0. A DBC file numbers them alike.
 * An Intel signal starts at its lowest bit and goes up. A Motorola signal starts at its highest bit and goes
 * down; after bit 0 of a byte comes bit 7 of the next one.
 */
import type { SignalStatement, ValueRange } from './statements.ts';

export type Layout = Pick<SignalStatement, 'startBit' | 'bitCount' | 'byteOrder'>;

/** `count` bits, upwards: data bit `dataBit` is signal bit `signalBit`. Bit 0 is the lowest. */
export interface Piece {
  readonly dataBit: number;
  readonly signalBit: number;
  readonly count: number;
}

/** Most bits of a signal: the data of a classic frame. */
export const SIGNAL_BITS_MAXIMUM = 64;

/** Number of data bytes that a frame must have to hold the signal. */
export function bytesNeeded({ startBit, bitCount, byteOrder }: Layout): number {
  if (byteOrder === 'intel') return Math.ceil((startBit + bitCount) / 8);
  const inFirst = (startBit % 8) + 1;
  return Math.floor(startBit / 8) + 1 + Math.max(0, Math.ceil((bitCount - inFirst) / 8));
}

/** The fewest pieces, from the lowest signal bit up. An Intel signal is one piece. */
export function piecesOf(layout: Layout): Piece[] {
  const { startBit, bitCount, byteOrder } = layout;
  if (byteOrder === 'intel') return [{ dataBit: startBit, signalBit: 0, count: bitCount }];
  const pieces: Piece[] = [];
  let above = bitCount;
  for (let highest = startBit; above > 0; highest = (Math.floor(highest / 8) + 1) * 8 + 7) {
    const count = Math.min(above, (highest % 8) + 1);
    above -= count;
    pieces.unshift({ dataBit: highest - count + 1, signalBit: above, count });
  }
  return pieces;
}

/** The data bits of the signal as a number with 64 bits. */
export function maskOf(layout: Layout): bigint {
  return piecesOf(layout).reduce(
    (mask, { dataBit, count }) => mask | (lowBits(count) << BigInt(dataBit)),
    0n,
  );
}

/** The lowest and the highest raw value. */
export function rawLimits({ bitCount, signed }: Layout & { readonly signed: boolean }): ValueRange {
  if (!signed) return { least: 0n, most: lowBits(bitCount) };
  const most = lowBits(bitCount - 1);
  return { least: -most - 1n, most };
}

/** A number with `count` ones. */
export function lowBits(count: number): bigint {
  return (1n << BigInt(count)) - 1n;
}
