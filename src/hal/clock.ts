/**
 * Clock: a counter that only goes forward.
 *
 * Used by: whoever has a bounded wait or a periodic duty (driver, virtio, board).
 * Does not: interrupt anybody. Consumers take the concrete class through a type parameter, so that
 * every call is direct.
 */
import { microsToTicks } from '../rt/deadline';

export abstract class Clock {
  /** Ticks since some start; never goes back, never wraps in the life of the cell. */
  abstract nowTicks(): u64;

  /** Ticks in one second; constant. */
  abstract ticksPerSecond(): u32;
}

/** The tick at which `micros` microseconds from now have passed. */
export function deadlineAfterMicros<Time extends Clock>(clock: Time, micros: u32): u64 {
  return clock.nowTicks() + microsToTicks(micros, clock.ticksPerSecond());
}

/** True when the tick `deadlineTicks` has been reached. */
export function deadlinePassed<Time extends Clock>(clock: Time, deadlineTicks: u64): bool {
  return clock.nowTicks() >= deadlineTicks;
}
