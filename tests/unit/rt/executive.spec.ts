// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The executive: who gets a step, how long it took, and what happens when nobody wants one.
 *
 * On a board whose clock stands still unless a task says how long it takes.
 */
import { Executive } from '../../../src/rt/executive';
import { Platform } from '../../../src/rt/platform';
import { NEVER } from '../../../src/rt/software-timer';
import { Status } from '../../../src/rt/status';
import { Task, Trigger } from '../../../src/rt/task';
import { missesOf, runsOf, TaskRows, totalTicksOf, worstTicksOf } from '../../../src/rt/task-rows';
import { TaskTable } from '../../../src/rt/task-table';

/** The rows of the executive made last. */
let rows = new TaskRows();
/** Ticks of the board's clock; one is a microsecond. */
let now: u64 = 0;
/** What ran, in order; "-" for idling. */
let trace = '';
let idleUntil: u64 = 0;
/** What the board was last told of a step. */
let endedRow: usize = 0;
let endedTicks: u32 = 0;
let endedLate: bool = false;

class Board extends Platform {
  override nowTicks(): u64 {
    return now;
  }

  override ticksPerSecond(): u32 {
    return 1_000_000;
  }

  /** One tick a byte, and one a ring entry. */
  override boundTicks(task: Task): u32 {
    return task.spiBytes + task.ringEntries;
  }

  override stepEnded(row: usize, ticks: u32, isLate: bool): void {
    endedRow = row;
    endedTicks = ticks;
    endedLate = isLate;
  }

  override idle(deadlineTicks: u64): void {
    trace += '-';
    idleUntil = deadlineTicks;
  }
}

/** Has so many steps of work, each of so many ticks; negative: it never ends. */
class Work extends Task {
  constructor(
    private readonly letter: string,
    public left: i32 = 0,
    public stepTicks: u64 = 1,
  ) {
    super();
  }

  override run(_nowTicks: u64): bool {
    if (this.left === 0) return false;
    this.left--;
    trace += this.letter;
    now += this.stepTicks;
    return true;
  }
}

class Table extends TaskTable {
  readonly urgent: Work = new Work('u');
  readonly queue: Work = new Work('q');
  readonly timed: Work = new Work('t', -1);
  readonly other: Work = new Work('o', -1);
  readonly last: Work = new Work('l');

  override offerUrgent(nowTicks: u64): Task | null {
    return this.urgent.run(nowTicks) ? this.urgent : null;
  }

  override offer(nowTicks: u64, isTimerDue: bool): Task | null {
    if (this.queue.run(nowTicks)) return this.queue;
    if (isTimerDue && this.timed.timer.expired(nowTicks) && this.timed.run(nowTicks)) {
      return this.timed;
    }
    if (isTimerDue && this.other.timer.expired(nowTicks) && this.other.run(nowTicks)) {
      return this.other;
    }
    return this.last.run(nowTicks) ? this.last : null;
  }
}

/** `timed` every 1,000 ticks, `other` when it is started; every step may take 10 ticks. */
function executiveOf(table: Table): Executive<Board, Table> {
  now = 10_000;
  trace = '';
  rows = new TaskRows();
  const executive = new Executive<Board, Table>(new Board(), table, rows)
    .add(table.urgent, 'urgent', 0, Trigger.Line, 0, 10, 0)
    .add(table.queue, 'queue', 1, Trigger.Queue, 0, 0, 10)
    .add(table.timed, 'timed', 2, Trigger.Timer, 1_000, 0, 10)
    .add(table.other, 'other', 3, Trigger.Timer, 0, 0, 10)
    .add(table.last, 'last', 4, Trigger.Queue, 0, 0, 10);
  expect(executive.start()).toBe(Status.Ok);
  return executive;
}

function steps(executive: Executive<Board, Table>, count: i32): string {
  trace = '';
  for (let step = 0; step < count; step++) executive.step();
  return trace;
}

