// SPDX-License-Identifier: MIT
/**
 * Measures one latency case: sends requests at random moments and follows each to its answer.
 *
 * Everything is read from the wires: CAN, INT, SPI.
 * Does not: ask the firmware.
 */
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { CELL_SENDER, type Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { SpiRecorder, type SpiTransaction } from '../rig/spi-transactions.ts';
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

/** One request and its outcome. Times in nanoseconds of the run. */
export interface Sample {
  /** INT falls. If INT is already low, the chip stores the request. */
  readonly interruptNanos: number;
  /** Chip select rises after the request to send, so the chip has it. */
  readonly sendNanos: number;
  readonly requestEndNanos: number;
  readonly answerStartNanos: number;
  /** The answer is the next frame on the bus, directly after the intermission. */
  readonly firstSlot: boolean;
  /** Bytes and transactions that began after INT, up to and including the request to send. */
  readonly spiBytes: number;
  readonly chipSelects: number;
  /** The transactions of `spiBytes`, and the one before if it was under way. */
  readonly transactions: readonly SpiTransaction[];
}

export interface LatencyResult {
  readonly samples: readonly Sample[];
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

const INTERMISSION_BITS = 3;
/** RTS for any transmit buffer (DS20001801J, table 12-1). */
const RTS = 0x80;
/** LOAD TX BUFFER, TXB0 from SIDH; two more for each next buffer. */
const LOAD_TX_BUFFER = 0x40;
const RTS_MASK = 0xf8;
/** Bit times between two requests. Up to the same number is added at random. */
const SPACING_BITS = 800;
/** Requests that are sent to warm up, because the first answer may have to be loaded completely. */
const WARM_UP_REQUESTS = 2;
const DRAIN_BITS = 4_000;

/** Runs `item` on `firmware`. */
export async function measureLatency(
  firmware: Measured,
  item: LatencyCase,
): Promise<LatencyResult> {
  const log = new WireLog();
  const board = await openBench(firmware, {
    engine: item.engine,
    bitrate: item.bitrate,
    spiHertz: item.spiHertz,
    rules: rulesOf(item.answer),
    tap: log.recorder,
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
    const samples = log.pair(bitNanos);
    const seconds = (board.clock.now - startNanos) / 1e9;
    return {
      samples: samples.slice(WARM_UP_REQUESTS),
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

/** The events on the wires that concern requests. */
class WireLog {
  readonly recorder = new SpiRecorder();
  frames = 0;
  readonly #requests: WireRecord[] = [];
  readonly #answers: WireRecord[] = [];
  readonly interruptFalls: number[] = [];
  readonly #transactions: SpiTransaction[] = [];
  /** Those that request the answer, and the transmit buffers that hold it, as bits of RTS. */
  readonly #sends = new Set<SpiTransaction>();
  #answerBuffers = 0;
  readonly #samples: Sample[] = [];
  #nextFall = 0;

  constructor() {
    this.recorder.onTransaction = (transaction) => {
      if (this.#requestsAnswer(transaction.mosi)) this.#sends.add(transaction);
      this.#transactions.push(transaction);
    };
  }

  wireRecorded(record: WireRecord): void {
    if (record.outcome !== 'complete') return;
    this.frames += 1;
    if (record.frame.identifier === REQUEST_IDENTIFIER) this.#requests.push(record);
    if (record.sender === CELL_SENDER && record.frame.identifier === ANSWER_IDENTIFIER) {
      this.#answers.push(record);
    }
  }

  /**
   * Pairs requests with answers, in order. A request whose answer does not come before the next
   * request counts as unanswered.
   */
  pair(bitNanos: number): Sample[] {
    let first = 0;
    for (const [index, request] of this.#requests.entries()) {
      const next = this.#requests[index + 1]?.startNanos ?? Infinity;
      const answer = this.#answers.find(
        ({ startNanos }) => startNanos > request.endNanos && startNanos < next,
      );
      if (!answer) continue;
      const interruptNanos = this.#interruptNanosOf(request, bitNanos);
      while ((this.#transactions[first]?.deselectNanos ?? Infinity) < interruptNanos) first += 1;
      const sample = this.#follow(request, interruptNanos, answer, first, bitNanos);
      if (sample) this.#samples.push(sample);
    }
    return this.#samples;
  }

  /** The fall of INT at the end of the request. If INT was already low, the end of the request. */
  #interruptNanosOf({ endNanos }: WireRecord, bitNanos: number): number {
    const falls = this.interruptFalls;
    while ((falls[this.#nextFall] ?? Infinity) < endNanos - 2 * bitNanos) this.#nextFall += 1;
    const fall = falls[this.#nextFall] ?? Infinity;
    return fall <= endNanos + 2 * bitNanos ? fall : endNanos;
  }

  #follow(
    request: WireRecord,
    interruptNanos: number,
    answer: WireRecord,
    first: number,
    bitNanos: number,
  ): Sample | undefined {
    const upToAnswer: SpiTransaction[] = [];
    for (let index = first; index < this.#transactions.length; index += 1) {
      const transaction = this.#transactions[index];
      if (transaction.selectNanos >= answer.startNanos) break;
      upToAnswer.push(transaction);
    }
    const last = upToAnswer.findLastIndex((transaction) => this.#sends.has(transaction));
    const send = upToAnswer[last];
    if (!send) return undefined;
    const transactions = upToAnswer.slice(0, last + 1);
    const own = transactions.filter(({ selectNanos }) => selectNanos >= interruptNanos);
    return {
      interruptNanos,
      sendNanos: send.deselectNanos,
      requestEndNanos: request.endNanos,
      answerStartNanos: answer.startNanos,
      firstSlot: answer.startNanos - request.endNanos <= (INTERMISSION_BITS + 0.01) * bitNanos,
      spiBytes: own.reduce((sum, { mosi }) => sum + mosi.length, 0),
      chipSelects: own.length,
      transactions,
    };
  }

  /** Follows LOAD TX BUFFER from SIDH. True if `mosi` is RTS for a buffer that holds the answer. */
  #requestsAnswer([instruction, high, low]: readonly number[]): boolean {
    const isLoad = instruction >= LOAD_TX_BUFFER && instruction <= LOAD_TX_BUFFER + 4;
    if (isLoad && (instruction & 1) === 0) {
      const bit = 1 << ((instruction - LOAD_TX_BUFFER) >> 1);
      const isAnswer = ((high << 3) | (low >> 5)) === ANSWER_IDENTIFIER;
      this.#answerBuffers = isAnswer ? this.#answerBuffers | bit : this.#answerBuffers & ~bit;
    }
    return (instruction & RTS_MASK) === RTS && (instruction & this.#answerBuffers) !== 0;
  }
}
