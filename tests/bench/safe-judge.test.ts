// SPDX-License-Identifier: MIT
/**
 * The judge of the safe state's soak: rounds written by hand, right ones and wrong ones.
 *
 * Expected values: docs/rules.md, "The safe state": its frames begin within 200 ms, come every 10 ms by this table, and
 * end when Linux is back; no live value is among them.
 * Does not: run a cell; tests/cases/safe-state.test.ts does.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, type Round, type Sent } from '../../lab/attack/safe-judge.ts';
import type { SafeTable } from '../../lab/attack/safe-tables.ts';

const MILLISECOND = 1_000_000;
const GONE_MILLIS = 1_000;
const BACK_MILLIS = 1_250;
const STOP = '210#0000';
const OTHER = '210#0101';
const LIVE = '210#7777';

const table = (what: string, safe?: string): SafeTable => ({
  ...{ what, safe, image: new Uint8Array(), holds: safe !== undefined },
  status: { open: 0, locked: 0 },
});
const STOPS = table('stops', STOP);
const SAYS_OTHER = table('says other', OTHER);

const at = (text: string, millis: number): Sent => ({ text, startNanos: millis * MILLISECOND });
/** `text` every `period` ms, from `from` to `to`. */
const every = (text: string, period: number, from: number, to: number): Sent[] =>
  Array.from({ length: Math.floor((to - from) / period) + 1 }, (_, index) =>
    at(text, from + index * period),
  );

/** Live values until Linux is gone, the safe state from 90 ms after that, live values once it is back. */
const LIVES = every(LIVE, 3, 950, GONE_MILLIS - 1);
const SAFES = every(STOP, 10, GONE_MILLIS + 90, BACK_MILLIS);
const BACK = every(LIVE, 3, BACK_MILLIS + 20, BACK_MILLIS + 60);

function problemsOf(sent: readonly Sent[], differences: Partial<Round> = {}): string[] {
  return judge({
    ...{ wall: 'locked', isUnnoticed: false, busyNanos: 0, first: STOPS, swaps: [] },
    ...{ goneNanos: GONE_MILLIS * MILLISECOND, backNanos: BACK_MILLIS * MILLISECOND },
    sent: sent.toSorted((a, b) => a.startNanos - b.startNanos),
    ...differences,
  });
}

const RIGHT = [...LIVES, ...SAFES, ...BACK];
const swapAt = (millis: number, to: SafeTable, status = 0) => ({
  ...{ table: to, status },
  ...{ fromNanos: millis * MILLISECOND, toNanos: (millis + 1) * MILLISECOND },
});

describe('the judge of the safe state', () => {
  for (const [what, sent, differences] of [
    ['a whole round', RIGHT, {}],
    ['a silence too short to count', [...LIVES, ...BACK], { isUnnoticed: true }],
    [
      'another table from the middle on',
      [...LIVES, ...SAFES.slice(0, 8), ...every(OTHER, 10, 1_170, BACK_MILLIS), ...BACK],
      { swaps: [swapAt(1_165, SAYS_OTHER)] },
    ],
    ['a table that was refused', RIGHT, { swaps: [swapAt(1_165, SAYS_OTHER, 76)] }],
    ['a held frame of the safe state', [...RIGHT, at('220#00', 1_100)], {}],
    ['frames of no interest', [...RIGHT, at('1A1#01', 1_100)], {}],
  ] as const) {
    it(`takes ${what}`, () => assert.deepEqual(problemsOf(sent, differences), []));
  }

  for (const [what, sent, problem, differences] of [
    ['no safe state at all', [...LIVES, ...BACK], /begins after Infinity ns/, {}],
    [
      'a begin after 210 ms',
      [...LIVES, ...every(STOP, 10, 1_210, BACK_MILLIS), ...BACK],
      /begins after 210000000 ns/,
      {},
    ],
    [
      'a frame while Linux is there',
      [...RIGHT, at(STOP, 990)],
      /at -10000000 ns: Linux is there/,
      {},
    ],
    [
      'a frame long after Linux is back',
      [...RIGHT, at(STOP, 1_330)],
      /goes on though Linux is back/,
      {},
    ],
    [
      'live values that safe frames follow, with Linux back',
      [...RIGHT, at(STOP, 1_300)],
      /safe ones follow it/,
      {},
    ],
    [
      'a live value among the safe frames',
      [...RIGHT, at(LIVE, 1_123)],
      /a live value after safe ones/,
      {},
    ],
    [
      'an answer of AGL among them behind a locked wall',
      [...RIGHT, at('210#5500', 1_123)],
      /an answer among safe ones/,
      {},
    ],
    [
      "the table's own live frame, which the safe state holds",
      [...RIGHT, at('220#55', 1_123)],
      /a live value of the table's own/,
      {},
    ],
    ['a held frame with Linux there', [...RIGHT, at('220#00', 960)], /no safe state/, {}],
    ['a value that nobody gave', [...RIGHT, at('210#1234', 1_123)], /unknown/, {}],
    ['the frame of a table that is not in force', [...RIGHT, at(OTHER, 1_125)], /no table/, {}],
    [
      'the frame of a table that was refused',
      [...LIVES, ...SAFES.slice(0, 8), ...every(OTHER, 10, 1_170, BACK_MILLIS), ...BACK],
      /no table in force has it/,
      { swaps: [swapAt(1_165, SAYS_OTHER, 76)] },
    ],
    [
      'the frames of the table before, long after the swap',
      RIGHT,
      /no table in force has it/,
      { swaps: [swapAt(1_165, SAYS_OTHER)] },
    ],
    [
      'one frame left out',
      RIGHT.filter(({ startNanos }) => startNanos !== 1_150 * MILLISECOND),
      /a gap 10000000 ns too long/,
      {},
    ],
    ['one frame too many', [...RIGHT, at(STOP, 1_155)], /a gap -5000000 ns too long/, {}],
    [
      'frames that end before Linux is back',
      [...LIVES, ...SAFES.slice(0, 8), ...BACK],
      /"stops": nothing for/,
      {},
    ],
    [
      'a silence too short to count that does',
      [...LIVES, ...SAFES.slice(0, 1), ...BACK],
      /a silence too short to count did/,
      { isUnnoticed: true },
    ],
    ['a Linux that does not come back', [...LIVES, ...SAFES], /Linux did not come back/, {}],
  ] as const) {
    it(`refuses ${what}`, () => {
      const problems = problemsOf(sent, differences);
      assert.ok(
        problems.some((each) => problem.test(each)),
        `${problems.join('; ') || 'no problem'}`,
      );
    });
  }
});
