// SPDX-License-Identifier: MIT
/**
 * LateReportTask: says that steps of a task were late, a few times for each task; then they are only
 * counted, in the task's row of the status page.
 *
 * Does not: report the task that puts characters out. A step of it is late when the UART is, and a line
 * about that would be many more such steps.
 */
import { lateValue, Sentence } from '../page/sentences';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { missesOf, TASKS_MAXIMUM, worstTicksOf } from '../rt/task-rows';
import { AnyParts } from './parts';

/** Lines about one task, from start on. */
const LINES_OF_A_TASK: u32 = 3;

@final
export class LateReportTask<Parts extends AnyParts> extends Task {
  /** For each task: late steps that were said, u32, and lines about them, u32. */
  private readonly said: usize = heap.alloc(TASKS_MAXIMUM * 8);

  /** `unreported`: the task that is left out. */
  constructor(
    private readonly parts: Parts,
    private readonly unreported: Task,
  ) {
    super();
    memory.fill(this.said, 0, TASKS_MAXIMUM * 8);
  }

  /** At most one line; the period keeps lines apart. */
  override run(_nowTicks: u64): bool {
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
