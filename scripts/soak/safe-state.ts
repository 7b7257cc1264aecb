// SPDX-License-Identifier: MIT
/** `npm run soak -- safe-state`: Linux ends at random moments. tests/cases/safe-state.test.ts plays a few. */
import { runSafeState } from '../../lab/attack/safe-run.ts';
import type { SoakRun } from './runs.ts';

const ROUNDS = 500;

export const safeState: SoakRun = {
  name: 'safe-state',
  what: `Linux is killed, frozen, rebooted and shut down ${ROUNDS} times: the safe state of a table`,
  run: async (progress) => {
    const options = { engine: 'wasm', seed: 1, rounds: ROUNDS } as const;
    const onProgress = (done: number): void => progress(done, ROUNDS);
    const { rounds, latestBeginNanos, requests, problems } = await runSafeState({
      ...options,
      onProgress,
    });
    const kinds = Object.entries(rounds).map(([kind, count]) => `${kind} ${count}`);
    return {
      lines: [
        kinds.join(', '),
        `the latest begin after ${(latestBeginNanos / 1e6).toFixed(1)} ms, ${requests} requests answered`,
        ...problems,
      ],
      isRight: problems.length === 0,
    };
  },
};
