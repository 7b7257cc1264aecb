// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- rules`: thousands of random rule tables in the firmware, against the oracle.
 * tests/cases/rules-random.test.ts plays a hundred.
 */
import { describeRuleFailure, runRules } from '../../lab/random/rule-run.ts';
import type { SoakRun } from './runs.ts';

const SEEDS = 5_000;
const FRAMES = 100;
/** Different from the seeds of `npm test`. */
const FIRST_SEED = 1_000;
/** Each of so many is played by the ARM64 image. */
const IMAGE_EVERY = 100;
/** The run ends after this many failures. */
const FAILURES_SHOWN = 3;

export const rules: SoakRun = {
  name: 'rules',
  what: `${SEEDS} random rule tables and traffics of ${FRAMES} frames against the oracle`,
  run: async (progress) => {
    const sum = { answers: 0, forwarded: 0, modified: 0, limited: 0, deleted: 0 };
    const failures: string[] = [];
    for (let index = 0; index < SEEDS && failures.length < FAILURES_SHOWN; index++) {
      const engine = index % IMAGE_EVERY === 0 ? 'image' : 'wasm';
      const options = { engine, seed: FIRST_SEED + index, frames: FRAMES } as const;
      const report = await runRules(options);
      if (report.problems.length > 0) failures.push(describeRuleFailure(options, report));
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
      progress(index + 1, SEEDS);
    }
    return {
      lines: [
        `answers ${sum.answers}, over the rate ${sum.limited}, deleted ${sum.deleted}`,
        `forwarded ${sum.forwarded}, changed on the way ${sum.modified}`,
        ...failures.flatMap((failure) => failure.split('\n')),
      ],
      isRight: failures.length === 0,
    };
  },
};
