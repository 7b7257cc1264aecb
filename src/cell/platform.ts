// SPDX-License-Identifier: MIT
/**
 * CellPlatform: what the executive needs of the cell: the time, the bounds at the present SPI
 * clock, idling.
 *
 * While there is a status page, the steps go into its histogram, and the first late ones of each
 * task into its trace.
 * Does not: sleep. With idle=wfi it notes that the core may sleep, and the cell sleeps between two
 * steps. Otherwise the tasks are asked again at once. The hint to the clock lets the twin skip
 * rounds in which nothing can have changed.
 */
import { Idle } from '../hal/idle';
import { TraceEvent } from '../page/trace-event';
import { Counter } from '../rt/counters';
import { Platform } from '../rt/platform';
import { Task } from '../rt/task';
import { missesOf, priorityOf } from '../rt/task-rows';
import { stepBoundNanos } from './bounds';
import { AnyParts } from './parts';

/** Number of late steps of a task that go into the trace. All of them are counted in its row. */
const LATE_STEPS_TRACED: u32 = 8;

@final
export class CellPlatform<Parts extends AnyParts, Rest extends Idle> extends Platform {
  private restWanted: bool = false;

  constructor(
    private readonly parts: Parts,
    private readonly sleeper: Rest,
  ) {
    super();
  }

  /** True once after a step in which nothing was ready, if the core may sleep. */
  takeRest(): bool {
    const isWanted = this.restWanted;
    if (isWanted) this.restWanted = false;
    return isWanted;
  }

  override nowTicks(): u64 {
    return this.parts.clock.nowTicks();
  }

  override ticksPerSecond(): u32 {
    return this.parts.clock.ticksPerSecond();
  }

  /** The bound of one step at the present SPI clock, rounded up. */
  override boundTicks(task: Task): u32 {
    const byteNanos = this.parts.spiTiming.byteNanos(this.parts.spi.clockHertz);
    const nanos = stepBoundNanos(task.spiBytes, task.ringEntries, byteNanos);
    return ((nanos * this.parts.clock.ticksPerSecond() + 999_999_999) / 1_000_000_000) as u32;
  }

  override stepEnded(row: usize, ticks: u32, isLate: bool): void {
    const records = this.parts.records;
    if (isLate) this.parts.counters.count(Counter.DeadlineMisses);
    if (!records.on) return;
    records.steps.addShort(ticks);
    if (isLate && missesOf(row) <= LATE_STEPS_TRACED) {
      records.note(TraceEvent.LateStep, priorityOf(row), ticks);
    }
  }

  override idle(deadlineTicks: u64): void {
    if (this.sleeper.sleeps) {
      this.sleeper.deadlineTicks = deadlineTicks;
      this.restWanted = true;
    } else {
      const skippedTicks = this.parts.clock.idleUntil(deadlineTicks);
      if (skippedTicks !== 0) this.parts.controller.receiver.skipped(skippedTicks);
    }
  }
}
