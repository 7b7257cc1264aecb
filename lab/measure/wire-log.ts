// SPDX-License-Identifier: MIT
/**
 * What the wires show of the requests of one rule and their answers: CAN, INT, SPI.
 *
 * Does not: send anything, or ask the firmware.
 */
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import type { SpiTransaction } from '../rig/spi-transactions.ts';

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

const INTERMISSION_BITS = 3;
/** RTS for any transmit buffer (DS20001801J, table 12-1). */
const RTS = 0x80;
/** LOAD TX BUFFER, TXB0 from SIDH; two more for each next buffer. */
const LOAD_TX_BUFFER = 0x40;
const RTS_MASK = 0xf8;

/** The events on the wires that concern the requests of one rule. */
export class WireLog {
  frames = 0;
  readonly #request: number;
  readonly #answer: number;
  readonly #requests: WireRecord[] = [];
  readonly #answers: WireRecord[] = [];
  readonly interruptFalls: number[] = [];
  readonly #transactions: SpiTransaction[] = [];
  /** Those that request the answer, and the transmit buffers that hold it, as bits of RTS. */
  readonly #sends = new Set<SpiTransaction>();
  #answerBuffers = 0;
  readonly #samples: Sample[] = [];
  #nextFall = 0;

  /** The identifiers of request and answer, both standard. */
  constructor(request: number, answer: number) {
    this.#request = request;
    this.#answer = answer;
  }

  transaction(transaction: SpiTransaction): void {
    if (this.#requestsAnswer(transaction.mosi)) this.#sends.add(transaction);
    this.#transactions.push(transaction);
  }

  wireRecorded(record: WireRecord): void {
    if (record.outcome !== 'complete') return;
    this.frames += 1;
    if (record.frame.identifier === this.#request) this.#requests.push(record);
    if (record.sender === CELL_SENDER && record.frame.identifier === this.#answer) {
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
      const isAnswer = ((high << 3) | (low >> 5)) === this.#answer;
      this.#answerBuffers = isAnswer ? this.#answerBuffers | bit : this.#answerBuffers & ~bit;
    }
    return (instruction & RTS_MASK) === RTS && (instruction & this.#answerBuffers) !== 0;
  }
}
