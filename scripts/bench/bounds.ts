// SPDX-License-Identifier: MIT
/**
 * The table of tasks with the bounds that the firmware declares, read from its sources as text. The constants
 * there are sums of numbers and of each other.
 */
import { readFile } from 'node:fs/promises';
import type { StepBound } from '../../lab/measure/step-bound.ts';
import { PROJECT } from '../build/command.ts';

const BOUNDS = 'src/cell/bounds.ts';
/** Sources of the cost of a byte on SPI, which belongs to the board. */
const BOARD = ['src/chip/bcm2711/registers.ts', 'src/board/rpi4.ts'];
const TABLE = 'src/cell/tasks.ts';
const CONSTANT = /^(?:export )?const ([A-Z0-9_]+): u32 = ([^;]+);$/gm;
const ROW = /\.add\(tasks\.(\w+), *'([^']+)', *(\d+), Trigger\.(\w+), *(\w+), *(\w+), *(\w+)\)/g;

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

/** The table, and the bound of a step of each row. */
export interface TaskBounds {
  readonly rows: readonly TaskRow[];
  /** The firmware's `stepBoundNanos`. */
  readonly nanosOf: (row: TaskRow, spiHertz: number) => number;
}

/** The constants of the bounds and of the board by name, where they are sums of numbers. */
export async function readBounds(): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const path of [...BOARD, BOUNDS]) {
    const text = await readFile(PROJECT + path, 'utf8');
    for (const [, name, sum] of text.matchAll(CONSTANT)) {
      const terms = sum.split('+').map((part) => valueOf(part.trim(), values));
      const total = terms.reduce((left, right) => left + right, 0);
      if (!Number.isNaN(total)) values.set(name, total);
    }
  }
  return values;
}

/** Reads the table. Throws if it has no rows, or a row with an unknown constant. */
export async function readTaskBounds(): Promise<TaskBounds> {
  const values = await readBounds();
  const number = (text: string): number => {
    const value = valueOf(text, values);
    if (Number.isNaN(value)) throw new Error(`${TABLE}: ${text} is no number of ${BOUNDS}`);
    return value;
  };
  const text = await readFile(PROJECT + TABLE, 'utf8');
  const rows = [...text.matchAll(ROW)].map(
    ([, field, name, priority, trigger, period, spi, ring]) => ({
      ...{ field, name, trigger, priority: number(priority), periodMicros: number(period) },
      ...{ spiBytes: number(spi), ringEntries: number(ring) },
    }),
  );
  if (rows.length === 0) throw new Error(`${TABLE} has no rows of the form ${ROW.source}`);
  const [clocks, handling, entry, step] = [
    'SPI_CLOCKS_PER_BYTE',
    'SPI_HANDLING_NANOS_PER_BYTE',
    'NANOS_PER_RING_ENTRY',
    'STEP_NANOS',
  ].map(number);
  return {
    rows,
    nanosOf: ({ spiBytes, ringEntries }, spiHertz) =>
      (Math.floor((clocks * 1e9) / spiHertz) + handling) * spiBytes + ringEntries * entry + step,
  };
}

/** The longest step of all tasks. */
export async function declaredStepBound(): Promise<StepBound> {
  const { rows, nanosOf } = await readTaskBounds();
  return {
    spiBytes: Math.max(...rows.map(({ spiBytes }) => spiBytes)),
    micros: (spiHertz) => Math.max(...rows.map((row) => nanosOf(row, spiHertz))) / 1_000,
  };
}

function valueOf(text: string, values: ReadonlyMap<string, number>): number {
  const plain = text.replaceAll('_', '');
  return /^\d+$/.test(plain) ? Number(plain) : (values.get(text) ?? NaN);
}
