/**
 * StepWatch: times every step of the cell, keeps the longest, counts those beyond their bound.
 *
 * Used by: cell.ts, around each step.
 * Does not: stop a late step; run to completion means that it ends by itself.
 */
import { GenericTimer } from '../chip/bcm2711/generic-timer';
import { TraceEvent } from '../control/trace-event';
import { count, Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { stepBoundMicros } from './bounds';
import { Control } from './control';

@final
export class StepWatch {
  /** The longest step so far, in ticks. */
  worstTicks: u64 = 0;
  /** When the step under way began. */
  startTicks: u64 = 0;
  /** What a step may take at most. */
  boundTicks: u64 = u64.MAX_VALUE;

  constructor(
    private readonly clock: GenericTimer,
    private readonly control: Control,
  ) {}

  /** From now on steps are timed; the SPI clock is known. */
  start(spiHertz: u32): void {
    this.boundTicks = microsToTicks(stepBoundMicros(spiHertz), this.clock.ticksPerSecond());
    this.startTicks = this.clock.nowTicks();
  }

  /** A step in which there was something to do has ended and the next one begins. */
  workEnded(): void {
    const startTicks = this.startTicks;
    this.stepEnded();
    if (this.control.on) this.control.steps.add(this.startTicks - startTicks);
  }

  /** A step has ended and the next one begins: one read of the counter. */
  stepEnded(): void {
    const nowTicks = this.clock.nowTicks();
    const ticks = nowTicks - this.startTicks;
    this.startTicks = nowTicks;
    if (ticks > this.worstTicks) this.worstTicks = ticks;
    if (ticks <= this.boundTicks) return;
    count(Counter.DeadlineMisses);
    this.control.note(TraceEvent.LateStep, 0, ticks as u32);
  }

  /** Time went by in which there was nothing to do: it belongs to no step. */
  idled(): void {
    this.startTicks = this.clock.nowTicks();
  }
}
