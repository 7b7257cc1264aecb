/**
 * Loop: run to completion, one bounded step at a time, by fixed priority.
 *
 * Used by: src/board, which adds its tasks at start-up, most urgent first.
 * Does not: interrupt a task. The longest single `run` of any task is what an urgent frame may
 * have to wait for (docs/timing-budget.md), so each one says how long it can take.
 */
import { Status } from './status';

/** One duty of the loop. */
export abstract class Task {
  /** True when `run` has something to do. Cheap: asked in every step. */
  abstract ready(): bool;

  /** One bounded piece of the work: at most one bus transaction, ring entry or register. */
  abstract run(): void;
}

/** The most tasks a loop can have. */
export const LOOP_TASKS_MAXIMUM: u32 = 16;

@final
export class Loop {
  private readonly tasks: usize = heap.alloc(LOOP_TASKS_MAXIMUM * sizeof<usize>());
  private count: u32 = 0;

  /** Adds a task of lower priority than all before it; `Full` beyond LOOP_TASKS_MAXIMUM. */
  add(task: Task): Status {
    if (this.count === LOOP_TASKS_MAXIMUM) return Status.Full;
    store<usize>(this.tasks + this.count * sizeof<usize>(), changetype<usize>(task));
    this.count++;
    return Status.Ok;
  }

  /** Runs the first task that is ready, once; false when none was. */
  step(): bool {
    const end = this.tasks + this.count * sizeof<usize>();
    for (let entry = this.tasks; entry < end; entry += sizeof<usize>()) {
      const task = changetype<Task>(load<usize>(entry));
      if (task.ready()) {
        task.run();
        return true;
      }
    }
    return false;
  }
}
