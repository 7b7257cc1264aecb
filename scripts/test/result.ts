/**
 * The outcome of one stage of the test run, and how outcomes add up.
 */

export interface StageResult {
  readonly passed: number;
  readonly failed: number;
  /** Tests that did not run, each with its reason: they are named at the end, never hidden. */
  readonly skipped: readonly string[];
  /** What to show of a failed stage; empty when all went well. */
  readonly details: string;
}

const SETUP_PROVIDES = '(npm run setup)';

/** The reason of a skipped test that `npm run setup` would have made possible. */
export function skipForSetup(missing: string): string {
  return `${missing} ${SETUP_PROVIDES}`;
}

/** Whether a skipped test, as the run lists it, is one that the set-up would have made possible. */
export function isForSetup(skipped: string): boolean {
  return skipped.endsWith(SETUP_PROVIDES);
}

export const PASSED_CHECK: StageResult = { passed: 1, failed: 0, skipped: [], details: '' };

/** A stage that failed as a whole: it counts as one failure. */
export function failedCheck(details: string): StageResult {
  return { passed: 0, failed: 1, skipped: [], details };
}

/** The sum over stages; only the counts and the skipped tests. */
export function addResults(results: readonly StageResult[]): StageResult {
  return {
    passed: results.reduce((sum, one) => sum + one.passed, 0),
    failed: results.reduce((sum, one) => sum + one.failed, 0),
    skipped: results.flatMap((one) => one.skipped),
    details: '',
  };
}
