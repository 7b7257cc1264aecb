// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- rules`: thousands of random rule tables in the firmware, against the oracle.
 * tests/cases/rules-random.test.ts plays a hundred.
 */
import { seenTimes } from '../../lab/random/rule-bound.ts';
import { describeRuleFailure, runRules } from '../../lab/random/rule-run.ts';
import type { SoakRun } from './runs.ts';

const SEEDS = 5_000;
const FRAMES = 100;
/** Different from the seeds of `npm test`. */
const FIRST_SEED = 1_000;
/** Each of so many is played by the ARM64 image, where its answers are timed as well. */
const IMAGE_EVERY = 100;
const TIMED_FRAMES = 40;
/** The run ends after this many failures. */
const FAILURES_SHOWN = 3;

export const rules: SoakRun = {
  name: 'rules',
  what: `${SEEDS} random rule tables and traffics of ${FRAMES} frames against the oracle, and the times of \`explain\``,
  run: async (progress) => {
    const sum = { answers: 0, forwarded: 0, modified: 0, limited: 0, deleted: 0 };
    const failures: string[] = [];
    let timed = 0;
    for (let index = 0; index < SEEDS && failures.length < FAILURES_SHOWN; index++) {
      const engine = index % IMAGE_EVERY === 0 ? 'image' : 'wasm';
      const options = { engine, seed: FIRST_SEED + index, frames: FRAMES } as const;
      const report = await runRules(options);
      if (report.problems.length > 0) failures.push(describeRuleFailure(options, report));
      if (engine === 'image') {
        const times = await timesOf(options.seed);
        timed += times.rules;
        failures.push(...times.failures);
      }
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
      progress(index + 1, SEEDS);
    }
    return {
      lines: [
        `answers ${sum.answers}, over the rate ${sum.limited}, deleted ${sum.deleted}`,
        `forwarded ${sum.forwarded}, changed on the way ${sum.modified}`,
        `rules whose answers were timed ${timed}`,
        ...failures.flatMap((failure) => failure.split('\n')),
      ],
      isRight: failures.length === 0,
    };
  },
};

/** The rules of a seed whose answers were timed, and those that took longer than `explain` says. */
async function timesOf(seed: number): Promise<{ rules: number; failures: string[] }> {
  const times = await seenTimes(seed, TIMED_FRAMES);
  const late = times.filter(({ seenMicros, saidMicros }) => seenMicros > saidMicros);
  const failures = late.map(
    ({ rule, seenMicros, saidMicros }) =>
      `seed ${seed}, ${rule}: ${seenMicros} us until RTS, explain says ${saidMicros}`,
  );
  return { rules: times.length, failures };
}
