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
import { latenessOf, type StrengthOptions } from '../../lab/verify/strength.ts';
import type { Attempt } from '../../lab/verify/attempts.ts';
import { arbitrationKeyOf, type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';

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

  /** A bit is a microsecond: the longest frame takes 160. */
  const [BIT, FRAME, INTERMISSION] = [1_000, 157_000, 3_000];
  const OWN = makeFrame({ identifier: 0x101, data: [] });
  const WEAKER = makeFrame({ identifier: 0x300, data: [] });

  /** Attempts back to back from `startNanos` on. `own`: the node has sent it. */
  function backToBack(startNanos: number, sent: readonly { frame: CanFrame; own: boolean }[]) {
    return sent.map(({ frame, own }, index): Attempt => {
      const start = startNanos + index * (FRAME + INTERMISSION);
      const times = { startNanos: start, endNanos: start + FRAME };
      const part = own ? { own: frame, sent: frame } : { own: undefined, sent: undefined };
      return { ...{ winner: frame, ...part, ...times }, freeNanos: start + FRAME + INTERMISSION };
    });
  }

  /** How much later than the ideal node's and one frame OWN is, due just before the first attempt, sent in the last. */
  function beyondOf(
    attempts: readonly Attempt[],
    due: { readonly isAnswer: boolean; readonly beforeNanos: number },
    options: Pick<StrengthOptions, 'gapNanos' | 'aglGapNanos' | 'takingNanos'> = {},
  ): number {
    const fromNanos = attempts[0].startNanos - due.beforeNanos;
    const times = { fromNanos, turnNanos: fromNanos, untilNanos: attempts.at(-1)!.startNanos };
    const owed = [
      { frame: OWN, key: arbitrationKeyOf(OWN), isAnswer: due.isAnswer, isSent: true, ...times },
    ];
    return latenessOf({
      ...{ attempts, owed, isExcused: () => false, bitNanos: BIT, graceNanos: 60_000 },
      ...options,
    }).idealNanos;
  }

  it('has an answer miss one frame and no other, and of AGL one that comes to the ring just before it', () => {
    const weaker = { frame: WEAKER, own: false };
    const [one, two] = [1, 2].map((count) =>
      // The bus is taken before: no idle bus on which the ideal node would start at once.
      backToBack(1_000_000, [
        ...Array.from({ length: count }, () => weaker),
        { frame: OWN, own: true },
      ]),
    );
    const just = { isAnswer: true, beforeNanos: 0 };
    const more = FRAME + INTERMISSION;
    assert.equal(beyondOf(one, just), 0);
    assert.equal(beyondOf(two, just), more);
    const taking = { takingNanos: 56_000 };
    assert.equal(beyondOf(two, just, taking), more, 'an answer is not taken out of the ring');
    const before = [...backToBack(1_000_000 - more, [weaker]), ...two];
    const ofAgl = (beforeNanos: number): number =>
      beyondOf(before, { isAnswer: false, beforeNanos: beforeNanos - more }, taking);
    assert.equal(ofAgl(55_000), 0, 'it may have been taken too late for the first');
    assert.ok(ofAgl(57_000) >= more, 'it was taken before the first');
  });

  it('allows the pause of two filters only behind a frame of the node’s own', () => {
    const of = (own: boolean): number =>
      beyondOf(
        backToBack(1_000_000, [
          { frame: WEAKER, own },
          { frame: WEAKER, own: false },
          { frame: OWN, own: true },
        ]),
        { isAnswer: true, beforeNanos: 0 },
        { gapNanos: 16 * BIT },
      );
    assert.equal(of(true), 0);
    assert.equal(of(false), FRAME + INTERMISSION);
  });

  it('allows it while tables are swapped to frames of AGL alone', () => {
    const of = (isAnswer: boolean): number =>
      beyondOf(
        backToBack(1_000_000, [
          { frame: WEAKER, own: true },
          { frame: WEAKER, own: false },
          { frame: OWN, own: true },
        ]),
        { isAnswer, beforeNanos: 0 },
        { aglGapNanos: 16 * BIT },
      );
    assert.equal(of(false), 0);
    assert.equal(of(true), FRAME + INTERMISSION);
  });
});
