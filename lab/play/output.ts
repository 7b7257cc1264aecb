// SPDX-License-Identifier: MIT
/**
 * Writes the results of a run: bus.log, agl.log, summary.json. Either all of them are written or
 * none.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, prepareToWrite } from '../../cell-config/files.ts';
import type { ScenarioResult } from './scenario.ts';

/** Names in the output folder. */
export const OUTPUT_NAMES = ['bus.log', 'agl.log', 'summary.json'] as const;

/**
 * Makes the folder before a run, and refuses a folder that cannot be written. Throws InputError.
 */
export function prepareOutputs(directory: string, ...others: readonly string[]): void {
  prepareToWrite(...OUTPUT_NAMES.map((name) => join(directory, name)), ...others);
}

/**
 * Writes the three files to temporary names, then renames them, so that a failure leaves no partial
 * result. Makes the folder. Throws the file system's error.
 */
export function writeOutputs(directory: string, result: ScenarioResult): void {
  const texts = [result.busLog, result.aglLog, `${JSON.stringify(result.summary, null, 2)}\n`];
  makeFolder(directory);
  const files = OUTPUT_NAMES.map((name, index) => ({
    final: join(directory, name),
    temporary: join(directory, `.${name}.${process.pid}.part`),
    text: texts[index] ?? '',
  }));
  try {
    for (const { temporary, text } of files) writeFileSync(temporary, text);
    for (const { temporary, final } of files) renameSync(temporary, final);
  } finally {
    for (const { temporary } of files) rmSync(temporary, { force: true });
  }
}
