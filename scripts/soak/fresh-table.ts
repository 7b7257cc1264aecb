// SPDX-License-Identifier: MIT
/**
 * Reads the results that the project's commands print at their end, and lays them out as a table.
 */

import { isForSetup } from '../test/result.ts';

export interface StepResult {
  readonly machine: string;
  readonly step: string;
  readonly status: number;
  readonly minutes: number;
  /** Packages installed by the step. */
  readonly packages: number;
  readonly counts?: TestCounts;
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** Each skipped test with its reason. */
  readonly skipped: readonly string[];
}

/** The counts of `npm test`. Undefined: it did not come to its end. */
export function readTestCounts(words: string): TestCounts | undefined {
  const total = [...words.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  if (total === undefined) return undefined;
  const list =
    /^SKIPPED, so not proven by this run \(\d+\):\n((?: {2}.*\n)*)/m.exec(words)?.[1] ?? '';
  const skipped = list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return { passed: Number(total[1]), failed: Number(total[2]), skipped };
}

/** A step is right with status 0, no failed test, and no skipped test that the set-up makes possible. */
export function isRight({ status, counts }: StepResult): boolean {
  if (status !== 0) return false;
  return counts === undefined || (counts.failed === 0 && !counts.skipped.some(isForSetup));
}

const HEADINGS = [
  'machine',
  'step',
  'status',
  'passed',
  'failed',
  'skipped',
  'minutes',
  'packages',
];

/** One line per step, then the skipped tests by name. */
export function table(results: readonly StepResult[]): string[] {
  const rows = results.map((one) => [
    ...[one.machine, one.step, String(one.status)],
    ...[one.counts?.passed, one.counts?.failed, one.counts?.skipped.length].map((count) =>
      count === undefined ? '-' : String(count),
    ),
    ...[one.minutes.toFixed(1), String(one.packages)],
  ]);
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const lines = all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]))
      .join('  ')
      .trimEnd(),
  );
  const skipped = results.flatMap(({ machine, counts }) =>
    (counts?.skipped ?? []).map((text) => `skipped on ${machine}: ${text}`),
  );
  return [...lines, ...skipped];
}
