// SPDX-License-Identifier: MIT
/**
 * Random traffic, random faults and random delays, all from one seed.
 *
 * The same seed gives the same plan. Each kind of choice has its own sequence, so that leaving one
 * kind out does not change the others.
 * Does not: run anything.
 */
import { favourite, type Participant, type WireFault } from '../../twin/bus/attempt.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import type { CanNode } from '../../twin/bus/can-node.ts';
import type { Random } from './random.ts';

/**
 * A frame of any kind. `index` makes it differ from its 1024 neighbours. `high` separates two
 * senders.
 */
export function randomFrame(random: Random, index: number, high: boolean): CanFrame {
  const extended = random.chance(0.4);
  const remote = random.chance(0.15);
  const dlc = random.chance(0.1) ? 9 + random.below(7) : random.below(9);
  const place = (index % 1024) | (high ? 0x400 : 0);
  const identifier = extended ? place * 0x40000 + random.below(0x40000) : place;
  const bytes = remote ? 0 : Math.min(dlc, 8);
  const data = Array.from({ length: bytes }, () => (random.chance(0.3) ? 0 : random.below(256)));
  return makeFrame({ identifier, extended, remote, dlc, data });
}

/** Time between two frames, in bit times: bursts back to back, with pauses. */
export function randomGapBits(random: Random): number {
  if (random.chance(0.75)) return 0;
  return random.chance(0.7) ? random.below(200) : random.below(5000);
}

/**
 * Share of attempts that meet a fault. The rates range from a quiet bus to one that drives nodes
 * bus-off.
 */
export const FAULT_RATES: readonly number[] = [0.01, 0.04, 0.12, 0.35, 0.7];

/** At most one fault of an attempt. Each of `nodes` may misread a bit alone. */
export function randomFault(
  random: Random,
  rate: number,
  participants: readonly Participant[],
  nodes: readonly CanNode[],
): WireFault[] {
  const winner = favourite(participants);
  if (!random.chance(rate) || winner === undefined) return [];
  const choice = random.next();
  const bit = 1 + random.below(winner.offer!.wire.length - 1);
  if (choice < 0.4) return [{ kind: 'flip', bit }];
  if (choice < 0.8) return [{ kind: 'flip', bit, node: random.pick(nodes) }];
  if (choice < 0.9) return [{ kind: 'no-acknowledge' }];
  return [{ kind: 'stuck-dominant', bit, bits: 1 + random.below(40) }];
}
