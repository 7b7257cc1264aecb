// SPDX-License-Identifier: MIT
/**
 * Every status of formats/statuses.ts is provoked here, and given out by the cell that met it: on the console, on the
 * status page, as the outcome of a request or in the trace. Five are results that only functions of the firmware give
 * each other; for these a unit test is named.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { STATUSES } from '../../formats/statuses.ts';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { AT_START } from './statuses/at-start.ts';
import { OF_AGL } from './statuses/of-agl.ts';
import type { StatusName } from './statuses/seen.ts';
import { WHILE_RUNNING } from './statuses/while-running.ts';

/** Statuses that nobody outside the firmware is given, each with a file and the words of an expectation in it. */
const INSIDE: Partial<Record<StatusName, readonly [file: string, expectation: string]>> = {
  Empty: ['tests/unit/rt/ring.spec.ts', 'expect(ring.take(record)).toBe(Status.Empty)'],
  Full: ['tests/unit/rt/ring.spec.ts', 'expect(put(ring, 4)).toBe(Status.Full)'],
  Busy: ['tests/unit/driver/modes.spec.ts', 'expect(can.sleepStep()).toBe(Status.Busy)'],
  Timeout: ['tests/unit/driver/modes.spec.ts', 'expect(status).toBe(Status.Timeout)'],
  // Counted as malformed, and only that message is refused.
  MessageBad: [
    'tests/unit/virtio/can-driver-messages.spec.ts',
    'expect(rig.driver.receive(rig.frame)).toBe(Status.MessageBad',
  ],
};

const CASES = [...AT_START, ...OF_AGL, ...WHILE_RUNNING];

it('every status has a case that provokes it', () => {
  const provoked = new Set([...CASES.flatMap(({ provokes }) => provokes), ...Object.keys(INSIDE)]);
  assert.deepEqual(
    Object.keys(STATUSES).filter((name) => !provoked.has(name)),
    [],
  );
  for (const [file, expectation] of Object.values(INSIDE)) {
    assert.ok(readFileSync(`${PROJECT_ROOT}${file}`, 'utf8').includes(expectation), file);
  }
});

describe('a status is given out after', () => {
  for (const { what, provokes, play } of CASES) {
    it(`${what}: ${provokes.join(', ')}`, async () => {
      const seen = await play();
      const missing = provokes.filter((name) => !seen.has(STATUSES[name].number));
      assert.deepEqual(missing, [], `given out: ${[...seen].join(', ')}`);
    });
  }
});
