// SPDX-License-Identifier: MIT
/** `npm run soak -- wall`: a hostile Linux against a locked wall. tests/cases/wall.test.ts plays a small run. */
import { runWall } from '../../lab/attack/wall-run.ts';
import type { SoakRun } from './runs.ts';

const RANDOM = 1_000_000;
const FORBIDDEN = 100_000;

export const wall: SoakRun = {
  name: 'wall',
  what: `${RANDOM} random and ${FORBIDDEN} forbidden frames of AGL against a locked wall`,
  run: async (progress) => {
    const total = RANDOM + FORBIDDEN;
    const options = { engine: 'wasm', seed: 1, random: RANDOM, forbidden: FORBIDDEN } as const;
    const result = await runWall({ ...options, onProgress: (done) => progress(done, total) });
    const { given, sent, refused, answers, latestAnswerNanos, tables, problems } = result;
    return {
      lines: [
        `given ${given}, refused ${refused}, sent ${sent}, tables loaded ${tables}`,
        `answers ${answers}, the latest after ${(latestAnswerNanos / 1000).toFixed(1)} us`,
        ...problems,
      ],
      isRight: problems.length === 0,
    };
  },
};
