// SPDX-License-Identifier: MIT
/**
 * Makes a failing random run smaller: fewer frames, then no faults, delays or AGL, as long as it
 * still fails.
 *
 * Does not: change the seed, so that the result can be played again from one line.
 */
import { runRandom, type RandomOptions, type RandomReport } from './random-run.ts';

export interface Failure {
  readonly options: RandomOptions;
  readonly report: RandomReport;
}

/** The smallest run found that fails in the same way as `failure`. */
export async function shrink(failure: Failure): Promise<Failure> {
  let smallest = failure;
  const attempt = async (change: Partial<RandomOptions>): Promise<boolean> => {
    const options = { ...smallest.options, ...change };
    const report = await runRandom(options);
    if (report.problems.length === 0) return false;
    smallest = { options, report };
    return true;
  };
  for (const kind of ['fromAgl', 'faults', 'stalls'] as const) await attempt({ [kind]: false });
  while (smallest.options.frames > 1) {
    const { frames } = smallest.options;
    if (await attempt({ frames: Math.ceil(frames / 2) })) continue;
    if (frames < 16 && (await attempt({ frames: frames - 1 }))) continue;
    break;
  }
  return smallest;
}

/** What went wrong, and how to reproduce it. */
export function describeFailure({ options, report }: Failure): string {
  const { seed, frames, faults, stalls, fromAgl } = options;
  const kinds = `faults ${faults}, delays ${stalls}, AGL ${fromAgl}`;
  return [
    `seed ${seed}, ${frames} frames (${kinds}):`,
    ...report.problems.map((problem) => `  ${problem}`),
    `  again: SEED=${seed} node --import tsx --test tests/cases/random.test.ts`,
  ].join('\n');
}
