// SPDX-License-Identifier: MIT
/**
 * The table of tasks with the bounds that the firmware declares, and the order in which it offers a step: what
 * src/cell/tasks.ts and src/cell/bounds.ts say when they are run.
 */
import type { StepBound } from '../../lab/measure/step-bound.ts';
import { runSources } from './run-source.ts';

/** A declared row of the table. */
export interface TaskRow {
  /** The field in CellTasks. */
  readonly field: string;
  readonly name: string;
  readonly priority: number;
  readonly trigger: string;
  readonly periodMicros: number;
  readonly spiBytes: number;
  readonly ringEntries: number;
}

interface Tasks {
  readonly CellTasks: { readonly prototype: Offers };
  declareTasks(executive: Recorder, tasks: object): void;
}

interface Offers {
  offerUrgent(nowTicks: number): object | null;
  offer(nowTicks: number, isTimerDue: boolean): object | null;
}

interface Bounds {
  stepBoundNanos(spiBytes: number, ringEntries: number, byteNanos: number): number;
  reorderBoundNanos(wireNanos: number, bitrate: number): number;
}

const sourceOf = runSources([
  ...['src/cell/tasks', 'src/cell/bounds', 'src/rt/task'],
  ...['src/chip/bcm2711/registers', 'src/board/rpi4'],
]);
const TASKS = sourceOf('src/cell/tasks') as unknown as Tasks;
const BOUNDS = sourceOf('src/cell/bounds') as unknown as Bounds;
const { Trigger } = sourceOf('src/rt/task') as { Trigger: Readonly<Record<number, string>> };
/** Clocks of a byte on SPI. */
export const CLOCKS_PER_BYTE = Number(sourceOf('src/chip/bcm2711/registers').SPI_CLOCKS_PER_BYTE);
const HANDLING_NANOS = Number(sourceOf('src/board/rpi4').SPI_HANDLING_NANOS_PER_BYTE);

/** Stands for the executive: keeps the rows. The tasks are the names of their fields. */
class Recorder {
  readonly rows: TaskRow[] = [];

  add(
    ...[field, name, priority, trigger, periodMicros, spiBytes, ringEntries]: [
      ...[field: string, name: string, priority: number, trigger: number],
      ...[periodMicros: number, spiBytes: number, ringEntries: number],
    ]
  ): this {
    const row = { field, name, priority, trigger: Trigger[trigger] };
    this.rows.push({ ...row, periodMicros, spiBytes, ringEntries });
    return this;
  }
}

/** What a byte on SPI takes, in nanoseconds; without its handling. */
export const wireNanos = (spiHertz: number): number =>
  Math.floor((CLOCKS_PER_BYTE * 1e9) / spiHertz);

/** The declared rows, in their order. */
export function taskRows(): readonly TaskRow[] {
  const recorder = new Recorder();
  TASKS.declareTasks(recorder, new Proxy({}, { get: (_, field) => field }));
  return recorder.rows;
}

/** The firmware's `stepBoundNanos` for a row. */
export function nanosOf({ spiBytes, ringEntries }: TaskRow, spiHertz: number): number {
  return BOUNDS.stepBoundNanos(spiBytes, ringEntries, wireNanos(spiHertz) + HANDLING_NANOS);
}

/** S, by the firmware's `reorderBoundNanos`. */
export const reorderNanos = (spiHertz: number, bitrate: number): number =>
  BOUNDS.reorderBoundNanos(wireNanos(spiHertz), bitrate);

/** The longest step of all tasks. */
export function declaredStepBound(): StepBound {
  const rows = taskRows();
  return {
    spiBytes: Math.max(...rows.map(({ spiBytes }) => spiBytes)),
    micros: (spiHertz) => Math.max(...rows.map((row) => nanosOf(row, spiHertz))) / 1_000,
  };
}

/** The state of CellTasks in which a step is offered. */
export interface Offered {
  readonly isTimerDue: boolean;
  /** Whether a task's own timer has expired. */
  readonly isExpired: boolean;
  readonly isCalled: boolean;
  readonly isEager: boolean;
}

/** The fields of the tasks to which a step is offered that none of them takes, in order; `runEarly` after its name. */
export function offeredTo({ isTimerDue, isExpired, isCalled, isEager }: Offered): string[] {
  const seen: string[] = [];
  const noted = (what: string) => (): boolean => seen.push(what) === 0;
  const taskOf = (field: string): object => ({
    timer: { expired: () => isExpired },
    ...{ run: noted(field), runEarly: noted(`${field} early`) },
  });
  const tasks = new Proxy(
    {},
    {
      get: (_, field) => (field === 'scheduler' ? { isCalled, isEager } : taskOf(String(field))),
    },
  );
  const { prototype } = TASKS.CellTasks;
  prototype.offerUrgent.call(tasks, 0);
  prototype.offer.call(tasks, 0, isTimerDue);
  return seen;
}
