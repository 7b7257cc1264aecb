// SPDX-License-Identifier: MIT
/**
 * What the status page counts of a run, when everything in it has ended.
 *
 * Does not: compare with what was seen on the wires; the tests do.
 */
import assert from 'node:assert/strict';
import { openSums } from '../../lab/page/account.ts';
import { COUNTER, type CounterName } from '../../lab/page/counters.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';

/** Checks the counters named, and that the sums close. */
export function checkCounters(
  rig: Rig,
  expected: Partial<Record<CounterName, number>>,
  what?: string,
): void {
  const page = settledStatusPage(rig.board);
  assert.ok(page);
  assert.deepEqual(openSums(page), [], what);
  const found = Object.fromEntries(
    Object.keys(expected).map((name) => [name, page.counters[COUNTER[name as CounterName]]]),
  );
  assert.deepEqual(found, expected, what);
}
