// SPDX-License-Identifier: MIT
/**
 * Compares the figures with the goals.
 *
 * A goal without a measured figure counts as missed.
 */
import type { Figures } from './figures.ts';
import { type Goal, GOALS } from './goals.ts';

export interface GoalOutcome {
  readonly goal: Goal;
  readonly isMet: boolean;
  /**
   * The figure that comes closest to the limit or lies furthest beyond it. Undefined: none was
   * measured.
   */
  readonly worst: { readonly key: string; readonly value: number } | undefined;
}

/** Compares the figures with every goal. */
export function checkGoals(figures: Figures, goals = GOALS): GoalOutcome[] {
  return goals.map((goal) => {
    const found = goal.keys.flatMap((pattern) => matching(figures, pattern));
    const sign = goal.least === undefined ? 1 : -1;
    const worst = found.reduce<(typeof found)[number] | undefined>(
      (chosen, item) =>
        chosen === undefined || sign * item.value > sign * chosen.value ? item : chosen,
      undefined,
    );
    const isMet =
      worst !== undefined &&
      worst.value <= (goal.most ?? Infinity) &&
      worst.value >= (goal.least ?? -Infinity) &&
      (goal.sameWithin === undefined || areSame(found, goal.keys.length, goal.sameWithin));
    return { goal, isMet, worst };
  });
}

/** Whether every key has a figure and the figures lie close together. */
function areSame(
  found: readonly { readonly value: number }[],
  count: number,
  nanos: number,
): boolean {
  const values = found.map(({ value }) => value);
  return values.length >= count && Math.max(...values) - Math.min(...values) < nanos;
}

function matching(figures: Figures, pattern: string): { key: string; value: number }[] {
  const parts = pattern.split('.');
  return Object.entries(figures).flatMap(([key, value]) => {
    const segments = key.split('.');
    const isMatch =
      segments.length === parts.length &&
      segments.every((segment, index) => parts[index] === '*' || parts[index] === segment);
    return isMatch && value !== null ? [{ key, value }] : [];
  });
}
