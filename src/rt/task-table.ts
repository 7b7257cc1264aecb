/**
 * TaskTable: who is offered a step, in which order.
 *
 * Implemented by src/cell/tasks.ts, which names each task with its class: so the way from the
 * look at the line to the answer has direct calls only.
 */
import { Task } from './task';

export abstract class TaskTable {
  /**
   * Offers the step that began at `nowTicks` to the task of priority 0; null if it has not taken it.
   */
  abstract offerUrgent(nowTicks: u64): Task | null;

  /**
   * Offers the step to the others, one after the other, to those with a timer only if `isTimerDue` and
   * theirs has run out. The first that has taken it; null: none has.
   */
  abstract offer(nowTicks: u64, isTimerDue: bool): Task | null;
}
