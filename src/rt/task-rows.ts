// SPDX-License-Identifier: MIT
/**
 * The table of tasks as bytes: each task's declaration, and its statistics since start. Counts wrap.
 *
 * The layout of a row: formats/status-page.ts.
 */

import {
  PAGE_TASK_BYTES,
  PAGE_TASKS_MAXIMUM,
  TASK_BOUND_TICKS as BOUND_TICKS,
  TASK_MISSES as MISSES,
  TASK_NAME_BYTES,
  TASK_PERIOD_MICROS as PERIOD_MICROS,
  TASK_PRIORITY as PRIORITY,
  TASK_RUNS as RUNS,
  TASK_TOTAL_TICKS as TOTAL_TICKS,
  TASK_TRIGGER as TRIGGER,
  TASK_WORST_TICKS as WORST_TICKS,
} from '../../build/generated/status-page';

export { TASK_NAME_BYTES } from '../../build/generated/status-page';

/** The most tasks in a table. */
export const TASKS_MAXIMUM: u32 = PAGE_TASKS_MAXIMUM;
export const TASK_ROW_BYTES: usize = PAGE_TASK_BYTES;

/** The rows of one table of tasks. */
@final
export class TaskRows {
  /** Number of rows: one more than the priority of the last declared row. */
  count: u32 = 0;
  private readonly rows: usize = heap.alloc(TASKS_MAXIMUM * TASK_ROW_BYTES);

  /** Address of the row of `priority`. Rows are consecutive from priority 0 on. */
  at(priority: u32): usize {
    return this.rows + (priority as usize) * TASK_ROW_BYTES;
  }

  /** The longest step of all tasks, in ticks. */
  get worstStepTicks(): u32 {
    let worst: u32 = 0;
    // loop: at most 17, the tasks
    for (let priority: u32 = 0; priority < this.count; priority++) {
      const ticks = worstTicksOf(this.at(priority));
      if (ticks > worst) worst = ticks;
    }
    return worst;
  }

  /** Writes the declaration of a task; returns its row. A name is cut after 15 ASCII characters. */
  put(name: string, priority: u32, trigger: u32, periodMicros: u32): usize {
    const row = this.at(priority);
    this.count = priority + 1;
    memory.fill(row, 0, TASK_ROW_BYTES);
    const characters = min<i32>(name.length, TASK_NAME_BYTES - 1);
    for (let index = 0; index < characters; index++) {
      store<u8>(row + index, name.charCodeAt(index));
    }
    store<u8>(row, priority, PRIORITY);
    store<u8>(row, trigger, TRIGGER);
    store<u32>(row, periodMicros, PERIOD_MICROS);
    return row;
  }
}

/** Steps of more than `ticks` count as late from now on. */
export function setBound(row: usize, ticks: u32): void {
  store<u32>(row, ticks, BOUND_TICKS);
}

/** Counts a step of `ticks`. True if it was late. */
export function recordStep(row: usize, ticks: u32): bool {
  store<u32>(row, load<u32>(row, RUNS) + 1, RUNS);
  store<u64>(row, load<u64>(row, TOTAL_TICKS) + ticks, TOTAL_TICKS);
  if (ticks > load<u32>(row, WORST_TICKS)) store<u32>(row, ticks, WORST_TICKS);
  if (ticks <= load<u32>(row, BOUND_TICKS)) return false;
  store<u32>(row, load<u32>(row, MISSES) + 1, MISSES);
  return true;
}

export function priorityOf(row: usize): u32 {
  return load<u8>(row, PRIORITY);
}

export function boundTicksOf(row: usize): u32 {
  return load<u32>(row, BOUND_TICKS);
}

export function runsOf(row: usize): u32 {
  return load<u32>(row, RUNS);
}

export function worstTicksOf(row: usize): u32 {
  return load<u32>(row, WORST_TICKS);
}

export function missesOf(row: usize): u32 {
  return load<u32>(row, MISSES);
}

export function totalTicksOf(row: usize): u64 {
  return load<u64>(row, TOTAL_TICKS);
}
