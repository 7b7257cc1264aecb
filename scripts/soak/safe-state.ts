// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- safe-state`: Linux ends at random moments and loads tables, with an open and with a locked wall.
 * tests/cases/safe-state.test.ts plays a few.
 */
import { runSafeState } from '../../lab/attack/safe-run.ts';
import type { SoakRun } from './runs.ts';

const ROUNDS = 500;
const WALLS = ['open', 'locked'] as const;

export const safeState: SoakRun = {
  name: 'safe-state',
  what: `Linux is killed, frozen, rebooted and shut down ${ROUNDS} times, and loads tables: the safe state of a table`,
  run: async (progress) => {
    const lines: string[] = [];
    let isRight = true;
    for (const [index, wall] of WALLS.entries()) {
      const rounds = ROUNDS / WALLS.length;
      const result = await runSafeState({
        ...({ engine: 'wasm', seed: 1 + index, rounds, wall } as const),
        onProgress: (done) => progress(index * rounds + done, ROUNDS),
      });
      const kinds = Object.entries(result.rounds).map(([kind, count]) => `${kind} ${count}`);
      const { taken, refused, requests, latestBeginNanos, problems } = result;
      lines.push(
        `wall ${wall}: ${kinds.join(', ')}; ${taken} tables taken, ${refused} refused; ${requests} requests answered`,
        ...problems,
      );
      if (wall === 'locked') {
        lines.push(`the latest begin after ${(latestBeginNanos / 1e6).toFixed(1)} ms`);
      }
      isRight &&= problems.length === 0;
    }
    return { lines, isRight };
  },
};
