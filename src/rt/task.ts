/**
 * Task: one duty of the cell, run to completion in bounded steps by the executive.
 *
 * Does not: wait, and is never interrupted. What one `run` may cost at most is declared in the table
 * (src/cell/tasks.ts), and every run is held to it.
 */
import { SoftwareTimer } from './software-timer';

/** What makes a task ready; the numbers are part of its row (task-rows.ts). */
export enum Trigger {
  /** An input line, which `run` looks at. */
  Line = 0,
  /** A queue that has something, or a place that has become free: `run` looks for it. */
  Queue = 1,
  /** Its timer: until then the task is not asked. */
  Timer = 2,
  /** Nothing that can be looked at: `run` tries. */
  Always = 3,
}

export abstract class Task {
  /** Its row (task-rows.ts); 0 before it is in a table. */
  row: usize = 0;
  trigger: Trigger = Trigger.Always;
  /** What the table declares; see Executive.add. */
  periodMicros: u32 = 0;
  spiBytes: u32 = 0;
  ringEntries: u32 = 0;
  /** `timer` is of interest: of every Timer task, and of others that say so before they are added. */
  hasTimer: bool = false;
  /** Started by the executive if the table gives a period, else by the tasks. */
  readonly timer: SoftwareTimer = new SoftwareTimer();

  /**
   * In the step that began at `nowTicks`: one bounded piece of the work, if there is any. False, at the
   * cost of a look: there is none, and the step is left to the tasks below.
   */
  abstract run(nowTicks: u64): bool;
}
