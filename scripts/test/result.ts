// SPDX-License-Identifier: MIT
/**
 * The outcome of one stage of the test run, and the sum of outcomes.
 */

export interface StageResult {
  readonly passed: number;
  readonly failed: number;
  /** Tests that did not run, each with its reason. They are listed at the end of the run. */
  readonly skipped: readonly string[];
  /** Lines to show below the stage, failed or not. */
  readonly remarks?: readonly string[];
  /** Text to show for a failed stage. Empty if all passed. */
  readonly details: string;
}

const SETUP_PROVIDES = '(npm run setup)';

/** The skip reason for a test that lacks something that `npm run setup` installs. */
export function skipForSetup(missing: string): string {
  return `${missing} ${SETUP_PROVIDES}`;
}

/** Whether a skipped test, as the run lists it, would run after the set-up. */
export function isForSetup(skipped: string): boolean {
  return skipped.endsWith(SETUP_PROVIDES);
}

export const PASSED_CHECK: StageResult = { passed: 1, failed: 0, skipped: [], details: '' };

/** A stage that failed as a whole. It counts as one failure. */
export function failedCheck(details: string): StageResult {
  return { passed: 0, failed: 1, skipped: [], details };
}

/** The sum of the counts and the skipped tests over stages. */
export function addResults(results: readonly StageResult[]): StageResult {
  return {
    passed: results.reduce((sum, one) => sum + one.passed, 0),
    failed: results.reduce((sum, one) => sum + one.failed, 0),
    skipped: results.flatMap((one) => one.skipped),
    details: '',
  };
}
