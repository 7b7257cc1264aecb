// SPDX-License-Identifier: MIT
/**
 * Effect of a wrong bit clock on a receiver: where in a frame it first samples a neighbouring bit.
 *
 * A receiver synchronises hard at SOF, and then by at most its jump width at each edge from recessive to
 * dominant (ISO 11898-1, 11.3). At the first wrong sample the node is taken to find an error; on a real bus
 * that may take a few bits more.
 */
import { DOMINANT, RECESSIVE } from './frame-bits.ts';

/** A node's clock. */
export interface BitClock {
  /** Its bits per second. */
  readonly bitrate: number;
  /** Sample point as a fraction of the bit. */
  readonly samplePoint: number;
  /** Synchronisation jump width as a fraction of the bit. */
  readonly jumpWidth: number;
}

/** Longest stretch without an edge: five equal bits, their stuff bit, and the bits up to the next edge. */
const BITS_BETWEEN_EDGES = 12;

/** Whether the difference is too small to matter in any frame. */
export function isHarmless(receiver: BitClock, senderBitrate: number): boolean {
  const drift = BITS_BETWEEN_EDGES * Math.abs(senderBitrate / receiver.bitrate - 1);
  if (drift > receiver.jumpWidth) return false;
  return drift < receiver.samplePoint && drift < 1 - receiver.samplePoint;
}

/**
 * First of `bits` (as sent, from SOF) that the receiver reads as another value. Undefined: it reads all
 * correctly.
 */
export function firstMisreadBit(
  bits: Uint8Array,
  receiver: BitClock,
  senderBitrate: number,
): number | undefined {
  // Times are in bits of the sender. `phase`: delay of the receiver's bit.
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
