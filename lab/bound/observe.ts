// SPDX-License-Identifier: MIT
/**
 * Runs the image on the emulated board and looks whether it keeps what the source declares: no loop goes round more
 * often, nothing that is "not counted" is executed. Also the longest step of each task, by the cell's own account.
 *
 * Does not: look for the worst step; it is the ordinary traffic of a bench.
 */
import { runUntil } from '../../twin/board/cell-control.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { ImageEngine } from '../../twin/engine/image.ts';
import { COUNTER_HERTZ } from '../../twin/machine/timing-model.ts';
import { loadMeasured, openBench } from '../measure/bench.ts';
import { type LoadKind, REQUEST_IDENTIFIER, rulesOf } from '../measure/latency-case.ts';
import { startLoad } from '../measure/loads.ts';
import { Random } from '../random/random.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import type { StepBounds } from './bound.ts';
import { LoopCounter } from './counts.ts';

export interface Observed {
  /** Longest step of each task, in nanoseconds. */
  readonly tasks: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

const LOADS: readonly LoadKind[] = ['forwarding', 'aglDead', 'aglHostile'];
const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const REQUESTS = 16;
const REQUEST_SPACING_NANOS = 900_000;

/** `bounds` has computed all tasks. */
export async function observe(bounds: StepBounds): Promise<Observed> {
  const firmware = loadMeasured('image');
  const tasks = new Map<string, number>();
  const counter = new LoopCounter([...bounds.asked.values()], bounds.uncounted);
  for (const load of LOADS) {
    const board = await openBench(firmware, {
      ...{ engine: 'image', bitrate: BITRATE, spiHertz: SPI_HERTZ, rules: rulesOf('computed') },
    });
    if (!(board.engine instanceof ImageEngine)) throw new Error('the board does not run the image');
    board.engine.watchBlocks((address, bytes) => counter.entered(address, bytes));
    const random = new Random(1);
    startLoad(board, { load }, random);
    for (let request = 0; request < REQUESTS; request += 1) {
      const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
      board.sender.enqueue(frame, board.clock.now + random.below(REQUEST_SPACING_NANOS), 'request');
      runUntil(board, board.clock.now + REQUEST_SPACING_NANOS);
    }
    for (const { name, runs, worstTicks } of settledStatusPage(board)?.tasks ?? []) {
      const nanos = Math.floor((worstTicks * 1e9) / COUNTER_HERTZ);
      if (runs > 0) tasks.set(name, Math.max(tasks.get(name) ?? 0, nanos));
    }
    board.engine.close();
  }
  return { tasks, faults: counter.faults((address) => bounds.nameAt(address)) };
}
