// SPDX-License-Identifier: MIT
/**
 * Instructions of the image for a received, forwarded, answered frame, counted by the emulator.
 *
 * Each frame is alone on the bus. Counting starts when INT falls. It ends when the cell has no work
 * left (frames) or when the chip has the request to send (answers).
 *
 * While bytes are on the SPI lines the cell polls, so its instructions there measure the wire and
 * not the program. Both numbers are given: the total, and the total without what ran between chip
 * select down and up.
 * Does not: compare; reference.ts does that for the parts without SPI.
 */
import { makeFrame } from '../../twin/bus/can-frame.ts';
import type { Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { nearestRank } from './percentiles.ts';
import { openBench, type Measured } from './bench.ts';
import {
  type AnswerKind,
  LOAD_IDENTIFIER_FIRST,
  REQUEST_IDENTIFIER,
  rulesOf,
} from './latency-case.ts';

export interface InstructionCount {
  readonly total: number;
  readonly outsideSpi: number;
}

export interface InstructionCounts {
  /** Read from the chip, and dropped by the table's default. */
  readonly received: InstructionCount;
  /** Read from the chip, looked up, given to AGL. */
  readonly forwarded: InstructionCount;
  /**
   * The same on a cell without a control device: nothing is recorded, and no step goes into a
   * histogram.
   */
  readonly forwardedWithoutPage: InstructionCount;
  readonly staticAnswer: InstructionCount;
  readonly computedAnswer: InstructionCount;
}

const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const REPEATS = 21;
/** Not a multiple of the cell's own periods, so that these fall into few of the windows. */
const SPACING_NANOS = 1_370_000;
const RTS_MASK = 0xf8;
const RTS = 0x80;

/** Counts on the image. Each count is the median of several repeats. */
export async function measureInstructions(firmware: Measured): Promise<InstructionCounts> {
  const dropAll = 'version: 1\ndefault: drop\nrules: []\n';
  const measureFrame = (rules: string | undefined, withoutPage = false) =>
    measure(firmware, { rules, withoutPage, identifier: LOAD_IDENTIFIER_FIRST, end: 'idle' });
  return {
    received: await measureFrame(dropAll),
    forwarded: await measureFrame(undefined),
    forwardedWithoutPage: await measureFrame(undefined, true),
    staticAnswer: await measureAnswer(firmware, 'static'),
    computedAnswer: await measureAnswer(firmware, 'computed'),
  };
}

function measureAnswer(firmware: Measured, answer: AnswerKind): Promise<InstructionCount> {
  return measure(firmware, {
    ...{ rules: rulesOf(answer), withoutPage: false },
    ...{ identifier: REQUEST_IDENTIFIER, end: 'send' },
  });
}

interface Measurement {
  readonly rules: string | undefined;
  readonly withoutPage: boolean;
  readonly identifier: number;
  /** What ends a window: the cell becomes idle, or the request to send. */
  readonly end: 'idle' | 'send';
}

async function measure(
  firmware: Measured,
  { rules, withoutPage, identifier, end }: Measurement,
): Promise<InstructionCount> {
  const window = new InstructionWindow(end);
  const board = await openBench(firmware, {
    engine: 'image',
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules,
    withoutPage,
    tap: window,
    onInterruptLine: (low) => {
      if (low) window.open();
    },
  });
  window.watch(board);
  for (let index = 0; index < REPEATS; index += 1) {
    const frame = makeFrame({ identifier, data: [1, 2, 3, 4, 5, 6, 7, 8] });
    board.sender.enqueue(frame, board.clock.now, 'bench');
    runUntil(board, board.clock.now + SPACING_NANOS);
  }
  board.engine.close();
  return window.median();
}

/** Counts from the fall of INT to the end of the window. */
class InstructionWindow {
  readonly #end: 'idle' | 'send';
  readonly #totals: number[] = [];
  readonly #outside: number[] = [];
  #board: Board | undefined;
  #start = -1;
  #inSpi = 0;
  #selectStart = 0;
  #instruction = -1;

  constructor(end: 'idle' | 'send') {
    this.#end = end;
  }

  watch(board: Board): void {
    this.#board = board;
    board.machine.onIdle = () => this.#close('idle');
  }

  open(): void {
    if (this.#start >= 0) return;
    this.#start = this.#now;
    this.#inSpi = 0;
  }

  selected(): void {
    this.#selectStart = this.#now;
    this.#instruction = -1;
  }

  byte(mosi: number): void {
    if (this.#instruction < 0) this.#instruction = mosi;
  }

  deselected(): void {
    this.#inSpi += this.#now - this.#selectStart;
    if ((this.#instruction & RTS_MASK) === RTS) this.#close('send');
  }

  median(): InstructionCount {
    return {
      total: nearestRank(this.#totals, 50) ?? 0,
      outsideSpi: nearestRank(this.#outside, 50) ?? 0,
    };
  }

  get #now(): number {
    return this.#board?.machine.executedInstructions ?? 0;
  }

  #close(end: 'idle' | 'send'): void {
    if (end !== this.#end || this.#start < 0 || this.#now === this.#start) return;
    const total = this.#now - this.#start;
    this.#totals.push(total);
    this.#outside.push(total - this.#inSpi);
    this.#start = -1;
  }
}
