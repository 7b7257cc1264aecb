// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- hostile`: a hostile peer overwrites 10,000,000 words, half of them in each role.
 * lab/attack has the run; tests/system/hostile.test.ts does it in small.
 */
import { runHostile } from '../../lab/attack/hostile-run.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import type { SoakRun } from './runs.ts';

const MUTATIONS = 10_000_000;
/** Mutations of one run with one cell and one bridge. Each run has its own seed. */
const MUTATIONS_OF_A_RUN = 500_000;
/** The longest frame at 500 kbit/s, 163 bits, and 20 us for the cell. */
const LATEST_ANSWER_NANOS = 346_000;

export const hostile: SoakRun = {
  name: 'hostile',
  what: `${MUTATIONS} words of the shared memory overwritten at random, both roles`,
  run: async (progress) => {
    const sum = {
      ...{ attacks: 0, sessionsAttacked: 0, requests: 0, unanswered: 0 },
      ...{ requestsDone: 0, requestsRefused: 0, lateSteps: 0 },
    };
    const failures: string[] = [];
    let latestAnswerNanos = 0;
    for (let run = 0; run * MUTATIONS_OF_A_RUN < MUTATIONS; run += 1) {
      const seed = 1_000 + run;
      const result = await runHostile({
        engine: 'wasm',
        ...(run % 2 === 0 ? {} : EXCHANGED_ROLES),
        seed,
        mutations: MUTATIONS_OF_A_RUN,
        onProgress: (done) => progress(run * MUTATIONS_OF_A_RUN + done, MUTATIONS),
      });
      failures.push(...result.problems.map((problem) => `seed ${seed}: ${problem}`));
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += result[key];
      latestAnswerNanos = Math.max(latestAnswerNanos, result.latestAnswerNanos);
    }
    return {
      lines: [
        `attacks ${sum.attacks}, on a running session ${sum.sessionsAttacked}`,
        `urgent requests ${sum.requests}, unanswered ${sum.unanswered}, ` +
          `latest answer ${latestAnswerNanos / 1000} us after its request`,
        `requests over the control link: done ${sum.requestsDone}, refused ${sum.requestsRefused}`,
        `steps beyond their bound ${sum.lateSteps}`,
        ...failures,
      ],
      isRight:
        failures.length === 0 &&
        sum.unanswered + sum.lateSteps === 0 &&
        latestAnswerNanos <= LATEST_ANSWER_NANOS,
    };
  },
};
