// SPDX-License-Identifier: MIT
/**
 * Checks every step of the busy cell's loop against the bound that the firmware declares.
 *
 * It works on both engines. The image engine sees a step begin at the symbol of bsp/rpi4/cell.c.
 * The wasm engine calls the step. The bound is that of the longest step. The cell itself checks the
 * tasks' own bounds, and its count of late steps is read at the end (status page).
 * Does not: know which task ran.
 */
import { COUNTER_HERTZ } from '../../twin/machine/timing-model.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { openBench, type Measured } from './bench.ts';
import type { Figures } from './figures.ts';
import { type LatencyCase, type LoadKind, REQUEST_IDENTIFIER, rulesOf } from './latency-case.ts';
import { startLoad } from './loads.ts';
import { Random } from '../random/random.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { TASK_TRIGGERS } from '../../formats/status-page.ts';
import type { TaskRow } from '../page/status-page.ts';

/** The bound that the firmware declares for its longest step (src/cell/bounds.ts). */
export interface StepBound {
  readonly spiBytes: number;
  readonly micros: (spiHertz: number) => number;
}

const LOADS: readonly LoadKind[] = ['forwarding', 'aglDead', 'aglHostile'];
const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const RUN_NANOS = 60_000_000;
const REQUEST_SPACING_NANOS = 900_000;

/**
 * The figures of all steps: `bound.ENGINE.LOAD.*` with `steps`, `worstSpiBytes`, `worstNanos`,
 * `exceeded` and `lateByTask`, and `bound.declared.*`. For each task there is `task.ENGINE.NAME.*`,
 * the cell's own account over all loads. ENGINE is the engine for which `firmware` was loaded.
 */
export async function measureStepBound(firmware: Measured, bound: StepBound): Promise<Figures> {
  const engine = firmware.files.image ? 'image' : 'wasm';
  const boundNanos = bound.micros(SPI_HERTZ) * 1_000;
  const figures: Figures = {
    'bound.declared.spiBytes': bound.spiBytes,
    'bound.declared.nanos': boundNanos,
  };
  for (const load of LOADS) {
    const { tasks, ...seen } = await measureSteps(firmware, engine, load, (bytes, nanos) => {
      return bytes <= bound.spiBytes && nanos <= boundNanos;
    });
    for (const [name, value] of Object.entries(seen)) {
      figures[`bound.${engine}.${load}.${name}`] = value;
    }
    for (const task of tasks) addTask(figures, engine, task);
  }
  return figures;
}

/** Adds a task's row of one run to those of the earlier runs. */
function addTask(figures: Figures, engine: EngineName, task: TaskRow): void {
  const key = `task.${engine}.${task.name.replaceAll(' ', '-')}`;
  const nanos = (ticks: number): number => Math.round((ticks * 1e9) / COUNTER_HERTZ);
  const before = (name: string): number => figures[`${key}.${name}`] ?? 0;
  figures[`${key}.priority`] = task.priority;
  figures[`${key}.trigger`] = TASK_TRIGGERS.indexOf(task.trigger);
  figures[`${key}.periodMicros`] = task.periodMicros;
  figures[`${key}.boundNanos`] = nanos(task.boundTicks);
  figures[`${key}.worstNanos`] = Math.max(before('worstNanos'), nanos(task.worstTicks));
  figures[`${key}.steps`] = before('steps') + task.runs;
  figures[`${key}.misses`] = before('misses') + task.misses;
}

interface StepsSeen {
  steps: number;
  worstSpiBytes: number;
  worstNanos: number;
  /** Steps that clocked more bytes or took longer than declared. */
  exceeded: number;
  /** Steps that took longer than their own task declares, as counted by the cell. */
  lateByTask: number;
  /** The cell's own account of each task. */
  tasks: readonly TaskRow[];
}

async function measureSteps(
  firmware: Measured,
  engine: EngineName,
  load: LoadKind,
  isWithin: (spiBytes: number, nanos: number) => boolean,
): Promise<StepsSeen> {
  const seen: StepsSeen = {
    ...{ steps: 0, worstSpiBytes: 0, worstNanos: 0, exceeded: 0 },
    ...{ lateByTask: 0, tasks: [] },
  };
  let bytes = 0;
  const board = await openBench(firmware, {
    engine,
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules: rulesOf('computed'),
    tap: { selected() {}, deselected() {}, byte: () => void (bytes += 1) },
  });
  const random = new Random(1);
  const item: LatencyCase = {
    ...{ engine, answer: 'computed', load, bitrate: BITRATE },
    ...{ spiHertz: SPI_HERTZ, requests: 0, seed: 1 },
  };
  startLoad(board, item, random);
  bytes = 0;
  // A step that ends in idling is over when it starts to idle. The idle time belongs to no step.
  let idleNanos: number | undefined;
  board.machine.onIdle = () => (idleNanos = board.clock.now);
  board.engine.onStep = (startNanos) => {
    const nanos = (idleNanos ?? board.clock.now) - startNanos;
    seen.steps += 1;
    seen.worstSpiBytes = Math.max(seen.worstSpiBytes, bytes);
    seen.worstNanos = Math.max(seen.worstNanos, nanos);
    if (!isWithin(bytes, nanos)) seen.exceeded += 1;
    bytes = 0;
    idleNanos = undefined;
  };
  const endNanos = board.clock.now + RUN_NANOS;
  while (board.clock.now < endNanos) {
    const request = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
    board.sender.enqueue(request, board.clock.now + random.below(REQUEST_SPACING_NANOS), 'request');
    runUntil(board, board.clock.now + REQUEST_SPACING_NANOS);
  }
  const page = settledStatusPage(board);
  if (!page || page.tasks.length === 0) throw new Error('the cell shows no tasks (status page)');
  seen.tasks = page.tasks;
  seen.lateByTask = page.tasks.reduce((sum, { misses }) => sum + misses, 0);
  if (seen.steps === 0) throw new Error(`the ${engine} engine saw no step`);
  board.engine.close();
  return seen;
}
