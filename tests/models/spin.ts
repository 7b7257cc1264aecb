// SPDX-License-Identifier: MIT
/**
 * Has spin check a model: generates the checker, compiles it, and searches all states.
 *
 * Does not: choose models or variants (models.test.ts).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder.ts';

/** What the search found: nothing, an assertion that does not hold, or a state from which nothing goes on. */
export type Verdict = 'holds' | 'assertion' | 'stuck';

export interface Search {
  readonly verdict: Verdict;
  /** States that were visited. */
  readonly states: number;
  /** The checker's whole report, for the reader of a failure. */
  readonly report: string;
}

/** Steps of the longest path. A model that is deeper is not searched whole, which is an error. */
const DEPTH_MAXIMUM = 100_000;

/**
 * Searches all states of the model at `path` with the macros `defines`. `mayWait`: processes may wait for ever at
 * the end, because the model itself says when all is done.
 */
export function search(path: string, defines: readonly string[], mayWait: boolean): Search {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'model.pml'), readFileSync(path));
  const macros = defines.map((name) => `-D${name}`);
  execFileSync('spin', ['-a', ...macros, 'model.pml'], { cwd: folder, stdio: 'pipe' });
  execFileSync('cc', ['-O0', '-w', '-o', 'pan', 'pan.c'], { cwd: folder, stdio: 'pipe' });
  const options = [`-m${DEPTH_MAXIMUM}`, ...(mayWait ? ['-E'] : [])];
  const run = spawnSync('./pan', options, { cwd: folder, encoding: 'utf8' });
  return readReport(run.stdout);
}

function readReport(report: string): Search {
  const errors = /errors: (\d+)/.exec(report)?.[1];
  const states = /(\d+) states, stored/.exec(report)?.[1];
  if (
    errors === undefined ||
    states === undefined ||
    report.includes('max search depth too small')
  ) {
    throw new Error(`spin's checker did not search the whole model:\n${report}`);
  }
  return { verdict: verdictOf(errors, report), states: Number(states), report };
}

function verdictOf(errors: string, report: string): Verdict {
  if (errors === '0') return 'holds';
  return report.includes('invalid end state (at') ? 'stuck' : 'assertion';
}
