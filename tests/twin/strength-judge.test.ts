// SPDX-License-Identifier: MIT
/**
 * The judge of strength finds no fault with an ideal node, and finds what is wrong with others: one that is slow,
 * one that does not sort, one that pauses, and one that loses or doubles a frame.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TIED_SEED } from '../../lab/random/strength-plan.ts';
import { runIdeal } from '../../lab/random/strength-run.ts';
import type { StrengthReport } from '../../lab/random/strength-run.ts';
import { owedOf } from '../../lab/verify/owed.ts';
import type { Attempt } from '../../lab/verify/attempts.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';

const FRAMES = 100;
const SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);
/** Rules whose answers have different identifiers. */
const TIED_SEEDS = SEEDS.slice(0, 20).map((seed) => TIED_SEED + seed);
/** A bit at 125 kbit/s: a frame starts with a bit of the bus. */
const BIT_NANOS = 8_000;

function worstOf(reports: readonly StrengthReport[]) {
  const worst = (valueOf: (report: StrengthReport) => number): number =>
    Math.max(...reports.map(valueOf));
  return {
    problems: reports.flatMap(({ problems }) => problems),
    weaker: worst(({ weakerNanos }) => weakerNanos),
    idle: worst(({ idleNanos }) => idleNanos),
    ideal: worst(({ idealNanos }) => idealNanos),
    owed: reports.reduce((sum, { owed }) => sum + owed.length, 0),
  };
}

describe('the judge of strength', () => {
  it('finds nothing wrong with an ideal node', () => {
    const { owed, ...worst } = worstOf(
      [...SEEDS, ...TIED_SEEDS].map((seed) => runIdeal(seed, FRAMES)),
    );
    assert.deepEqual(worst, { problems: [], weaker: 0, idle: 0, ideal: 0 });
    assert.ok(owed > 1_000, `${owed} frames`);
  });

  it('finds that a node is slow, and how slow', () => {
    const delayNanos = 50_000;
    const worst = worstOf(SEEDS.map((seed) => runIdeal(seed, FRAMES, { delayNanos })));
    assert.deepEqual(worst.problems, []);
    assert.ok(worst.weaker > 10_000 && worst.weaker <= delayNanos, `${worst.weaker} ns`);
    const least = delayNanos - 1_000;
    const most = delayNanos + BIT_NANOS;
    assert.ok(worst.idle >= least && worst.idle <= most, `${worst.idle} ns`);
    assert.ok(worst.ideal <= most, `${worst.ideal} ns`);
  });

  it('finds that a node answers in the order of the requests', () => {
    const worst = worstOf(SEEDS.map((seed) => runIdeal(seed, FRAMES, { order: 'arrival' })));
    assert.ok(worst.weaker > 10_000_000, `${worst.weaker} ns`);
    assert.ok(worst.ideal > 10_000_000, `${worst.ideal} ns`);
    assert.equal(worst.idle, 0);
  });

  it('finds that the answers of a rule overtake each other, by identifier', () => {
    const worst = worstOf(
      TIED_SEEDS.map((seed) => runIdeal(seed, FRAMES, { order: 'identifier' })),
    );
    assert.ok(worst.problems.length > 10);
    for (const problem of worst.problems) assert.match(problem, /overtook/);
  });

  it('finds that a node pauses between two frames', () => {
    const worst = worstOf(SEEDS.map((seed) => runIdeal(seed, FRAMES, { pauseNanos: 30_000 })));
    assert.ok(worst.idle > 1_000_000, `${worst.idle} ns`);
  });

  it('finds a frame that is lost, one that is sent twice, and two that changed places', () => {
    const [first, second] = [1, 2].map((byte) => makeFrame({ identifier: 0x101, data: [byte] }));
    const at = (frame: typeof first, startNanos: number): Attempt => ({
      ...{ winner: frame, own: frame, sent: frame },
      ...{ startNanos, endNanos: startNanos + 100, freeNanos: startNanos + 110 },
    });
    const problemsOf = (attempts: readonly Attempt[], kind: 'answers' | 'fromAgl') =>
      owedOf({
        ...{
          attempts,
          absences: [],
          oneShot: false,
          aglSorted: false,

          answers: [],
          fromAgl: [],
        },
        [kind]: [
          { frame: first, nanos: 10 },
          { frame: second, nanos: 20 },
        ],
      }).problems;
    for (const kind of ['answers', 'fromAgl'] as const) {
      const right = [at(first, 1000), at(second, 2000)];
      assert.deepEqual(problemsOf(right, kind), []);
      assert.match(problemsOf(right.slice(1), kind).join(), /never sent/);
      assert.match(problemsOf([...right, at(second, 3000)], kind).join(), /sent twice/);
      const swapped = [at(second, 1000), at(first, 2000)];
      assert.match(problemsOf(swapped, kind).join(), /out of order|overtook/);
    }
  });
});
