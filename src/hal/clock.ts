// SPDX-License-Identifier: MIT
/**
 * Clock: a counter that only goes forward.
 *
 * Consumers take the concrete class as a type parameter, so that every call is direct.
 */
import { microsToTicks } from '../rt/deadline';

export abstract class Clock {
  /** Ticks since some start. Never goes back, and never wraps while the cell lives. */
  abstract nowTicks(): u64;

  /** Ticks in one second; constant. */
  abstract ticksPerSecond(): u32;

  /**
   * Says that nothing is to be done until an input changes or the counter reaches `deadlineTicks`. A hint:
   * it may return at once. Returns the ticks of the rounds that the caller need not make any more, as if it
   * had made them and found nothing; 0 on hardware.
   */
  idleUntil(_deadlineTicks: u64): u64 {
    return 0;
  }
}

/** The tick `micros` microseconds from now. */
export function deadlineAfterMicros<Time extends Clock>(clock: Time, micros: u32): u64 {
  return clock.nowTicks() + microsToTicks(micros, clock.ticksPerSecond());
}

/** True from the tick `deadlineTicks` on. */
export function deadlinePassed<Time extends Clock>(clock: Time, deadlineTicks: u64): bool {
  return clock.nowTicks() >= deadlineTicks;
}
