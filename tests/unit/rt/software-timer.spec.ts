// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Software timers: when they run out, and what is known of the earliest of all.
 */
import { NEVER, NextExpiry, SoftwareTimer } from '../../../src/rt/software-timer';

describe('SoftwareTimer', () => {
  test('does not run before it is started, nor after it is stopped', () => {
    const timer = new SoftwareTimer();
    expect(timer.ticks).toBe(NEVER);
    expect(timer.expired(u64.MAX_VALUE - 1)).toBe(false);
    timer.start(100, 50);
    timer.stop();
    expect(timer.reached(1_000)).toBe(false);
    expect(timer.ticks).toBe(NEVER);
  });

  test('runs out at its tick, once', () => {
    const timer = new SoftwareTimer();
    timer.start(100, 50);
    expect(timer.reached(149)).toBe(false);
    expect(timer.expired(149)).toBe(false);
    expect(timer.ticks).toBe(150);
    expect(timer.reached(150)).toBe(true);
    expect(timer.expired(150)).toBe(true);
    expect(timer.expired(151)).toBe(false);
  });

  test('runs out every period, and makes up for none that was missed', () => {
    const timer = new SoftwareTimer();
    timer.startPeriodic(5, 10);
    expect(timer.expired(5)).toBe(true);
    expect(timer.expired(14)).toBe(false);
    expect(timer.expired(15)).toBe(true);
    expect(timer.expired(95)).toBe(true);
    expect(timer.expired(96)).toBe(false);
    expect(timer.ticks).toBe(105);
  });

  test('started once is no longer periodic', () => {
    const timer = new SoftwareTimer();
    timer.startPeriodic(0, 10);
    timer.start(0, 4);
    expect(timer.expired(4)).toBe(true);
    expect(timer.ticks).toBe(NEVER);
  });
});

/** A timer that tells `next` of its starts. */
function telling(next: NextExpiry): SoftwareTimer {
  const timer = new SoftwareTimer();
  timer.next = next;
  return timer;
}

describe('the next expiry of some timers', () => {
  test('is never later than one that was started', () => {
    const next = new NextExpiry();
    expect(next.ticks).toBe(NEVER);
    telling(next).start(100, 50);
    expect(next.ticks).toBe(150);
    telling(next).start(100, 60);
    expect(next.ticks).toBe(150);
    telling(next).startPeriodic(20, 1_000);
    expect(next.ticks).toBe(20);
  });

  test('is not that of other timers', () => {
    const next = new NextExpiry();
    telling(next).start(100, 50);
    new SoftwareTimer().start(0, 1);
    telling(new NextExpiry()).start(0, 2);
    expect(next.ticks).toBe(150);
  });
});
