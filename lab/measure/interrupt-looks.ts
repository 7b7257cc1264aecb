// SPDX-License-Identifier: MIT
/**
 * The worst case by construction, under each load: the wait of a request that comes at the worst
 * moment. No request need have come at that moment.
 *
 * Does not: hold for `int=spi`, where the cell reads INT over SPI.
 */
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { type Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { openBench, type Measured } from './bench.ts';
import type { Figures } from './figures.ts';
import {
  ANSWER_KINDS,
  type AnswerKind,
  type LoadKind,
  OTHER_REQUEST_IDENTIFIER,
  REQUEST_IDENTIFIER,
  rulesOf,
  SINGLE_KINDS,
  STAGED_KINDS,
  WINDOW_KINDS,
  WORST_KINDS,
} from './latency-case.ts';
import { startLoad } from './loads.ts';
import { ANSWER_BUFFERS, FILTER_BUFFER, LookWatch } from './look-watch.ts';
import { Random } from '../random/random.ts';

/** As LoadKind. aglFlood: as forwarding, and AGL gives more frames than the bus can take. */
export type LookLoad = LoadKind | 'aglFlood';
const LOADS: readonly LookLoad[] = ['idle', 'forwarding', 'aglFlood', 'aglDead', 'aglHostile'];
/** The loads in which AGL floods. A hostile peer floods while the cell still trusts it. */
const FLOODING: readonly LookLoad[] = ['aglFlood', 'aglHostile'];
const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
/** Default time for which each load is watched: some twenty requests. */
const RUN_NANOS = 40_000_000;
const REQUEST_SPACING_NANOS = 1_900_000;

/** What is watched. Absent fields mean everything. */
export interface LooksScope {
  readonly answers?: readonly AnswerKind[];
  readonly loads?: readonly LookLoad[];
  /** Time for which each load is watched. */
  readonly runNanos?: number;
}

/** Figures `looks.ANSWER.LOAD.{longestGapNanos,longestWayNanos,worstCaseNanos,betweenNanos}`. */
export async function measureLooks(firmware: Measured, scope: LooksScope = {}): Promise<Figures> {
  const {
    answers = [...ANSWER_KINDS, ...SINGLE_KINDS, ...STAGED_KINDS, ...WINDOW_KINDS, ...WORST_KINDS],
    loads = LOADS,
    runNanos = RUN_NANOS,
  } = scope;
  const figures: Figures = {};
  for (const answer of answers) {
    for (const load of loads) {
      const looks = await watch(firmware, answer, load, runNanos);
      const key = `looks.${answer}.${load}`;
      figures[`${key}.longestGapNanos`] = looks.longestGapNanos;
      figures[`${key}.longestWayNanos`] = looks.longestWayNanos;
      figures[`${key}.worstCaseNanos`] = looks.worstCaseNanos;
      figures[`${key}.betweenNanos`] = looks.betweenNanos;
    }
  }
  return figures;
}

async function watch(
  firmware: Measured,
  answer: AnswerKind,
  load: LookLoad,
  runNanos: number,
): Promise<LookWatch> {
  const watched = answer === 'staticWorst' ? FILTER_BUFFER : ANSWER_BUFFERS;
  const looks = new LookWatch(new Random(5), watched);
  const board = await openBench(firmware, {
    engine: 'image',
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules: rulesOf(answer),
    tap: looks,
  });
  const random = new Random(3);
  const kind = load === 'aglFlood' ? 'forwarding' : load;
  startLoad(board, { load: kind, dense: FLOODING.includes(load) }, random);
  // The first answer may have to be loaded completely.
  sendRequest(board, answer, random);
  looks.start(board);
  const endNanos = board.clock.now + runNanos;
  while (board.clock.now < endNanos) sendRequest(board, answer, random);
  board.engine.close();
  return looks;
}

function sendRequest(board: Board, answer: AnswerKind, random: Random): void {
  const startNanos = board.clock.now;
  if (WORST_KINDS.includes(answer)) {
    const other = makeFrame({ identifier: OTHER_REQUEST_IDENTIFIER, data: random.bytes(8) });
    board.sender.enqueue(other, startNanos, 'request');
  }
  const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
  const phase = REQUEST_SPACING_NANOS / 2 - random.below(REQUEST_SPACING_NANOS / 4);
  board.sender.enqueue(frame, startNanos + phase, 'request');
  runUntil(board, startNanos + REQUEST_SPACING_NANOS);
}
