/**
 * Deadlines counted in clock ticks, without reading a clock.
 *
 * For what comes every so often see software-timer.ts.
 * Does not: read time (see src/hal/clock.ts) and does not block.
 */

/** Microseconds as ticks of a clock of `ticksPerSecond`, rounded up: never shorter than asked. */
export function microsToTicks(micros: u32, ticksPerSecond: u32): u64 {
  return (<u64>micros * <u64>ticksPerSecond + 999_999) / 1_000_000;
}

/** A moment after which something is late. Never reached before the first `start`. */
@final
export class Deadline {
  private atTicks: u64 = u64.MAX_VALUE;

  /** Sets the moment `durationTicks` after `nowTicks`. */
  start(nowTicks: u64, durationTicks: u64): void {
    this.atTicks = nowTicks + durationTicks;
  }

  /** Takes the moment back: `reached` is false until the next `start`. */
  cancel(): void {
    this.atTicks = u64.MAX_VALUE;
  }

  /** True from the moment on. */
  reached(nowTicks: u64): bool {
    return nowTicks >= this.atTicks;
  }

  /** The moment in ticks; the largest u64 when not started. */
  get ticks(): u64 {
    return this.atTicks;
  }
}
