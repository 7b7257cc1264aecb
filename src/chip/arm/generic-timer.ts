/**
 * GenericTimer: the core's virtual counter as a Clock (54 MHz on this SoC; the rate is asked for).
 *
 * Does not: take an interrupt: a sleep ends by itself when the timer expires.
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
   * Says that nothing is to be done until an input changes or the counter reaches `deadlineTicks`.
   * A hint: it may return at once, and on the board always does.
   */
  idleUntil(deadlineTicks: u64): void {
    idle_until(deadlineTicks);
  }

  /** Stops the core until an interrupt is pending, or the counter reaches `deadlineTicks`. */
  sleepUntil(deadlineTicks: u64): void {
    sleep_until(deadlineTicks);
  }
}
