// SPDX-License-Identifier: MIT
/**
 * Size budgets of the files on the card, and their check. Raise a budget on purpose, in a commit
 * that says why.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

import { counted } from '../../cell-config/plural.ts';
import type { FileSize } from '../../lab/report/run-report.ts';
import { PROJECT } from './command.ts';

/** Budgets in bytes. */
const BUDGETS: readonly { file: string; bytes: number; why: string }[] = [
  { file: 'canwarden.bin', bytes: 152 << 10, why: 'code and texts; the hot path is a tenth of it' },
  { file: 'canwarden-selftest.bin', bytes: 48 << 10, why: 'the self test, loaded instead' },
  {
    file: 'bridge.wasm',
    bytes: 56 << 10,
    why: 'the AGL end of the ring, and the words for the status page',
  },
  { file: 'canwarden-bridge-aarch64', bytes: 1 << 20, why: 'one static file on the AGL side' },
  { file: 'rpi4-root.cell', bytes: 4 << 10, why: 'one page' },
  { file: 'rpi4-canwarden.cell', bytes: 4 << 10, why: 'one page' },
  { file: 'rpi4-canwarden-wfi.cell', bytes: 4 << 10, why: 'one page' },
  {
    file: 'rules.bin',
    bytes: 16 << 10,
    why: 'the index of standard identifiers, and what 64 rules have',
  },
];

const BAR_COLUMNS = 20;
const NAME_COLUMNS = 2 + Math.max(...BUDGETS.map(({ file }) => `build/${file}`.length));

/** The files of build/ with their budgets, for a report. */
export function fileSizes(): FileSize[] {
  return BUDGETS.map(({ file, bytes: mostBytes }) => ({
    ...{ name: file, bytes: statSync(`${PROJECT}build/${file}`).size, mostBytes },
  }));
}

/** Prints one line for each file. Returns true if every file is within its budget. */
export async function reportSizes(): Promise<boolean> {
  let within = true;
  for (const { file, bytes, why } of BUDGETS) {
    const { size } = await stat(`${PROJECT}build/${file}`);
    const filled = Math.min(BAR_COLUMNS, Math.ceil((size / bytes) * BAR_COLUMNS));
    const bar = '='.repeat(filled).padEnd(BAR_COLUMNS);
    const percent = ((100 * size) / bytes).toFixed(1).padStart(5);
    const name = `build/${file}`.padEnd(NAME_COLUMNS);
    console.log(
      `${name}${String(size).padStart(7)} of ${String(bytes).padStart(7)} bytes [${bar}] ${percent} %`,
    );
    if (size > bytes) {
      within = false;
      console.error(
        `build/${file} is ${counted(size - bytes, 'byte')} over its budget (${why}). ` +
          `Next: find what grew in build/canwarden.map, or raise the budget in scripts/build/sizes.ts.`,
      );
    }
  }
  return within;
}
