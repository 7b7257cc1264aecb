// SPDX-License-Identifier: MIT
/**
 * The goals of an answer with two bytes of its request, of which those bytes alone are read.
 *
 * Source: docs/timing-budget.md.
 */
import type { Goal } from './goals.ts';

const IDLE_NANOS = 14_000;
const WORST_NANOS = 17_000;
/** 3 bits of intermission at 250 kbit/s. */
const SLOT_250K_NANOS = 12_000;

const LOADS = ['idle', 'forwarding'];
const latency = (figure: string): string[] =>
  LOADS.map((load) => `latency.window.${load}.125k.spi10M.${figure}`);
const single = (figure: string, loads = LOADS): string[] =>
  loads.map((load) => `latency.windowSingle.${load}.250k.spi10M.${figure}`);
const looks = (kind: string, ...loads: string[]): string[] =>
  loads.map((load) => `looks.${kind}.${load}.worstCaseNanos`);

export const WINDOW_GOALS: readonly Goal[] = [
  { what: 'window answer: SPI bytes from INT to RTS', keys: latency('spiBytesP50'), most: 12 },
  { what: 'window answer: chip selects', keys: latency('chipSelectsP50'), most: 4 },
  {
    what: 'window answer: worst case, idle, ns',
    keys: looks('window', 'idle'),
    most: IDLE_NANOS,
    withoutConsole: true,
  },
  {
    what: 'window answer: worst case, busy, ns',
    keys: looks('window', 'forwarding', 'aglFlood', 'aglDead', 'aglHostile'),
    most: WORST_NANOS,
    withoutConsole: true,
  },
  {
    what: 'window answer: first legal slot of 125 kbit/s, %',
    keys: latency('firstSlotPercent'),
    least: 100,
  },
  {
    what: 'window answer on the word of INT: SPI bytes from INT to RTS',
    keys: single('spiBytesP50'),
    most: 10,
  },
  {
    what: 'window answer on the word of INT: first legal slot of 250 kbit/s, idle, %',
    keys: single('firstSlotPercent', ['idle']),
    least: 100,
    withoutConsole: true,
  },
  {
    what: 'window answer on the word of INT: worst case within the intermission of 250 kbit/s, idle, ns',
    keys: looks('windowSingle', 'idle'),
    most: SLOT_250K_NANOS,
    withoutConsole: true,
  },
  {
    what: 'window answers: requests without an answer',
    keys: [...latency('unanswered'), ...single('unanswered')],
    most: 0,
  },
];
