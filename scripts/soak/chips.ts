// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- chips`: random scripts of SPI and bus events to the twin's MCP2515 and to QEMU's, which must
 * answer alike (docs/qemu.md). tests/qemu plays 500.
 *
 * Needs `npm run qemu -- build`.
 */
import { InputError } from '../../cell-config/files.ts';
import { compareChips } from '../../lab/qemu/chip-compare.ts';
import { findEmulator } from '../qemu/cache.ts';
import type { SoakRun } from './runs.ts';

const SCRIPTS = 50_000;
/** Different from the seeds of `npm test`. */
const FIRST_SEED = 10_000;

export const chips: SoakRun = {
  name: 'chips',
  what: `${SCRIPTS} random scripts to the twin's MCP2515 and to QEMU's`,
  onlyByName: true,
  run: async (progress) => {
    const found = findEmulator();
    if ('missing' in found) throw new InputError(found.missing);
    const report = await compareChips(found.path, FIRST_SEED, SCRIPTS, progress);
    return {
      lines: [
        `QEMU ${found.version}: ${report.scripts} scripts, ${report.steps} steps, ${report.frames} frames`,
        ...report.failures,
      ],
      isRight: report.failures.length === 0,
    };
  },
};
