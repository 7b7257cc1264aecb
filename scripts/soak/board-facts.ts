// SPDX-License-Identifier: MIT
/**
 * What the cell finds out about its board by itself: osc=auto and bitrate=auto, in every combination.
 */
import { checkCrystal, CRYSTALS, RATES } from '../../lab/verify/crystal-check.ts';
import { checkSearch, LOADS, SOUGHT_RATES } from '../../lab/verify/rate-check.ts';
import type { SoakRun } from './runs.ts';

/** Plays `checks` and gathers what was wrong. */
async function all(
  checks: readonly (() => Promise<string[]>)[],
  progress: (done: number, total: number) => void,
) {
  const problems: string[] = [];
  for (const [index, check] of checks.entries()) {
    problems.push(...(await check()));
    progress(index + 1, checks.length);
  }
  const lines = [`${checks.length} starts, ${problems.length} wrong`, ...problems];
  return { lines, isRight: problems.length === 0 };
}

export const crystals: SoakRun = {
  name: 'crystals',
  what: 'osc=auto with every crystal at every bit rate, exact and 1 % off',
  run: (progress) =>
    all(
      CRYSTALS.flatMap((crystal) =>
        RATES.flatMap((rate) =>
          [0.99, 1, 1.01].map((off) => () => checkCrystal('wasm', crystal, off * crystal, rate)),
        ),
      ),
      progress,
    ),
};

export const rates: SoakRun = {
  name: 'rates',
  what: 'bitrate=auto at every bit rate and load, with and without errors of another node',
  run: (progress) =>
    all(
      SOUGHT_RATES.flatMap((bitrate) =>
        LOADS.flatMap((load) =>
          [false, true].map(
            (errors) => () => checkSearch({ engine: 'wasm', bitrate, load, errors }),
          ),
        ),
      ),
      progress,
    ),
};
