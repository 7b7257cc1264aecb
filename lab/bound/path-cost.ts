// SPDX-License-Identifier: MIT
/**
 * What a path costs: counts of acts, and the time that the model of the board gives them.
 */
import type { TimingModel } from '../../twin/machine/timing-model.ts';

/** The acts that are counted, in the order of a Cost. */
export const ACTS = [
  'instructions',
  'reads',
  'writes',
  'trapped',
  'hypercalls',
  'counterReads',
] as const;
export type Act = (typeof ACTS)[number];

/** The acts of a path, and their time. */
export interface Cost {
  readonly acts: readonly number[];
  readonly nanos: number;
  /** The calls and loops of the path, for people. */
  readonly trail?: Trail;
}

/** Two trails one after the other, or a call or a loop with what is in it. */
export type Trail =
  | { readonly left?: Trail; readonly right?: Trail }
  | { readonly at: number; readonly rounds?: number; readonly cost: Cost };

export const NOTHING: Cost = { acts: ACTS.map(() => 0), nanos: 0 };

/** The time of each act in `timing`, in the order of ACTS. */
export function actNanos(timing: TimingModel): number[] {
  return [
    timing.nanosPerInstruction,
    timing.deviceReadNanos,
    timing.deviceWriteNanos,
    timing.trappedAccessNanos,
    timing.hypercallNanos,
    timing.counterReadNanos,
  ];
}

export function costOf(acts: readonly number[], nanos: readonly number[]): Cost {
  return { acts, nanos: acts.reduce((sum, count, index) => sum + count * nanos[index], 0) };
}

export function plus(left: Cost, right: Cost): Cost {
  if (left === NOTHING) return right;
  if (right === NOTHING) return left;
  return {
    acts: left.acts.map((count, index) => count + right.acts[index]),
    nanos: left.nanos + right.nanos,
    trail: joined(left.trail, right.trail),
  };
}

function joined(left?: Trail, right?: Trail): Trail | undefined {
  if (left === undefined) return right;
  return right === undefined ? left : { left, right };
}

/** The cost of a call of what stands at `at`, or of `rounds` of a loop that begins there. */
export function within(cost: Cost, at: number, rounds?: number): Cost {
  return { ...cost, trail: { at, rounds, cost } };
}

/** The trail as a list. */
export function stepsOf(trail: Trail | undefined): { at: number; rounds?: number; cost: Cost }[] {
  if (trail === undefined) return [];
  return 'at' in trail ? [trail] : [...stepsOf(trail.left), ...stepsOf(trail.right)];
}

export function times(cost: Cost, count: number): Cost {
  if (count === 0) return NOTHING;
  return {
    acts: cost.acts.map((one) => one * count),
    nanos: cost.nanos * count,
    trail: cost.trail,
  };
}

export function longer(left: Cost, right: Cost): Cost {
  return right.nanos > left.nanos ? right : left;
}
