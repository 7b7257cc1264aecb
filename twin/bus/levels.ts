// SPDX-License-Identifier: MIT
/** The levels of an attempt, bit by bit, for those who draw them: the wire, and what one node drives. */
import type { AttemptOutcome, Participant, WireFault } from './attempt.ts';
import { simulateAttempt } from './bit-simulation.ts';
import type { CanNode } from './can-node.ts';
import { DOMINANT } from './frame-bits.ts';

/** Gets the levels of the wire from the SOF on, and what one node drives there (the TX pin of its controller). */
export type LevelListener = (
  levels: Uint8Array,
  startNanos: number,
  drivenBy: (node: CanNode) => Uint8Array,
) => void;

/** The wire of an attempt. A plain one is what its winner sends, with the ACK slot dominant. */
export function levelsOf({ levels, winner }: AttemptOutcome): Uint8Array {
  if (levels !== undefined) return levels;
  const bits = Uint8Array.from(winner.wire.bits);
  bits[winner.wire.acknowledgeSlot] = DOMINANT;
  return bits;
}

/** Simulated again, as a function of the same participants and faults: whoever does not ask pays nothing. */
export function drivenBy(
  node: CanNode,
  participants: readonly Participant[],
  faults: readonly WireFault[],
): Uint8Array {
  const levels: number[] = [];
  simulateAttempt(participants, faults, (participant, level) => {
    if (participant.node === node) levels.push(level);
  });
  return Uint8Array.from(levels);
}
