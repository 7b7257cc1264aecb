// SPDX-License-Identifier: MIT
/**
 * LateReportTask: reports late steps, a few times for each task.
 *
 * After that, late steps are counted only, in the task's row of the status page.
 * Does not: report the task that puts out characters. Its step is late when the UART is, and a line
 * about it would cause many more late steps.
 */
import { lateValue, Sentence } from '../page/sentences';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { missesOf, TASKS_MAXIMUM, worstTicksOf } from '../rt/task-rows';
import { AnyParts } from './parts';

/** Lines about one task since the start. */
const LINES_OF_A_TASK: u32 = 3;

@final
export class LateReportTask<Parts extends AnyParts> extends Task {
  /** For each task: u32 late steps that were reported, u32 lines about them. */
  private readonly said: usize = heap.alloc(TASKS_MAXIMUM * 8);

  /** `unreported`: the task that is never reported. */
  constructor(
    private readonly parts: Parts,
    private readonly unreported: Task,
  ) {
    super();
    memory.fill(this.said, 0, TASKS_MAXIMUM * 8);
  }

  /** Writes at most one line. The task's period keeps lines apart. */
  override run(_nowTicks: u64): bool {
    // loop: at most 17, the tasks
    for (let task: u32 = 0; task < this.parts.rows.count; task++) {
      const row = this.parts.rows.at(task);
      const said = this.said + task * 8;
      const misses = missesOf(row);
      const lines = load<u32>(said, 4);
      const isNews = misses !== load<u32>(said) && lines < LINES_OF_A_TASK;
      if (!isNews || row === this.unreported.row) continue;
      const value = lateValue(task, this.micros(worstTicksOf(row)), misses - load<u32>(said));
      this.parts.journal.say(Status.StepLate, Sentence.First, value);
      store<u32>(said, misses);
      store<u32>(said, lines + 1, 4);
      return true;
    }
    return true;
  }

  private micros(ticks: u32): u32 {
    return (((ticks as u64) * 1_000_000) / this.parts.clock.ticksPerSecond()) as u32;
  }
}
