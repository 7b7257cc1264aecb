// SPDX-License-Identifier: MIT
/**
 * The scenes that are played to look at steps: what a step rests on must hold in them, and they should meet each task's
 * longest step, or one that is near it.
 *
 * Does not: judge.
 */
import { runUntil } from '../../twin/board/cell-control.ts';
import type { Board } from '../../twin/board/board.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { type LoadKind, REQUEST_IDENTIFIER, rulesOf } from '../measure/latency-case.ts';
import { HEAVY_SCENES } from './heavy-scenes.ts';
import { CALCULATED, GATE, KEPT, KEPT_OTHER, LIMITED, TIMERS, WALL } from './scene-rules.ts';

export interface Scene {
  /** Text, or an image. */
  readonly rules: string | Uint8Array;
  readonly load: LoadKind;
  /** Added to the command line. */
  readonly settings?: string;
  /** A line goes out on the console all the time. */
  readonly isTalking?: true;
  /** The cell is the back-end, as the peer of Linux's own driver. */
  readonly isDevice?: true;
  /** Linux's driver is one that makes much work (chain-driver.ts). */
  readonly isChaining?: true;
  /** AGL loads this table. */
  readonly next?: string | Uint8Array;
  /** Time passes in the second step of the cell in which nothing of it runs, as in an exit to the hypervisor. */
  readonly stalls?: true;
  /** What happens then. */
  readonly act?: (board: Board) => void;
}

const MILLISECOND = 1_000_000;
const REQUESTS = 40;
/** READ STATUS in each step, whatever task it counts for. */
const NO_LINE = 'int=spi';

const WITH_LINE: readonly Scene[] = [
  { rules: rulesOf('computed'), load: 'forwarding' },
  { rules: rulesOf('computed') + TIMERS, load: 'aglDead' },
  { rules: rulesOf('computedWorst'), load: 'aglHostile', isTalking: true },
  { rules: rulesOf('staged'), load: 'forwarding', next: rulesOf('computedWorst') },
  {
    ...{ rules: rulesOf('windowSingle') + TIMERS, load: 'forwarding', isDevice: true },
    next: rulesOf('staged'),
  },
];

/** Such as meet what those do not. */
const SPECIAL: readonly Scene[] = [
  // A drop of the supply: both kept answers are loaded anew in one step.
  { rules: KEPT, load: 'idle', settings: NO_LINE, act: afterBrownOut },
  // All bytes of a kept answer are loaded for a new table.
  {
    rules: KEPT,
    load: 'idle',
    settings: NO_LINE,
    next: KEPT_OTHER,
    act: (board) => rest(board, 5),
  },
  // A line about late steps.
  { rules: KEPT, load: 'idle', settings: `console=on ${NO_LINE}`, stalls: true },
  // A rate that is used up.
  { rules: LIMITED, load: 'idle', settings: NO_LINE, act: askOften },
  // Frames of AGL's that a rule changes, and refuses with an alarm, beside a locked wall.
  { rules: WALL, load: 'idle', settings: NO_LINE, next: GATE, act: sendFromAgl },
  // An answer that is made when its request is read, on a full bus.
  { rules: CALCULATED, load: 'forwarding', act: askOften },
];

export const SCENES: readonly Scene[] = [
  ...WITH_LINE,
  ...WITH_LINE.map((scene) => ({ ...scene, settings: NO_LINE })),
  ...SPECIAL,
  ...HEAVY_SCENES,
];

function rest(board: Board, millis: number): void {
  runUntil(board, board.clock.now + millis * MILLISECOND);
}

function afterBrownOut(board: Board): void {
  board.chip.brownOut(board.clock.now);
  rest(board, 150);
}

function askOften(board: Board): void {
  const start = board.clock.now;
  for (let time = 0; time < REQUESTS; time += 1) {
    const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: [time, 1, 2, 3, 4, 5, 6, 7] });
    board.sender.enqueue(frame, start + time * (MILLISECOND / 5), 'request');
  }
  rest(board, 12);
}

function sendFromAgl(board: Board): void {
  for (let time = 0; time < 20; time += 1) {
    for (const identifier of [0x210, 0x211, 0x400])
      board.bridge?.send(makeFrame({ identifier, data: [time, 1, 2, 3, 4, 5, 6, 7] }));
    rest(board, 1.5);
  }
}
