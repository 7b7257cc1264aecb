// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- strength`: thousands of random rule tables and traffics, each judged for the strongest frame
 * at every arbitration. tests/cases/strength.test.ts plays a hundred.
 */
import { describeStrengthFailure, strengthProblems } from '../../lab/random/strength-check.ts';
import { TIED_SEED, VARIED_SEED } from '../../lab/random/strength-plan.ts';
import { runIdeal, runStrength } from '../../lab/random/strength-run.ts';
import type { SoakRun } from './runs.ts';

const SEEDS = 2_000;
const FRAMES = 150;
/** Different from the seeds of `npm test`. */
const FIRST_SEED = 1_000;
/** Plain rules, rules of every way, and such whose answers have different identifiers, in turn. */
const BASES = [0, VARIED_SEED, VARIED_SEED, TIED_SEED];
/** Each of so many is played by the ARM64 image. */
const IMAGE_EVERY = 50;
/** Each of so many is played in the role device. */
const DEVICE_EVERY = 4;
/** The run ends after this many failures. */
const FAILURES_SHOWN = 3;

export const strength: SoakRun = {
  name: 'strength',
  what: `${SEEDS} random rule tables and traffics against an ideal node`,
  run: async (progress) => {
    const sum = { owed: 0, attempts: 0, dropped: 0, absences: 0, idealOwed: 0 };
    const worst = { weakerNanos: 0, idleNanos: 0, idealNanos: 0 };
    const failures: string[] = [];
    for (let index = 0; index < SEEDS && failures.length < FAILURES_SHOWN; index++) {
      const seed = FIRST_SEED + index + BASES[index % BASES.length];
      const engine = index % IMAGE_EVERY === 0 ? 'image' : 'wasm';
      const role = index % DEVICE_EVERY === 1 ? 'device' : 'driver';
      const report = await runStrength(engine, seed, FRAMES, role);
      // The judge must be right about the plan before it is believed about the cell.
      const ideal = runIdeal(seed, FRAMES);
      if (strengthProblems(ideal).length > 0) {
        failures.push(`seed ${seed}: the judge finds fault with the ideal node`);
      }
      if (strengthProblems(report).length > 0) {
        failures.push(await describeStrengthFailure(engine, report, FRAMES, role));
      }
      for (const key of Object.keys(worst) as (keyof typeof worst)[]) {
        worst[key] = Math.max(worst[key], report[key]);
      }
      sum.owed += report.owed.length;
      sum.idealOwed += ideal.owed.length;
      sum.attempts += report.attempts.length;
      sum.dropped += report.dropped;
      sum.absences += report.absences;
      progress(index + 1, SEEDS);
    }
    const micros = (nanos: number): string => (nanos / 1000).toFixed(1);
    return {
      lines: [
        `frames owed ${sum.owed} (the ideal node ${sum.idealOwed}), attempts on the wire ${sum.attempts}`,
        `dropped as the weakest ${sum.dropped}, bus-off ${sum.absences}`,
        `owed at most ${micros(worst.weakerNanos)} us when a weaker frame won, ${micros(worst.idleNanos)} on an idle bus`,
        `beyond the ideal node and one frame: ${micros(worst.idealNanos)} us`,
        ...failures.flatMap((failure) => failure.split('\n')),
      ],
      isRight: failures.length === 0,
    };
  },
};
