// SPDX-License-Identifier: MIT
/**
 * Measures one latency case: sends requests at random moments and follows each to its answer.
 *
 * Everything is read from the wires: CAN, INT, SPI.
 * Does not: ask the firmware.
 */
import { makeFrame } from '../../twin/bus/can-frame.ts';
import type { Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { SpiRecorder } from '../rig/spi-transactions.ts';
import { openBench, type Measured } from './bench.ts';
import {
  ANSWER_IDENTIFIER,
  type LatencyCase,
  OTHER_REQUEST_IDENTIFIER,
  REQUEST_IDENTIFIER,
  rulesOf,
  WORST_KINDS,
} from './latency-case.ts';
import { type Load, startLoad } from './loads.ts';
import { Random } from '../random/random.ts';
import { type Sample, WireLog } from './wire-log.ts';

export interface LatencyResult {
  readonly samples: readonly Sample[];
  /** The first ones, whose answers may have to be loaded completely; not in `samples`. */
  readonly warmUp: readonly Sample[];
  readonly requests: number;
  /** Requests without an answer. */
  readonly unanswered: number;
  /** Good frames on the bus per second while measuring. */
  readonly busFramesPerSecond: number;
  /** Frames for which the chip had no room. */
  readonly overflows: number;
  /** Share of the time in which the core stood at WFI, in percent. */
  readonly sleptPercent: number;
}

/** Bit times between two requests. Up to the same number is added at random. */
const SPACING_BITS = 800;
/** Requests that are sent to warm up, because the first answer may have to be loaded completely. */
const WARM_UP_REQUESTS = 2;
const DRAIN_BITS = 4_000;

/** Runs `item` on `firmware`. `onEnd` is given the board when all is done. */
export async function measureLatency(
  firmware: Measured,
  item: LatencyCase,
  onEnd?: (board: Board) => void,
): Promise<LatencyResult> {
  const recorder = new SpiRecorder();
  const log = new WireLog(REQUEST_IDENTIFIER, ANSWER_IDENTIFIER);
  recorder.onTransaction = (transaction) => log.transaction(transaction);
  const board = await openBench(firmware, {
    engine: item.engine,
    bitrate: item.bitrate,
    spiHertz: item.spiHertz,
    rules: rulesOf(item.answer),
    tap: recorder,
    onInterruptLine: (low, nanos) => {
      if (low) log.interruptFalls.push(nanos);
    },
  });
  try {
    const { bitNanos } = board.bus;
    board.bus.onFrame((record) => log.wireRecorded(record));
    const random = new Random(item.seed);
    const load = startLoad(board, item, random);
    const startNanos = board.clock.now;
    const sleptBefore = board.machine.sleptNanos;
    const endNanos = sendRequests(board, item, random, load);
    runUntil(board, endNanos + DRAIN_BITS * bitNanos);
    onEnd?.(board);
    const samples = log.pair(bitNanos);
    const seconds = (board.clock.now - startNanos) / 1e9;
    return {
      samples: samples.slice(WARM_UP_REQUESTS),
      warmUp: samples.slice(0, WARM_UP_REQUESTS),
      requests: item.requests,
      unanswered: item.requests + WARM_UP_REQUESTS - samples.length,
      busFramesPerSecond: Math.round(log.frames / seconds),
      overflows: board.chip.overflowCount,
      sleptPercent:
        (100 * (board.machine.sleptNanos - sleptBefore)) / (board.clock.now - startNanos),
    };
  } finally {
    board.engine.close();
  }
}

/** Plans every request and announces it to the load. Returns when the last one is sent. */
function sendRequests(
  board: Board,
  { answer, requests }: LatencyCase,
  random: Random,
  load: Load,
): number {
  const count = requests + WARM_UP_REQUESTS;
  const spacing = SPACING_BITS * board.bus.bitNanos;
  let atNanos = board.clock.now;
  for (let index = 0; index < count; index += 1) {
    atNanos += spacing + random.below(spacing);
    if (WORST_KINDS.includes(answer)) {
      const other = makeFrame({ identifier: OTHER_REQUEST_IDENTIFIER, data: random.bytes(8) });
      board.sender.enqueue(other, atNanos - spacing / 2, 'request');
    }
    const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
    board.sender.enqueue(frame, atNanos, 'request');
    load.requestPlanned(frame, atNanos);
  }
  return atNanos;
}
