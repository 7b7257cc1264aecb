// SPDX-License-Identifier: MIT
/**
 * Runs the image on the emulated board and looks whether it keeps what the source declares: no loop goes round more
 * often, no function is entered more often, nothing that is "not counted" is executed. Also the longest step of each
 * task, by the cell's own account.
 *
 * Does not: look for the worst step. It meets what is near it and can be had in a short run: each way of answering with a
 * full bus, a hostile peer, the console, a new table, timers, the safe state, and both roles.
 */
import { runUntil } from '../../twin/board/cell-control.ts';
import type { Board } from '../../twin/board/board.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { ImageEngine } from '../../twin/engine/image.ts';
import { COUNTER_HERTZ } from '../../twin/machine/timing-model.ts';
import { compileRules } from '../../rules/compile.ts';
import { ConsoleLoad } from '../measure/console-load.ts';
import { loadMeasured, type Measured } from '../measure/bench.ts';
import {
  type AnswerKind,
  type LoadKind,
  OSCILLATOR_HERTZ,
  REQUEST_IDENTIFIER,
  rulesOf,
} from '../measure/latency-case.ts';
import { startLoad } from '../measure/loads.ts';
import { RequestWriter, ruleTableRequest } from '../page/requests.ts';
import { Random } from '../random/random.ts';
import { openRig } from '../rig/open-rig.ts';
import { EXCHANGED_ROLES } from '../rig/roles.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import type { StepBounds } from './bound.ts';
import { LoopCounter } from './counts.ts';

export interface Observed {
  /** Longest step of each task, in nanoseconds. */
  readonly tasks: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** Steps that were counted. */
  readonly steps: number;
}

interface Scene {
  readonly answer: AnswerKind;
  readonly load: LoadKind;
  /** Added to the table. */
  readonly more?: string;
  /** A line goes out on the console all the time. */
  readonly isTalking?: true;
  /** The cell is the back-end, as the peer of Linux's own driver. */
  readonly isDevice?: true;
  /** AGL loads this table. */
  readonly next?: AnswerKind;
}

/** Frames that the cell sends by itself, and a safe state of frames that AGL sends, too. */
const TIMERS = [
  'cyclic:',
  ...Array.from({ length: 24 }, (_, at) => timed(`cyclic-${at}`, 0x300 + at, 3)),
  'safe-state:',
  '  after: 10ms',
  '  frames:',
  ...Array.from({ length: 16 }, (_, at) => `  ${timed(`safe-${at}`, 0x100 + at, 5)}`),
  '',
].join('\n');

const SCENES: readonly Scene[] = [
  { answer: 'computed', load: 'forwarding' },
  { answer: 'computed', load: 'aglDead', more: TIMERS },
  { answer: 'computedWorst', load: 'aglHostile', isTalking: true },
  { answer: 'staged', load: 'forwarding', next: 'computedWorst' },
  { answer: 'windowSingle', load: 'forwarding', more: TIMERS, isDevice: true, next: 'staged' },
];
const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const REQUESTS = 5;
const REQUEST_SPACING_NANOS = 900_000;
/** Time for a new table to be checked and taken. */
const SWAP_NANOS = 8_000_000;

function timed(name: string, identifier: number, millis: number): string {
  const frame = `{ id: 0x${identifier.toString(16)}, data: [0, 1, 2, 3, 4, 5, 6, 7] }`;
  return `  - { name: ${name}, every: ${millis}ms, frame: ${frame} }`;
}

/** `bounds` has computed all tasks. */
export async function observe(bounds: StepBounds): Promise<Observed> {
  const firmware = loadMeasured('image');
  const tasks = new Map<string, number>();
  const counter = new LoopCounter(bounds);
  for (const scene of SCENES) {
    const board = await open(firmware, scene);
    if (!(board.engine instanceof ImageEngine)) throw new Error('the board does not run the image');
    board.engine.watchBlocks((address, bytes) => counter.entered(address, bytes));
    play(board, scene);
    for (const { name, runs, worstTicks } of settledStatusPage(board)?.tasks ?? []) {
      const nanos = Math.floor((worstTicks * 1e9) / COUNTER_HERTZ);
      if (runs > 0) tasks.set(name, Math.max(tasks.get(name) ?? 0, nanos));
    }
    board.engine.close();
  }
  const faults = counter.faults((address) => bounds.nameAt(address));
  return { tasks, faults, steps: counter.steps };
}

async function open(firmware: Measured, scene: Scene): Promise<Board> {
  const { answer, more = '', isTalking, isDevice } = scene;
  const words = `bitrate=${BITRATE} osc=${OSCILLATOR_HERTZ} spi=${SPI_HERTZ}`;
  const { board } = await openRig({
    ...{ engine: 'image', firmware, bitrate: BITRATE, oscillatorHertz: OSCILLATOR_HERTZ },
    ...(isDevice === undefined ? {} : EXCHANGED_ROLES),
    commandLine: `${words} idle=poll ${isTalking === undefined ? '' : 'console=on'}`,
    ...{ rules: rulesOf(answer) + more, keep: false },
  });
  return board;
}

function play(board: Board, { load, isTalking, next }: Scene): void {
  const random = new Random(1);
  if (isTalking === true) new ConsoleLoad().start(board);
  startLoad(board, { load }, random);
  for (let request = 0; request < REQUESTS; request += 1) {
    const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
    board.sender.enqueue(frame, board.clock.now + random.below(REQUEST_SPACING_NANOS), 'request');
    runUntil(board, board.clock.now + REQUEST_SPACING_NANOS);
  }
  if (next === undefined || board.control === undefined) return;
  const { image } = compileRules(rulesOf(next), 'rules.yaml');
  new RequestWriter(board.control.requests).write(ruleTableRequest(image));
  runUntil(board, board.clock.now + SWAP_NANOS);
}
