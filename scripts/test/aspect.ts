/**
 * Reads the counts from the output of as-pect's summary reporter.
 *
 * The summary has one line `[Tests]: 12 / 14` (passed, all), and one `Pass: 5 / 6 Todo: 1` for each spec
 * file.
 */
import { stripVTControlCharacters } from 'node:util';
import type { CommandResult } from './command.ts';
import { failedCheck } from './result.ts';
import type { StageResult } from './result.ts';

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
  return { passed, failed, skipped, details: failed === 0 ? '' : output };
}
