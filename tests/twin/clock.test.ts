// SPDX-License-Identifier: MIT
/** The virtual clock: order of events, time seen by them, re-entrancy. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../twin/clock.ts';

describe('virtual clock', () => {
  it('runs events in order of time, and those of one time in the order they were planned', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    for (const [nanos, name] of [
      [30, 'c'],
      [10, 'a1'],
      [20, 'b'],
      [10, 'a2'],
    ] as const) {
      clock.schedule(nanos, () => seen.push(name));
    }
    clock.advanceTo(25);
    assert.deepEqual(seen, ['a1', 'a2', 'b']);
    assert.equal(clock.now, 25);
    assert.equal(clock.nextEventNanos, 30);
  });

  it('gives an event its own time when the guest was busy longer', () => {
    const clock = new VirtualClock();
    const seen: [number, number][] = [];
    clock.schedule(10, (nanos) => seen.push([nanos, clock.now]));
    clock.elapse(50);
    assert.deepEqual(seen, []);
    clock.runDue();
    assert.deepEqual(seen, [[10, 50]]);
  });

  it('runs what an event plans for a time already due in the same call', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    clock.schedule(10, (nanos) => {
      seen.push(nanos);
      clock.schedule(5, (inner) => seen.push(inner));
      clock.runDue();
    });
    clock.advanceTo(100);
    assert.deepEqual(seen, [10, 10]);
  });

  it('keeps the pace of a chain of events while it catches up with a busy guest', () => {
    const clock = new VirtualClock();
    const seen: [string, number][] = [];
    const tick = (nanos: number) => {
      seen.push(['chain', nanos]);
      if (nanos < 40) clock.schedule(nanos + 10, tick);
    };
    clock.schedule(10, tick);
    clock.schedule(25, (nanos) => seen.push(['other', nanos]));
    clock.elapse(100);
    clock.runDue();
    assert.deepEqual(seen, [
      ['chain', 10],
      ['chain', 20],
      ['other', 25],
      ['chain', 30],
      ['chain', 40],
    ]);
    clock.schedule(50, (nanos) => seen.push(['late', nanos]));
    clock.runDue();
    assert.deepEqual(seen.at(-1), ['late', 100]);
  });

  it('forgets a cancelled event, also for the time of the next one', () => {
    const clock = new VirtualClock();
    const event = clock.schedule(10, () => assert.fail('cancelled event ran'));
    clock.cancel(event);
    assert.equal(clock.nextEventNanos, Infinity);
    clock.advanceTo(20);
    clock.cancel(event);
  });

  it('keeps ten thousand events of mixed times in order', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    let state = 1;
    for (let index = 0; index < 10_000; index++) {
      state = (state * 48271) % 2147483647;
      clock.schedule(state % 5000, (nanos) => seen.push(nanos));
    }
    clock.advanceTo(5000);
    assert.equal(seen.length, 10_000);
    assert.deepEqual(
      seen,
      [...seen].sort((left, right) => left - right),
    );
  });

  it('refuses to go back and to wait for no time at all', () => {
    const clock = new VirtualClock();
    clock.advanceTo(10);
    assert.throws(() => clock.advanceTo(5), RangeError);
    assert.throws(() => clock.elapse(-1), RangeError);
    assert.throws(() => clock.schedule(NaN, () => undefined), RangeError);
  });

  it('stands at whole nanoseconds, also where events and ends lie between them', () => {
    const clock = new VirtualClock();
    const seen: number[][] = [];
    // A third and two thirds of a bit of 1/300,000 s.
    clock.schedule(3333.3, (nanos) => seen.push([nanos, clock.now]));
    clock.schedule(3333.7, (nanos) => seen.push([nanos, clock.now]));
    clock.advanceTo(clock.nextEventNanos);
    assert.equal(clock.now, 3334);
    clock.advanceTo(3333.9);
    clock.advanceTo(4000.5);
    assert.equal(clock.now, 4001);
    assert.deepEqual(seen, [
      [3333.3, 3334],
      [3333.7, 3334],
    ]);
    assert.throws(() => clock.elapse(0.5), /whole nanoseconds/);
  });
});
