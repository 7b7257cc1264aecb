// SPDX-License-Identifier: MIT
/**
 * Deadlines in clock ticks. The caller reads the clock (src/hal/clock.ts). For periodic events see
 * software-timer.ts.
 */

/** Microseconds as ticks of a clock of `ticksPerSecond`, rounded up so that a wait is never shorter. */
export function microsToTicks(micros: u32, ticksPerSecond: u32): u64 {
  return (<u64>micros * <u64>ticksPerSecond + 999_999) / 1_000_000;
}

/** Nanoseconds as ticks of a clock of `ticksPerSecond`, rounded down. Below a second. */
export function nanosToTicks(nanos: u64, ticksPerSecond: u32): u64 {
  return (nanos * <u64>ticksPerSecond) / 1_000_000_000;
}

/** A moment after which something is late. Not reached before the first `start`. */
@final
export class Deadline {
  private atTicks: u64 = u64.MAX_VALUE;

  /** Sets the moment `durationTicks` after `nowTicks`. */
  start(nowTicks: u64, durationTicks: u64): void {
    this.atTicks = nowTicks + durationTicks;
  }

  /** `reached` is false until the next `start`. */
  cancel(): void {
    this.atTicks = u64.MAX_VALUE;
  }

  reached(nowTicks: u64): bool {
    return nowTicks >= this.atTicks;
  }

  /** The moment in ticks. The largest u64 if not started. */
  get ticks(): u64 {
    return this.atTicks;
  }
}
