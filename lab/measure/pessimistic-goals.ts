// SPDX-License-Identifier: MIT
/**
 * The goals of the pessimistic board (slow-board.ts): the two times that are promised whatever the board.
 *
 * Source: docs/timing-budget.md.
 */
import type { Goal } from './goals.ts';

const goal = (answer: string, most: number): Goal => ({
  what: `on the pessimistic board: ${answer} answer: worst moment, busy, ns`,
  keys: ['forwarding', 'aglHostile'].map(
    (load) => `pessimistic.looks.${answer}.${load}.worstCaseNanos`,
  ),
  most,
});

export const PESSIMISTIC_GOALS: readonly Goal[] = [
  goal('static', 20_000),
  goal('computedWorst', 45_000),
];
