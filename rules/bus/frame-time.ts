// SPDX-License-Identifier: MIT
/**
 * The longest and the shortest time of a frame on the bus, the three bits of intermission included.
 *
 * Source: Davis, Burns, Bril, Lukkien 2007, section 2.2, and ISO 11898-1, 10.4 and 10.5. The
 * stuffed part is g bits and the data. It has at most one stuff bit for each four bits after the
 * first.
 * Does not: look at the bytes of a frame, which decide its actual number of stuff bits.
 */

/** Classical CAN: the number of data bytes, and what decides the length of the rest. */
export interface FrameShape {
  readonly extended: boolean;
  readonly remote: boolean;
  /** Data bytes. A remote frame requests this many and carries none. */
  readonly length: number;
}

/** SOF to CRC without data: 34 or 54 bits. */
const STUFFED_BITS = 34;
const STUFFED_BITS_EXTENDED = 54;
/** CRC delimiter, ACK slot and delimiter, EOF 7, intermission 3. */
const FIXED_BITS = 13;
const NANOS_PER_SECOND = 1e9;

/** The most bits: 55 + 10 s for s data bytes, with a 29-bit identifier 80 + 10 s. */
export function mostBits(shape: FrameShape): number {
  const stuffed = stuffedPart(shape);
  return stuffed + Math.floor((stuffed - 1) / 4) + FIXED_BITS;
}

/** The fewest: no stuff bit. */
export function leastBits(shape: FrameShape): number {
  return stuffedPart(shape) + FIXED_BITS;
}

/** The duration of `bits` in whole nanoseconds, rounded up. */
export function bitsToNanos(bits: number, bitrate: number): number {
  return Math.ceil((bits * NANOS_PER_SECOND) / bitrate);
}

function stuffedPart({ extended, remote, length }: FrameShape): number {
  return (extended ? STUFFED_BITS_EXTENDED : STUFFED_BITS) + (remote ? 0 : 8 * length);
}
