// SPDX-License-Identifier: MIT
/**
 * The goals of tables with rules of every way: no answer takes longer than is explained for its rule.
 *
 * Source: docs/timing-budget.md, rules explain.
 */
import type { Goal } from './goals.ts';

/**
 * What `rules explain --bus` adds for a busy cell: a byte that is broken off, and READ STATUS while the buffer may hold
 * the answer before (rules/bus/cell-delays.ts).
 */
const BUSY_NANOS = 1_400 + 2_100;

export const ROTATION_GOALS: readonly Goal[] = [
  {
    what: 'rules of every way in turn: INT to RTS complete beyond what is explained, idle, ns',
    keys: ['rotation.*.idle.*.beyondExplainedNanos'],
    most: 0,
    withoutConsole: true,
  },
  {
    what: 'the same, busy, ns',
    keys: ['forwarding', 'aglDead', 'aglHostile'].map(
      (load) => `rotation.*.${load}.*.beyondExplainedNanos`,
    ),
    most: BUSY_NANOS,
    withoutConsole: true,
  },
  {
    what: 'the same: requests without an answer',
    keys: ['rotation.*.*.*.unanswered'],
    most: 0,
    withoutConsole: true,
  },
];
