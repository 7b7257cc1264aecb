// SPDX-License-Identifier: MIT
/**
 * Skipping empty polling rounds: the guest notices what it would have noticed, no later.
 *
 * A guest that polls every 600 ns sees an event at the first multiple of 600 ns after it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../twin/clock.ts';
import { IdleSkipper } from '../../twin/machine/idle-skipper.ts';

const ROUND_NANOS = 600;
const WORK_NANOS = 27_000;
const FAR_NANOS = 1_000_000;

describe('skipping empty rounds', () => {
  it('keeps the phase of the polling: at most one round after the event', () => {
    const clock = new VirtualClock();
    const skipper = new IdleSkipper(clock);
    skipper.idle(FAR_NANOS);
    clock.elapse(ROUND_NANOS);
    clock.schedule(10_000, () => {});
    skipper.idle(FAR_NANOS);
    assert.equal(clock.now, 10_200);
  });

  it('takes a round in which a timer of the guest was due for none, however long it worked', () => {
    const clock = new VirtualClock();
    const skipper = new IdleSkipper(clock);
    // The timer is due within the round that is measured, and its work takes 27 us.
    skipper.idle(300);
    clock.elapse(WORK_NANOS);
    clock.schedule(40_000, () => {});
    skipper.idle(FAR_NANOS);
    assert.equal(clock.now, WORK_NANOS, 'nothing is known of an empty round yet');
    clock.elapse(ROUND_NANOS);
    skipper.idle(FAR_NANOS);
    assert.ok(clock.now >= 40_000 && clock.now < 40_000 + ROUND_NANOS, `${clock.now}`);
  });
});
