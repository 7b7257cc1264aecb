/**
 * Executive: runs a static table of tasks, one bounded step at a time, highest ready first.
 *
 * Does not: interrupt a task. The longest step is what an urgent frame may have to wait for; so each
 * task declares its own, each step is timed, and one that takes longer is counted and told.
 *
 * A step is offered to the tasks in the order of their priority, and the first that has something to
 * do runs. Those with a timer are only asked while one has run out. The clock is read once in a step, at
 * its end: that is the `nowTicks` of the next one. When nobody wants the step it passes the time until
 * the earliest timer; only `idle` does that.
 *
 * No timer starves. One that has waited for OVERDUE_MICROS goes before all but the urgent task, and
 * before that in every other step: a line that never becomes quiet, or a peer that never runs out of
 * work, delays it no longer.
 */
import { count, Counter } from './counters';
import { microsToTicks } from './deadline';
import { Platform } from './platform';
import { earliestTicks, NEVER, setEarliestTicks } from './software-timer';
import { Status } from './status';
import { Task, Trigger } from './task';
import { TaskTable } from './task-table';
import { declareRow, recordStep, setBound, taskRow, TASKS_MAXIMUM } from './task-rows';

/** How long a timer may wait for tasks of higher priority. */
export const OVERDUE_MICROS: u32 = 500;

@final
export class Executive<Board extends Platform, Table extends TaskTable> {
  /** `Ok` while the table is one: see `add`. */
  private status: Status = Status.Ok;
  private readonly tasks: usize = heap.alloc(TASKS_MAXIMUM * sizeof<usize>());
  private count: u32 = 0;
  /** Those of them with a timer. */
  private readonly timed: usize = heap.alloc(TASKS_MAXIMUM * sizeof<usize>());
  private endOfTimed: usize = 0;
  /** When the step under way began. */
  private nowTicks: u64 = 0;
  private overdueTicks: u64 = 0;
  /** A timer is overdue, and the urgent task has taken the step: the next one is the timer's. */
  private isStepOwed: bool = false;

  /** `table`: the order in which a step is offered; the rows are added in the same. */
  constructor(
    private readonly board: Board,
    private readonly table: Table,
  ) {
    this.endOfTimed = this.timed;
  }

  /**
   * Adds a row. Rows come in the order of their priority, which is their number; else, and beyond
   * TASKS_MAXIMUM, `start` gives `Full`.
   * `periodMicros` 0: no timer, or one that the tasks themselves start. `spiBytes` and
   * `ringEntries`: what one step may cost at most.
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
    task.row = taskRow(priority);
    task.trigger = trigger;
    declareRow(task.row, name, priority, trigger, periodMicros);
    task.periodMicros = periodMicros;
    task.spiBytes = spiBytes;
    task.ringEntries = ringEntries;
    if (trigger === Trigger.Timer) task.hasTimer = true;
    store<usize>(this.tasks + priority * sizeof<usize>(), changetype<usize>(task));
    this.count++;
    if (!task.hasTimer) return this;
    store<usize>(this.endOfTimed, changetype<usize>(task));
    this.endOfTimed += sizeof<usize>();
    return this;
  }

  /** Sets the bounds, starts the periods, first due at once, and the time of the first step. */
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

  /** One step of the task of highest priority that is ready; none: idles until one may be. */
  step(): void {
    const nowTicks = this.nowTicks;
    const isTimerDue = nowTicks >= earliestTicks();
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

  /** Time has passed outside of a step: it is no task's. */
  resume(): void {
    this.nowTicks = this.board.nowTicks();
  }

  /** Nothing is ready: the one place where the cell waits. That time is no task's. */
  private idle(): void {
    this.board.idle(earliestTicks());
    this.resume();
  }

  /** A timer is overdue, or was when they were last looked through. */
  private isOverdue(nowTicks: u64): bool {
    return nowTicks - earliestTicks() >= this.overdueTicks;
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

  /** Looks the timers through, and gives the task whose timer runs out first. */
  private findFirst(): Task | null {
    let first: Task | null = null;
    let firstTicks = NEVER;
    for (let entry = this.timed; entry < this.endOfTimed; entry += sizeof<usize>()) {
      const task = changetype<Task>(load<usize>(entry));
      const ticks = task.timer.ticks;
      if (ticks >= firstTicks) continue;
      firstTicks = ticks;
      first = task;
    }
    setEarliestTicks(firstTicks);
    return first;
  }

  /** The step of `task` has ended, and the next one begins: one read of the clock. */
  private ended(task: Task): void {
    const nowTicks = this.board.nowTicks();
    const ticks = (nowTicks - this.nowTicks) as u32;
    this.nowTicks = nowTicks;
    const isLate = recordStep(task.row, ticks);
    if (isLate) count(Counter.DeadlineMisses);
    this.board.stepEnded(task.row, ticks, isLate);
  }
}
