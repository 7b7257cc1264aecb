/**
 * What a wrong bit clock does to a receiver: where in a frame it first samples a neighbouring bit.
 *
 * Used by: CanBus, for receivers whose clock is not their sender's. A receiver synchronises hard at SOF
 * and then, by at most its jump width, at each edge from recessive to dominant (ISO 11898-1, 11.3).
 * Does not: go on after the first wrong sample; there the node is taken to find an error, which on a
 * real bus may take it a few bits more.
 */
import { DOMINANT, RECESSIVE } from './frame-bits.ts';

/** A node's clock. */
export interface BitClock {
  /** Its bits per second. */
  readonly bitrate: number;
  /** Where in the bit it samples, as a fraction. */
  readonly samplePoint: number;
  /** Synchronisation jump width as a fraction of the bit. */
  readonly jumpWidth: number;
}

/** Longest way without an edge: five equal bits, their stuff bit, and the bits up to the edge after it. */
const BITS_BETWEEN_EDGES = 12;

/** Whether the difference is too small to matter in any frame. */
export function isHarmless(receiver: BitClock, senderBitrate: number): boolean {
  const drift = BITS_BETWEEN_EDGES * Math.abs(senderBitrate / receiver.bitrate - 1);
  if (drift > receiver.jumpWidth) return false;
  return drift < receiver.samplePoint && drift < 1 - receiver.samplePoint;
}

/**
 * First of `bits` (as sent, from SOF) that the receiver takes for another value; undefined if it reads
 * them all.
 */
export function firstMisreadBit(
  bits: Uint8Array,
  receiver: BitClock,
  senderBitrate: number,
): number | undefined {
  // All in bits of the sender. `phase`: how late the receiver's bit begins.
  const ownBit = senderBitrate / receiver.bitrate;
  let phase = 0;
  for (let bit = 0; bit < bits.length; bit++) {
    const isEdge = bit > 0 && bits[bit - 1] === RECESSIVE && bits[bit] === DOMINANT;
    if (isEdge) phase -= Math.max(-receiver.jumpWidth, Math.min(receiver.jumpWidth, phase));
    const sampled = Math.floor(bit + phase + receiver.samplePoint * ownBit);
    if ((bits[sampled] ?? RECESSIVE) !== bits[bit]) return bit;
    phase += ownBit - 1;
  }
  return undefined;
}
