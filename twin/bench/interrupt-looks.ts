/**
 * The worst case by construction: the longest time that the cell does not look at INT, and the longest
 * way from the look that sees it to the request to send. Their sum bounds the latency of a request that
 * comes at the worst moment, whether or not one came just then.
 *
 * Used by: figures.ts. A look is a read of the GPIO level register.
 * Does not: hold for `int=spi`, where the cell looks over SPI.
 */
import { makeFrame } from '../bus/can-frame.ts';
import { type Board } from '../run/board.ts';
import { runUntil } from '../run/cell-control.ts';
import type { SpiTap } from '../soc/spi-device.ts';
import { bootBoard, type Firmware } from './bench-board.ts';
import type { Figures } from './figures.ts';
import {
  ANSWER_KINDS,
  type AnswerKind,
  type LoadKind,
  REQUEST_IDENTIFIER,
  rulesOf,
} from './latency-case.ts';
import { startLoad } from './loads.ts';
import { Random } from './random.ts';

/** GPLEV0 of the Raspberry Pi 4, and INT's bit in it. */
const LEVEL_REGISTER = 0xfe200034;
const INTERRUPT_BIT = 1 << 25;
const RTS = 0x80;
const RTS_MASK = 0xf8;
/** The transmit buffers of answers: TXB1 and TXB2. */
const ANSWER_BUFFERS = 6;

const LOADS: readonly LoadKind[] = ['idle', 'forwarding', 'aglDead', 'aglHostile'];
const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const RUN_NANOS = 40_000_000;
const REQUEST_SPACING_NANOS = 1_900_000;

/** Figures `looks.ANSWER.LOAD.{longestGapNanos,longestWayNanos,worstCaseNanos}`. */
export async function measureLooks(firmware: Firmware): Promise<Figures> {
  const figures: Figures = {};
  for (const answer of ANSWER_KINDS) {
    for (const load of LOADS) {
      const looks = await watch(firmware, answer, load);
      const key = `looks.${answer}.${load}`;
      figures[`${key}.longestGapNanos`] = looks.longestGapNanos;
      figures[`${key}.longestWayNanos`] = looks.longestWayNanos;
      figures[`${key}.worstCaseNanos`] = looks.longestGapNanos + looks.longestWayNanos;
    }
  }
  return figures;
}

async function watch(firmware: Firmware, answer: AnswerKind, load: LoadKind): Promise<LookWatch> {
  const looks = new LookWatch();
  const board = await bootBoard(firmware, {
    engine: 'image',
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules: rulesOf(answer),
    taps: { tap: looks },
  });
  const random = new Random(3);
  startLoad(board, { load }, random);
  // The first answer may have to be loaded whole.
  sendRequest(board, random);
  looks.start(board);
  const endNanos = board.clock.now + RUN_NANOS;
  while (board.clock.now < endNanos) sendRequest(board, random);
  board.engine.close();
  return looks;
}

function sendRequest(board: Board, random: Random): void {
  const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
  board.sender.enqueue(frame, board.clock.now + random.below(REQUEST_SPACING_NANOS / 2), 'request');
  runUntil(board, board.clock.now + REQUEST_SPACING_NANOS);
}

class LookWatch implements SpiTap {
  longestGapNanos = 0;
  longestWayNanos = 0;
  /** The last look; undefined while time is skipped, or a look has seen INT asserted since. */
  #lastNanos: number | undefined;
  /** The first look that saw INT asserted. */
  #seenNanos: number | undefined;
  #instruction = -1;

  start(board: Board): void {
    const { machine, clock } = board;
    const read = machine.readDevice.bind(machine);
    machine.readDevice = (address, size) => {
      const value = read(address, size);
      if (address === LEVEL_REGISTER) this.#looked((value & INTERRUPT_BIT) === 0, clock.now);
      return value;
    };
    // Rounds that are skipped take as long as those before them.
    machine.onIdle = () => (this.#lastNanos = undefined);
  }

  selected(): void {
    this.#instruction = -1;
  }

  byte(mosi: number): void {
    if (this.#instruction < 0) this.#instruction = mosi;
  }

  deselected(nanos: number): void {
    const isSend = (this.#instruction & RTS_MASK) === RTS;
    if (!isSend || (this.#instruction & ANSWER_BUFFERS) === 0) return;
    if (this.#seenNanos !== undefined) {
      this.longestWayNanos = Math.max(this.longestWayNanos, nanos - this.#seenNanos);
    }
    this.#seenNanos = undefined;
  }

  #looked(isAsserted: boolean, nanos: number): void {
    if (this.#lastNanos !== undefined) {
      this.longestGapNanos = Math.max(this.longestGapNanos, nanos - this.#lastNanos);
    }
    this.#lastNanos = isAsserted ? undefined : nanos;
    if (!isAsserted) this.#seenNanos = undefined;
    else this.#seenNanos ??= nanos;
  }
}
