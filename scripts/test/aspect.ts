// SPDX-License-Identifier: MIT
/**
 * Reads the counts from the output of as-pect's summary reporter.
 *
 * The summary has one line `[Tests]: 12 / 14` (passed, all), and one `Pass: 5 / 6 Todo: 1` for each
 * spec file. After it, as-pect.config.js prints `src/cell: 93.1 % of 1,812 lines run in unit tests,
 * ...`.
 */
import { stripVTControlCharacters } from 'node:util';
import type { CommandResult } from './command.ts';
import { failedCheck } from './result.ts';
import type { StageResult } from './result.ts';

/** Least share of the lines of src/cell that must run in unit tests, in percent. */
const CELL_LINES_LEAST = 95;

/** The counts of a finished as-pect run. A run without a summary is a failure. */
export function readAspectResult(run: CommandResult): StageResult {
  const output = stripVTControlCharacters(`${run.stdout}\n${run.stderr}`).trim();
  const summary = /\[Tests\]:\s*(\d+)\s*\/\s*(\d+)/.exec(output);
  if (summary === null) {
    return failedCheck(`${output}\nas-pect ended without a summary ${run.problem}`.trimEnd());
  }
  const passed = Number(summary[1]);
  const failedTests = Number(summary[2]) - passed;
  if (passed + failedTests === 0) return failedCheck(`${output}\nas-pect found no tests`);

  // A group can fail without a failed test (a trap in describe()).
  const failed = run.status === 0 ? failedTests : Math.max(failedTests, 1);
  const skipped = [...output.matchAll(/(\S+\.ts)\s+Pass: .*Todo: (\d+)/g)]
    .filter(([, , count]) => Number(count) > 0)
    .map(([, file, count]) => `${file}: ${count} marked todo or xit`);
  const coverage = /^src\/cell: ([\d.]+) % of .*$/m.exec(output);
  if (failed === 0 && Number(coverage?.[1] ?? 0) < CELL_LINES_LEAST) {
    const found = coverage?.[0] ?? 'as-pect ended without a line about coverage';
    return failedCheck(
      `${found}\nAt least ${CELL_LINES_LEAST} % must: build/unit/not-run.txt lists the others.`,
    );
  }
  const remarks = coverage === null ? [] : [coverage[0]];
  return { passed, failed, skipped, remarks, details: failed === 0 ? '' : output };
}
