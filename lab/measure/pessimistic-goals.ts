// SPDX-License-Identifier: MIT
/**
 * The goals of the pessimistic board (slow-board.ts): all that is promised whatever the board.
 *
 * Source: docs/timing-budget.md, "What is promised".
 */
import type { Goal } from './goals.ts';

/** 3 bits of intermission at 250 and 125 kbit/s. */
const SLOT_250K_NANOS = 12_000;
const SLOT_125K_NANOS = 24_000;

const goal = (what: string, most: number, ...keys: string[]): Goal => ({
  what: `on the pessimistic board: ${what}`,
  keys: keys.map((key) => `pessimistic.${key}`),
  most,
});
const looks = (answer: string): string[] => [
  ...['forwarding', 'aglHostile'].map((load) => `looks.${answer}.${load}.worstCaseNanos`),
  `console.looks.${answer}.forwarding.worstCaseNanos`,
];
const latency = (answer: string, figure: string): string =>
  `latency.${answer}.forwarding.250k.spi10M.${figure}`;
const ANSWERS = ['static', 'computed', 'computedWorst'];
const BOUNDS = ['forwarding', 'aglDead', 'aglHostile'];

export const PESSIMISTIC_GOALS: readonly Goal[] = [
  goal('static answer: SPI bytes from INT to RTS', 3, latency('static', 'spiBytesP50')),
  goal('static answer: chip selects', 2, latency('static', 'chipSelectsP50')),
  goal('computed answer: SPI bytes from INT to RTS', 24, latency('computed', 'spiBytesP50')),
  goal('computed answer, worst table: SPI bytes', 31, latency('computedWorst', 'spiBytesP50')),
  goal('static answer: worst moment, busy, ns', 20_000, ...looks('static')),
  goal('static answer within the slot of 250 kbit/s, ns', SLOT_250K_NANOS, ...looks('static')),
  goal(
    'answer with bytes of its request (window) within the slot of 125 kbit/s, ns',
    SLOT_125K_NANOS,
    'looks.window.forwarding.worstCaseNanos',
  ),
  goal(
    'computed answer, one rule: worst moment, idle, ns',
    30_000,
    'looks.computed.idle.worstCaseNanos',
  ),
  goal('computed answer, worst table: worst moment, busy, ns', 45_000, ...looks('computedWorst')),
  goal('requests without an answer', 0, ...ANSWERS.map((answer) => latency(answer, 'unanswered'))),
  goal(
    'shortest frames back to back at 1 Mbit/s: lost, or out of order',
    0,
    'lossless.1000k.spi10M.lost',
    'lossless.1000k.spi10M.reordered',
  ),
  goal(
    'steps beyond their bound by what they clock or by a task that is late',
    0,
    ...BOUNDS.flatMap((load) => [`bound.image.${load}.exceeded`, `bound.image.${load}.lateByTask`]),
  ),
];
