// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- chips`: random scripts of SPI and bus events to the twin's MCP2515 and to QEMU's, which must
 * answer alike (docs/qemu.md). tests/qemu plays 500.
 *
 * Needs `npm run qemu -- build`.
 */
import { InputError } from '../../cell-config/files.ts';
import { compareChips } from '../../lab/qemu/chip-compare.ts';
import { findEmulator, QemuCache } from '../qemu/cache.ts';
import type { SoakOutcome, SoakRun } from './runs.ts';

export const SCRIPTS = 50_000;
/** Different from the seeds of `npm test`. */
export const FIRST_SEED = 10_000;

export const chips: SoakRun = {
  name: 'chips',
  what: `${SCRIPTS} random scripts to the twin's MCP2515 and to QEMU's`,
  onlyByName: true,
  run: (progress) => runChips(new QemuCache(), { first: FIRST_SEED, count: SCRIPTS }, progress),
};

/** Plays the scripts of the seeds from `first` on. */
export async function runChips(
  cache: QemuCache,
  { first, count }: { readonly first: number; readonly count: number },
  progress: (done: number, total: number) => void,
): Promise<SoakOutcome> {
  const found = findEmulator(cache);
  if ('missing' in found) throw new InputError(found.missing);
  const report = await compareChips(found.path, first, count, progress);
  return {
    lines: [
      `QEMU ${found.version}: seeds ${first} to ${first + report.scripts - 1}, ${report.scripts} scripts, ` +
        `${report.steps} steps, ${report.frames} frames`,
      ...report.failures,
    ],
    isRight: report.failures.length === 0,
  };
}