describe('Executive', () => {
  test('gives each step to the task of highest priority that has work', () => {
    const table = new Table();
    const executive = executiveOf(table);
    table.urgent.left = 1;
    table.queue.left = 2;
    table.last.left = 2;
    expect(steps(executive, 7)).toBe('uqqtll-');
    table.last.left = 2;
    expect(steps(executive, 1)).toBe('l');
    table.urgent.left = 1;
    expect(steps(executive, 2)).toBe('ul');
  });

  test('runs a periodic task once a period, the first time at once', () => {
    const executive = executiveOf(new Table());
    expect(steps(executive, 2)).toBe('t-');
    expect(idleUntil).toBe(11_000);
    now = 10_999;
    expect(steps(executive, 2)).toBe('--');
    now = 11_000;
    expect(steps(executive, 3)).toBe('-t-');
    expect(idleUntil).toBe(12_000);
  });

  test('idles until the earliest timer, whoever started it', () => {
    const table = new Table();
    const executive = executiveOf(table);
    steps(executive, 1);
    table.other.timer.start(now, 200);
    expect(steps(executive, 1)).toBe('-');
    expect(idleUntil).toBe(now + 200);
    table.other.timer.stop();
    now += 200;
    expect(steps(executive, 2)).toBe('--');
    expect(idleUntil).toBe(11_000);
  });

  test('does not let a timer starve below a task that always has work', () => {
    const table = new Table();
    const executive = executiveOf(table);
    table.queue.left = -1;
    table.queue.stepTicks = 10;
    // Due from the start; overdue after 500 ticks.
    const ran = steps(executive, 60);
    expect(ran.indexOf('t')).toBe(50);
    expect(ran.lastIndexOf('t')).toBe(50);
  });

  test('does not let timers starve below the urgent task, and leaves it every other step', () => {
    const table = new Table();
    const executive = executiveOf(table);
    table.urgent.left = -1;
    table.urgent.stepTicks = 10;
    table.other.timer.start(now, 0);
    const ran = steps(executive, 60);
    expect(ran.indexOf('t')).toBe(51);
    expect(ran.indexOf('o')).toBe(53);
    expect(ran.charAt(52)).toBe('u');
  });

  test('takes a timer for overdue by its own moment, not by that of one that is gone', () => {
    const table = new Table();
    const executive = executiveOf(table);
    expect(steps(executive, 1)).toBe('t');
    // The moment of `timed`, 10,000, is still known as the earliest.
    table.other.timer.start(now, 400);
    table.queue.left = -1;
    table.queue.stepTicks = 10;
    // Due after 400 ticks, overdue after 900.
    expect(steps(executive, 100).indexOf('o')).toBe(90);
  });

  test('gives the step to others when the overdue timer has nothing to do', () => {
    const table = new Table();
    const executive = executiveOf(table);
    table.timed.left = 0;
    table.queue.left = -1;
    table.queue.stepTicks = 10;
    expect(steps(executive, 60)).toBe('q'.repeat(60));
    expect(runsOf(rows.at(2))).toBe(0);
  });

  test('counts steps, their ticks, and the longest of each task', () => {
    const table = new Table();
    const executive = executiveOf(table);
    table.queue.left = 3;
    for (let step = 1; step <= 3; step++) {
      table.queue.stepTicks = step === 2 ? 9 : 4;
      executive.step();
    }
    expect(runsOf(rows.at(1))).toBe(3);
    expect(totalTicksOf(rows.at(1))).toBe(17);
    expect(worstTicksOf(rows.at(1))).toBe(9);
    expect(rows.worstStepTicks).toBe(9);
    expect(endedRow).toBe(rows.at(1));
    expect(endedTicks).toBe(4);
    expect(endedLate).toBe(false);
    expect(runsOf(rows.at(4))).toBe(0);
  });

  test('counts a step as late when it took longer than its bound, and says whose it was', () => {
    const table = new Table();
    const executive = executiveOf(table);
    table.queue.left = 1;
    table.queue.stepTicks = 10;
    executive.step();
    expect(missesOf(rows.at(1))).toBe(0);
    table.queue.left = 1;
    table.queue.stepTicks = 11;
    executive.step();
    expect(missesOf(rows.at(1))).toBe(1);
    expect(endedRow).toBe(rows.at(1));
    expect(endedTicks).toBe(11);
    expect(worstTicksOf(rows.at(1))).toBe(11);
    expect(endedLate).toBe(true);
  });

  test('charges idle time to nobody', () => {
    const table = new Table();
    const executive = executiveOf(table);
    steps(executive, 2);
    now += 500;
    steps(executive, 1);
    table.queue.left = 1;
    steps(executive, 1);
    expect(worstTicksOf(rows.at(1))).toBe(1);
  });

  test('writes what is declared where the status page expects it', () => {
    executiveOf(new Table());
    const row = rows.at(2);
    expect(load<u64>(row)).toBe(0x64656d6974);
    expect(load<u64>(row, 8)).toBe(0);
    expect(load<u8>(row, 16)).toBe(2);
    expect(load<u8>(row, 17)).toBe(2);
    expect(load<u16>(row, 18)).toBe(0);
    expect(load<u32>(row, 20)).toBe(1_000);
    expect(load<u32>(row, 24)).toBe(10);
    expect(rows.at(3) - row).toBe(64);
    expect(rows.count).toBe(5);
  });

  test('cuts a name so that it ends with NUL', () => {
    const table = new Table();
    rows = new TaskRows();
    const executive = new Executive<Board, Table>(new Board(), table, rows);
    executive.add(table.last, 'abcdefghijklmnopqrst', 0, Trigger.Queue, 0, 0, 0);
    const row = rows.at(0);
    expect(load<u64>(row, 8)).toBe(0x006f6e6d6c6b6a69);
    expect(load<u8>(row, 16)).toBe(0);
    expect(load<u32>(row, 20)).toBe(0);
  });

  test('refuses rows that are not in the order of their priority', () => {
    const table = new Table();
    const executive = new Executive<Board, Table>(new Board(), table, new TaskRows())
      .add(table.urgent, 'urgent', 0, Trigger.Line, 0, 0, 0)
      .add(table.last, 'last', 2, Trigger.Queue, 0, 0, 0);
    expect(executive.start()).toBe(Status.Full);
  });

  test('refuses more rows than it has room for', () => {
    const table = new Table();
    const executive = new Executive<Board, Table>(new Board(), table, new TaskRows());
    for (let row = 0; row < 24; row++) {
      executive.add(new Work('x'), 'x', row, Trigger.Queue, 0, 0, 0);
    }
    expect(executive.start()).toBe(Status.Ok);
    executive.add(new Work('x'), 'x', 24, Trigger.Queue, 0, 0, 0);
    expect(executive.start()).toBe(Status.Full);
  });

  test('without any timer idles for ever', () => {
    const table = new Table();
    now = 10;
    const executive = new Executive<Board, Table>(new Board(), table, new TaskRows());
    executive.add(table.urgent, 'urgent', 0, Trigger.Line, 0, 0, 0);
    executive.start();
    executive.step();
    executive.step();
    expect(idleUntil).toBe(NEVER);
  });
});
