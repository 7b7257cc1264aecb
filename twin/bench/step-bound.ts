/**
 * Holds every step of the cell's loop to the bound that the firmware declares, while it is busy.
 *
 * Used by: scripts/bench.ts, tests/bench. On the wasm engine, which knows where a step begins and ends.
 * Does not: know which task ran: the bound is that of the longest step.
 */
import type { EngineName } from '../engine/engine.ts';
import { WasmEngine } from '../engine/wasm.ts';
import { runUntil } from '../run/cell-control.ts';
import { makeFrame } from '../bus/can-frame.ts';
import { bootBoard, type Firmware } from './bench-board.ts';
import type { Figures } from './figures.ts';
import { type LatencyCase, type LoadKind, REQUEST_IDENTIFIER, rulesOf } from './latency-case.ts';
import { startLoad } from './loads.ts';
import { Random } from './random.ts';

/** What the firmware declares for its longest step (src/board/bounds.ts). */
export interface StepBound {
  readonly spiBytes: number;
  readonly micros: (spiHertz: number) => number;
}

const LOADS: readonly LoadKind[] = ['forwarding', 'aglDead', 'aglHostile'];
const ENGINE: EngineName = 'wasm';
const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const RUN_NANOS = 60_000_000;
const REQUEST_SPACING_NANOS = 900_000;

/** Figures `bound.LOAD.{steps,worstSpiBytes,worstNanos,exceeded}` and `bound.declared.*`. */
export async function measureStepBound(firmware: Firmware, bound: StepBound): Promise<Figures> {
  const boundNanos = bound.micros(SPI_HERTZ) * 1_000;
  const figures: Figures = {
    'bound.declared.spiBytes': bound.spiBytes,
    'bound.declared.nanos': boundNanos,
  };
  for (const load of LOADS) {
    const seen = await measureSteps(firmware, load, (bytes, nanos) => {
      return bytes <= bound.spiBytes && nanos <= boundNanos;
    });
    for (const [name, value] of Object.entries(seen) as [string, number][]) {
      figures[`bound.${load}.${name}`] = value;
    }
  }
  return figures;
}

interface StepsSeen {
  steps: number;
  worstSpiBytes: number;
  worstNanos: number;
  /** Steps that clocked more bytes or took longer than declared. */
  exceeded: number;
}

async function measureSteps(
  firmware: Firmware,
  load: LoadKind,
  isWithin: (spiBytes: number, nanos: number) => boolean,
): Promise<StepsSeen> {
  const seen: StepsSeen = { steps: 0, worstSpiBytes: 0, worstNanos: 0, exceeded: 0 };
  let bytes = 0;
  const board = await bootBoard(firmware, {
    engine: ENGINE,
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules: rulesOf('computed'),
    taps: { tap: { selected() {}, deselected() {}, byte: () => void (bytes += 1) } },
  });
  const random = new Random(1);
  const item: LatencyCase = {
    ...{ engine: ENGINE, answer: 'computed', load, bitrate: BITRATE },
    ...{ spiHertz: SPI_HERTZ, requests: 0, seed: 1 },
  };
  startLoad(board, item, random);
  if (!(board.engine instanceof WasmEngine)) throw new Error('steps are seen by the wasm engine');
  bytes = 0;
  // A step that ends in idling is over when it says so: what follows is nobody's time.
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
  board.engine.close();
  return seen;
}
