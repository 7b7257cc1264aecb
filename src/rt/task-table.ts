// SPDX-License-Identifier: MIT
/**
 * TaskTable: the order in which tasks are offered a step.
 *
 * Implemented by src/cell/tasks.ts, which names each task by its class, so all calls from the look at the
 * line to the answer are direct.
 */
import { Task } from './task';

export abstract class TaskTable {
  /**
   * Offers the step that began at `nowTicks` to the task of priority 0. Null if it had nothing to do.
   */
  abstract offerUrgent(nowTicks: u64): Task | null;

  /**
   * Offers the step to the other tasks in turn, to those with a timer only if `isTimerDue` and their timer
   * has expired. Returns the first that did something, or null.
   */
  abstract offer(nowTicks: u64, isTimerDue: bool): Task | null;
}
