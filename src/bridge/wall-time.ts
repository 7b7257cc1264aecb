// SPDX-License-Identifier: MIT
/**
 * WallTime: converts ticks of the cell's counter to the time of day.
 *
 * The cell and Linux have no common time of day. When the cell has refreshed its page, the reader
 * notes its own time of day beside the page's ticks. Every other time follows from that pair. Its
 * error is the time between two looks of the reader.
 */
const MICROS_PER_SECOND: u64 = 1_000_000;

@final
export class WallTime {
  private ticks: u64 = 0;
  private micros: u64 = 0;
  private ticksPerSecond: u64 = 1;

  /** Notes that it was `micros` of the Unix epoch at `ticks` of a counter with `ticksPerSecond`. */
  note(ticks: u64, ticksPerSecond: u32, micros: u64): void {
    this.ticks = ticks;
    this.ticksPerSecond = ticksPerSecond;
    this.micros = micros;
  }

  /** Microseconds of the Unix epoch at `ticks`; 0 for times before it. */
  microsAt(ticks: u64): u64 {
    if (ticks >= this.ticks) return this.micros + this.microsOf(ticks - this.ticks);
    const before = this.microsOf(this.ticks - ticks);
    return before > this.micros ? 0 : this.micros - before;
  }

  /**
   * Microseconds in `ticks`. Converts whole seconds separately, so that no product exceeds 64 bits.
   */
  private microsOf(ticks: u64): u64 {
    const seconds = ticks / this.ticksPerSecond;
    const rest = ticks % this.ticksPerSecond;
    return seconds * MICROS_PER_SECOND + (rest * MICROS_PER_SECOND) / this.ticksPerSecond;
  }
}
