// SPDX-License-Identifier: MIT
/**
 * WallTime: which time of day the ticks of the cell's counter were.
 *
 * Does not: need equal clocks on both sides. Whenever the cell has refreshed its page, the reader notes
 * the time of day beside the counter's; from that pair every other moment follows. It is as exact as
 * the reader looks often.
 */
const MICROS_PER_SECOND: u64 = 1_000_000;

@final
export class WallTime {
  private ticks: u64 = 0;
  private micros: u64 = 0;
  private ticksPerSecond: u64 = 1;

  /** At `ticks` of a counter that counts so often a second, it was `micros` of the Unix epoch. */
  note(ticks: u64, ticksPerSecond: u32, micros: u64): void {
    this.ticks = ticks;
    this.ticksPerSecond = ticksPerSecond;
    this.micros = micros;
  }

  /** Microseconds of the Unix epoch at `ticks`. */
  microsAt(ticks: u64): u64 {
    if (ticks >= this.ticks) return this.micros + this.microsOf(ticks - this.ticks);
    const before = this.microsOf(this.ticks - ticks);
    return before > this.micros ? 0 : this.micros - before;
  }

  /** Whole seconds apart, so that no product leaves 64 bits. */
  private microsOf(ticks: u64): u64 {
    const seconds = ticks / this.ticksPerSecond;
    const rest = ticks % this.ticksPerSecond;
    return seconds * MICROS_PER_SECOND + (rest * MICROS_PER_SECOND) / this.ticksPerSecond;
  }
}
