// SPDX-License-Identifier: MIT
/**
 * GenericTimer: the core's virtual counter as a Clock. It reads the rate from the core (54 MHz on this SoC).
 *
 * Takes no interrupt: a sleep ends when the timer expires.
 */
import { counter_hertz, counter_read, idle_until, sleep_until } from '../../abi/bsp';
import { Clock } from '../../hal/clock';

@final
export class GenericTimer extends Clock {
  private readonly hertz: u32 = counter_hertz();

  override nowTicks(): u64 {
    return counter_read();
  }

  override ticksPerSecond(): u32 {
    return this.hertz;
  }

  /**
   * Hints that the cell is idle until an input changes or the counter reaches `deadlineTicks`. May return at
   * once, and always does on the board.
   */
  override idleUntil(deadlineTicks: u64): u64 {
    return idle_until(deadlineTicks);
  }

  /** Stops the core until an interrupt is pending or the counter reaches `deadlineTicks`. */
  sleepUntil(deadlineTicks: u64): void {
    sleep_until(deadlineTicks);
  }
}
