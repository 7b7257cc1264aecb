// SPDX-License-Identifier: MIT
/**
 * The promised times that need a clock of the core, each with the figure that must meet it (slow-clock.ts).
 *
 * Source: docs/timing-budget.md, "Which promise needs which clock".
 */
import type { Figures } from './figures.ts';
import { BUSY, looksOf, SAME_WITHIN_NANOS, SLOT_500K_NANOS, WORST_IDLE_NANOS } from './goals.ts';

/** A promise that needs a clock: the largest of the named figures, and its limit. */
export interface ClockPromise {
  /** Names the figure `clock.NAME.megahertz`. */
  readonly name: string;
  readonly what: string;
  readonly most: number;
  readonly valueOf: (figures: Figures) => number;
}

const largest = (figures: Figures, keys: readonly string[]): number =>
  Math.max(...keys.map((key) => figures[key] ?? Infinity));
const AGL_LOADS = ['forwarding', 'aglFlood', 'aglHostile'];
const ALL_LOADS = [...BUSY, 'aglFlood'];

const promise = (
  name: string,
  what: string,
  most: number,
  keys: readonly string[],
): ClockPromise => ({ name, what, most, valueOf: (figures) => largest(figures, keys) });

/** Every promised time, with the figure that must meet it. */
export const CLOCK_PROMISES: readonly ClockPromise[] = [
  promise('staticIdle', 'static answer, idle: 5 us', 5_000, looksOf('static', ['idle'])),
  promise(
    'staticSlot500k',
    'static answer in the first slot at 500k',
    SLOT_500K_NANOS,
    looksOf('static', ALL_LOADS),
  ),
  promise('staticBusy', 'static answer, busy: 20 us', 20_000, looksOf('static', ALL_LOADS)),
  promise('computedIdle', 'computed answer, one rule, idle: 30 us', 30_000, [
    'looks.computed.idle.worstCaseNanos',
  ]),
  promise('computedWorstIdle', 'computed answer, worst table, idle: 33 us', WORST_IDLE_NANOS, [
    'looks.computedWorst.idle.worstCaseNanos',
  ]),
  promise('computedBusy', 'computed answer, busy: 45 us', 45_000, looksOf('computed', ALL_LOADS)),
  {
    name: 'aglSame',
    what: 'static answer, worst case the same whatever AGL does: 0.25 us',
    most: SAME_WITHIN_NANOS,
    valueOf: (figures) => {
      const keys = AGL_LOADS.map((load) => `looks.static.${load}.worstCaseNanos`);
      return largest(figures, keys) - Math.min(...keys.map((key) => figures[key] ?? -Infinity));
    },
  },
];
