// SPDX-License-Identifier: MIT
/**
 * The goals of an answer with a counter and a CRC-8 that is made ahead: what holds for a static one.
 *
 * Source: docs/timing-budget.md.
 */
import type { Goal } from './goals.ts';

/** Idle, as for a static answer; 3 bits of intermission at 500 kbit/s, and at 1 Mbit/s. */
const IDLE_NANOS = 5_000;
const SLOT_500K_NANOS = 6_000;
const SLOT_1M_NANOS = 3_000;
/** As for a static answer on the word of INT. */
const SINGLE_WORST_NANOS = 2_700;

const latency = (figure: string, loads = ['idle', 'forwarding']): string[] =>
  loads.map((load) => `latency.staged.${load}.500k.spi10M.${figure}`);
const single = (figure: string): string[] =>
  ['idle', 'forwarding'].map((load) => `latency.stagedSingle.${load}.1000k.spi10M.${figure}`);
const looks = (kind: string, ...loads: string[]): string[] =>
  loads.map((load) => `looks.${kind}.${load}.worstCaseNanos`);

/** From INT to the end of RTS, of an answer on the word of INT. */
export const STAGED_SINGLE_TIMES = single('interruptToSendNanosMax');

export const STAGED_GOALS: readonly Goal[] = [
  { what: 'staged answer: SPI bytes from INT to RTS', keys: latency('spiBytesP50'), most: 3 },
  {
    what: 'staged answer: INT to RTS complete, idle, ns',
    keys: latency('interruptToSendNanosMax', ['idle']),
    most: IDLE_NANOS,
  },
  {
    what: 'staged answer: worst case, idle, ns',
    keys: looks('staged', 'idle'),
    most: IDLE_NANOS,
    withoutConsole: true,
  },
  {
    what: 'staged answer: worst case within the intermission of 500 kbit/s, busy, ns',
    keys: looks('staged', 'forwarding', 'aglDead', 'aglHostile'),
    most: SLOT_500K_NANOS,
    withoutConsole: true,
  },
  {
    what: 'staged answer on the word of INT: SPI bytes from INT to RTS',
    keys: single('spiBytesP50'),
    most: 1,
  },
  {
    what: 'staged answer on the word of INT: INT to RTS complete, ns',
    keys: STAGED_SINGLE_TIMES,
    most: SINGLE_WORST_NANOS,
    withoutConsole: true,
  },
  {
    what: 'staged answer on the word of INT: worst moment, AGL not hostile, ns',
    keys: looks('stagedSingle', 'idle', 'forwarding', 'aglFlood'),
    most: SINGLE_WORST_NANOS,
    withoutConsole: true,
  },
  {
    what: 'staged answer on the word of INT: worst moment, AGL hostile, ns',
    keys: looks('stagedSingle', 'aglHostile'),
    most: SLOT_1M_NANOS,
    withoutConsole: true,
  },
  {
    what: 'staged answers: requests without an answer',
    keys: [...latency('unanswered'), ...single('unanswered')],
    most: 0,
  },
];
