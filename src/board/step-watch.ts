/**
 * StepWatch: times every step of the cell, keeps the longest, counts those beyond their bound.
 *
 * Used by: cell.ts, around each step.
 * Does not: stop a late step; run to completion means that it ends by itself.
 */
import { GenericTimer } from '../chip/bcm2711/generic-timer';
import { count, Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { stepBoundMicros } from './bounds';

@final
export class StepWatch {
  /** The longest step so far, in ticks. */
  worstTicks: u64 = 0;
  private startTicks: u64 = 0;
  private boundTicks: u64 = u64.MAX_VALUE;

  constructor(private readonly clock: GenericTimer) {}

  /** From now on steps are timed; the SPI clock is known. */
  start(spiHertz: u32): void {
    this.boundTicks = microsToTicks(stepBoundMicros(spiHertz), this.clock.ticksPerSecond());
    this.startTicks = this.clock.nowTicks();
  }

  /** A step has ended and the next one begins: one read of the counter. */
  stepEnded(): void {
    const nowTicks = this.clock.nowTicks();
    const ticks = nowTicks - this.startTicks;
    this.startTicks = nowTicks;
    if (ticks > this.worstTicks) this.worstTicks = ticks;
    if (ticks > this.boundTicks) count(Counter.DeadlineMisses);
  }

  /** Time went by in which there was nothing to do: it belongs to no step. */
  idled(): void {
    this.startTicks = this.clock.nowTicks();
  }
}
