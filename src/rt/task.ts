// SPDX-License-Identifier: MIT
/**
 * Task: one duty of the cell. The executive runs it to completion in bounded steps; it never waits and is
 * never interrupted. The table (src/cell/tasks.ts) declares the largest cost of one `run`, and every run is
 * checked against it.
 */
import { SoftwareTimer } from './software-timer';

/** What makes a task ready. The numbers are part of its row (task-rows.ts). */
export enum Trigger {
  /** An input line, which `run` reads. */
  Line = 0,
  /** A queue with work, or with new room: `run` looks for it. */
  Queue = 1,
  /** Its timer. The task is not asked before it expires. */
  Timer = 2,
  /** Nothing observable: `run` tries. */
  Always = 3,
}

export abstract class Task {
  /** Its row (task-rows.ts). 0 before it is in a table. */
  row: usize = 0;
  trigger: Trigger = Trigger.Always;
  /** The declared values; see Executive.add. */
  periodMicros: u32 = 0;
  spiBytes: u32 = 0;
  ringEntries: u32 = 0;
  /** `timer` matters: for every Timer task, and for others that set this before they are added. */
  hasTimer: bool = false;
  /** Started by the executive if the table gives a period, else by the tasks. */
  readonly timer: SoftwareTimer = new SoftwareTimer();

  /**
   * Does one bounded piece of work in the step that began at `nowTicks`. Returns false, cheaply, if there was
   * nothing to do; the step then goes to the next task.
   */
  abstract run(nowTicks: u64): bool;
}
