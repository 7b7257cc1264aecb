// SPDX-License-Identifier: MIT
/**
 * Executive: runs a static table of tasks, one bounded step at a time, the highest ready task first.
 *
 * Tasks are not interrupted, so an urgent frame may wait for the longest step. Each task therefore declares
 * its bound, each step is timed, and a late step is counted and reported.
 *
 * A step is offered to the tasks in order of priority. The first that has work runs. Tasks with a timer are
 * asked only while one has expired. The clock is read once, at the end of a step: that is the `nowTicks` of
 * the next step. If no task wants the step, `idle` passes the time until the earliest timer.
 *
 * No timer starves. A timer that has waited for OVERDUE_MICROS goes before all but the urgent task, and
 * before the urgent task in every other step. So a line that is always asserted, or a peer that always has
 * work, cannot delay it further.
 */
import { microsToTicks } from './deadline';
import { Platform } from './platform';
import { NEVER, NextExpiry } from './software-timer';
import { Status } from './status';
import { Task, Trigger } from './task';
import { TaskTable } from './task-table';
import { recordStep, setBound, TaskRows, TASKS_MAXIMUM } from './task-rows';

/** Time a timer may wait for tasks of higher priority. */
export const OVERDUE_MICROS: u32 = 500;

@final
export class Executive<Board extends Platform, Table extends TaskTable> {
  /** `Ok` while the table is valid; see `add`. */
  private status: Status = Status.Ok;
  private readonly tasks: usize = heap.alloc(TASKS_MAXIMUM * sizeof<usize>());
  private count: u32 = 0;
  /** When the first timer of a task expires: a NextExpiry. */
  private nextTicks: u64 = NEVER;
  /** The tasks with a timer. */
  private readonly timed: usize = heap.alloc(TASKS_MAXIMUM * sizeof<usize>());
  private endOfTimed: usize = 0;
  /** Start of the current step. */
  private nowTicks: u64 = 0;
  private overdueTicks: u64 = 0;
  /** A timer is overdue and the urgent task took the last step, so the timer gets the next one. */
  private isStepOwed: bool = false;

  /** `table` offers the steps; rows must be added in its order. They go into `rows`. */
  constructor(
    private readonly board: Board,
    private readonly table: Table,
    private readonly rows: TaskRows,
  ) {
    this.endOfTimed = this.timed;
  }

  /**
   * Adds a row. `priority` counts up from 0; a gap, or more than TASKS_MAXIMUM rows, makes `start` return
   * `Full`. `periodMicros` 0: no timer, or one that the tasks start. `spiBytes` and `ringEntries`: the
   * largest cost of one step.
   */
  add(
    task: Task,
    name: string,
    priority: u32,
    trigger: Trigger,
    periodMicros: u32,
    spiBytes: u32,
    ringEntries: u32,
  ): Executive<Board, Table> {
    if (priority !== this.count || priority === TASKS_MAXIMUM) {
      this.status = Status.Full;
      return this;
    }
    task.trigger = trigger;
    task.row = this.rows.put(name, priority, trigger, periodMicros);
    const place = offsetof<Executive<Board, Table>>('nextTicks');
    task.timer.next = changetype<NextExpiry>(changetype<usize>(this) + place);
    task.periodMicros = periodMicros;
    task.spiBytes = spiBytes;
    task.ringEntries = ringEntries;
    if (trigger === Trigger.Timer) task.hasTimer = true;
    store<usize>(this.tasks + priority * sizeof<usize>(), changetype<usize>(task));
    this.count++;
    if (task.hasTimer) this.watchTimer(task);
    return this;
  }

  /** Wakes for the timer of `task`, too, which was added without `hasTimer`. Once, before `start`. */
  watchTimer(task: Task): void {
    store<usize>(this.endOfTimed, changetype<usize>(task));
    this.endOfTimed += sizeof<usize>();
  }

  /** Sets the bounds and starts the periods, first due at once. Sets the time of the first step. */
  start(): Status {
    const perSecond = this.board.ticksPerSecond();
    const nowTicks = this.board.nowTicks();
    for (let priority: u32 = 0; priority < this.count; priority++) {
      const task = changetype<Task>(load<usize>(this.tasks + priority * sizeof<usize>()));
      setBound(task.row, this.board.boundTicks(task));
      if (task.periodMicros === 0) continue;
      task.timer.startPeriodic(nowTicks, microsToTicks(task.periodMicros, perSecond));
    }
    this.overdueTicks = microsToTicks(OVERDUE_MICROS, perSecond);
    this.nowTicks = nowTicks;
    return this.status;
  }

  /** Runs one step of the highest ready task, or idles until a task may be ready. */
  step(): void {
    const nowTicks = this.nowTicks;
    const isTimerDue = nowTicks >= this.nextTicks;
    if (this.isStepOwed && this.runOverdue(nowTicks)) return;
    const urgent = this.table.offerUrgent(nowTicks);
    if (urgent !== null) {
      this.ended(urgent);
      this.isStepOwed = isTimerDue && this.isOverdue(nowTicks);
      return;
    }
    if (isTimerDue && this.isOverdue(nowTicks) && this.runOverdue(nowTicks)) return;
    const task = this.table.offer(nowTicks, isTimerDue);
    if (task !== null) {
      this.ended(task);
      return;
    }
    if (isTimerDue) this.findFirst();
    this.idle();
  }

  /** Restarts the time of the current step, and returns it: time passed outside a step counts for no task. */
  resume(): u64 {
    const nowTicks = this.board.nowTicks();
    this.nowTicks = nowTicks;
    return nowTicks;
  }

  /** The only place where the cell waits. The time counts for no task. */
  private idle(): void {
    this.board.idle(this.nextTicks);
    this.resume();
  }

  /** True if a timer is overdue, as of the last search. */
  private isOverdue(nowTicks: u64): bool {
    return nowTicks - this.nextTicks >= this.overdueTicks;
  }

  /** Gives this step to the timer that has waited longest, if it is overdue. */
  private runOverdue(nowTicks: u64): bool {
    this.isStepOwed = false;
    const task = this.findFirst();
    if (task === null || !task.timer.reached(nowTicks - this.overdueTicks)) return false;
    if (task.trigger === Trigger.Timer && !task.timer.expired(nowTicks)) return false;
    if (!task.run(nowTicks)) return false;
    this.ended(task);
    return true;
  }

  /** Searches the timers and returns the task whose timer expires first. */
  private findFirst(): Task | null {
    let first: Task | null = null;
    let firstTicks = NEVER;
    // loop: at most 11, the tasks with a timer
    for (let entry = this.timed; entry < this.endOfTimed; entry += sizeof<usize>()) {
      const task = changetype<Task>(load<usize>(entry));
      const ticks = task.timer.ticks;
      if (ticks >= firstTicks) continue;
      firstTicks = ticks;
      first = task;
    }
    this.nextTicks = firstTicks;
    return first;
  }

  /** Ends the step of `task` and starts the next one: one read of the clock. */
  private ended(task: Task): void {
    const nowTicks = this.board.nowTicks();
    const ticks = (nowTicks - this.nowTicks) as u32;
    this.nowTicks = nowTicks;
    const isLate = recordStep(task.row, ticks);
    this.board.stepEnded(task.row, ticks, isLate);
  }
}
