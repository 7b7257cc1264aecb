// SPDX-License-Identifier: MIT
/**
 * The counters of the status page by their names. formats/counters.ts defines them.
 */
import { CELL_COUNTERS, COUNTERS, LINK_COUNTERS } from '../../formats/counters.ts';
import { shownCounters } from '../../formats/words.ts';

export type CounterName = keyof typeof COUNTERS;

/** Numbers of the cell's own counters. */
export const COUNTER = Object.fromEntries(
  Object.entries(COUNTERS).map(([name, { number }]) => [name, number]),
) as Record<CounterName, number>;

/** Numbers of the counters of the link to AGL, as counted at the cell's end. */
export const LINK_COUNTER = Object.fromEntries(
  Object.keys(LINK_COUNTERS).map((name, index) => [name, CELL_COUNTERS + index]),
) as Record<keyof typeof LINK_COUNTERS, number>;

/** All counters that are not 0, by the names that `canwarden status --json` gives them. */
export function namedCounters(counters: readonly number[]): Record<string, number> {
  const named = new Map(shownCounters().map(({ number, word }) => [number, word]));
  return Object.fromEntries(
    counters.flatMap((count, number) =>
      count === 0 ? [] : [[named.get(number) ?? `counter_${number}`, count]],
    ),
  );
}
