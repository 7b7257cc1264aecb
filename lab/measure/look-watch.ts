// SPDX-License-Identifier: MIT
/**
 * Watches the cell look at INT, and finds the longest time that a request can wait. A look is a
 * read of the GPIO level register.
 *
 * A request that comes between two looks is seen by the second. So the worst case is the longest
 * gap before a look, plus the longest way from there to the request to send. Looks are of two
 * kinds, because the ways differ. A look between two SPI transactions begins the service. A look
 * within a transaction that yields aborts the transaction first. Only gaps and ways of the same
 * kind are added. Looks within transactions of different instructions are of different kinds: after
 * a request to send more is to be noted than after a READ.
 *
 * A look while a byte is on the wire waits for its end. So the gap of such a look lasts until the
 * end of the byte, and the way begins there.
 *
 * Too few requests meet a transaction of each sort in each place. So the watch lies to some looks
 * within a transaction: it reports INT as asserted although it is not. The cell aborts the
 * transaction. The time to its next look, where the service would begin, is part of the way. That
 * look gets the true level again.
 *
 * Work that yields looks once more just before its transaction. The look before the first byte acts
 * on what this look saw, so it counts as a look within, with the time since the look before it. The
 * same holds if the work sees INT and does not begin: the service then begins with the next look.
 * Whether that happens in a run depends on phases, and so on the compiler. The sum must not depend
 * on it.
 *
 * A frame that does not assert INT is read without a look. No request can come then, if the read
 * ends before the shortest frame could have ended after that one. Only such reads do not count.
 *
 * Does not: hold for `int=spi`, where the cell reads INT over SPI.
 */
import type { Board } from '../../twin/board/board.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import { OTHER_REQUEST_IDENTIFIER, REQUEST_IDENTIFIER } from './latency-case.ts';
import type { Random } from '../random/random.ts';

/** What may ask for a measured answer. */
const REQUESTS = [REQUEST_IDENTIFIER, OTHER_REQUEST_IDENTIFIER];
/** GPLEV0 of the Raspberry Pi 4, and INT's bit in it. */
const LEVEL_REGISTER = 0xfe200034;
const INTERRUPT_BIT = 1 << 25;
const READ_RX_BUFFER = 0x90;
const READ_RX_BUFFER_MASK = 0xf8;
/** From the end of a frame to the end of the next, at least. */
const SHORTEST_FRAME_BITS = 47;
const RTS = 0x80;
const RTS_MASK = 0xf8;
/**
 * Bits of RTS for the transmit buffers of answers, TXB1 and TXB2. An answer with a filter has TXB2.
 */
export const ANSWER_BUFFERS = 6;
export const FILTER_BUFFER = 4;
/**
 * One look within a transaction in this many gets a lie. Lies are rare enough that every
 * transaction ends at some time.
 */
const LOOKS_PER_LIE = 200;

/** No instruction: the transaction has not begun. */
const NOT_BEGUN = -1;

/** The longest times of one kind of look. */
class Longest {
  /** Longest time without a look, up to a look of this kind. */
  gapNanos = 0;
  /** Longest time from such a look with INT asserted to the look with which the service begins. */
  toServiceNanos = 0;
}

export class LookWatch implements SpiTap {
  readonly #between = new Longest();
  /** By instruction; NOT_BEGUN: for work that yielded before its transaction. */
  readonly #within = new Map<number, Longest>();
  /** The longest gap within the present transaction. */
  #transactionGapNanos = 0;
  /** The instruction of the transaction that was broken off at #brokenNanos. */
  #brokenInstruction = NOT_BEGUN;
  /** Longest time from the last look between transactions to the end of the request to send. */
  #serviceNanos = 0;
  /** The gap before the latest look between transactions. */
  #lastGapNanos = 0;
  /**
   * Time of the latest look. Undefined while time is skipped, and after a look that saw INT
   * asserted.
   */
  #lastNanos: number | undefined;
  /**
   * Time of the look within a transaction that saw INT or got a lie. Reset by the next look between
   * transactions.
   */
  #brokenNanos: number | undefined;
  /** Time of the first look between transactions that saw INT. */
  #serviceStartNanos: number | undefined;
  #selected = false;
  /** The looks since the last byte, each with the time of the look before it. */
  #looksOfByte: { nanos: number; beforeNanos: number }[] = [];
  /** The end of the last frame on the bus, and whether it was a request. */
  #frameEndNanos = -Infinity;
  #frameIsRequest = false;
  #quietNanos = 0;
  /** A look between transactions was seen, so anything under way when the watch began is over. */
  #isWatching = false;
  /** A transaction has begun since that look. */
  #hasBegun = false;
  #instruction = NOT_BEGUN;
  readonly #random: Random;

  readonly #watched: number;

  /** `watched`: bits of RTS for the buffers whose answers are measured. */
  constructor(random: Random, watched: number = ANSWER_BUFFERS) {
    this.#random = random;
    this.#watched = watched;
  }

  /** The longest time between two looks while INT is not asserted. */
  get longestGapNanos(): number {
    return Math.max(
      this.#between.gapNanos,
      ...[...this.#within.values()].map(({ gapNanos }) => gapNanos),
    );
  }

  /** The longest time from a look that sees INT to the request to send. */
  get longestWayNanos(): number {
    const toService = [...this.#within.values()].map(({ toServiceNanos }) => toServiceNanos);
    return Math.max(0, ...toService) + this.#serviceNanos;
  }

  /** The longest time that a request can wait for its request to send. */
  get worstCaseNanos(): number {
    const kinds = [this.#between, ...this.#within.values()];
    const waits = kinds.map((kind) => kind.gapNanos + kind.toServiceNanos);
    return Math.max(...waits) + this.#serviceNanos;
  }

  /** The same for a request that comes while no transaction is on the wire. */
  get betweenNanos(): number {
    return this.#between.gapNanos + this.#serviceNanos;
  }

  /** Watches the board from now on. */
  start(board: Board): void {
    const { machine, clock, bus } = board;
    this.#quietNanos = SHORTEST_FRAME_BITS * bus.bitNanos;
    // One that is read first may have ended before, as late as now.
    this.#frameEndNanos = clock.now;
    bus.onFrame(({ endNanos, frame }) => {
      this.#frameEndNanos = endNanos;
      this.#frameIsRequest = REQUESTS.includes(frame.identifier);
    });
    const read = machine.readDevice.bind(machine);
    machine.readDevice = (address, size) => {
      const value = read(address, size);
      if (address !== LEVEL_REGISTER) return value;
      const isLie = this.#givesWay && this.#random.below(LOOKS_PER_LIE) === 0;
      const told = isLie ? (value & ~INTERRUPT_BIT) >>> 0 : value;
      this.#looked((told & INTERRUPT_BIT) === 0, clock.now);
      return told;
    };
    // Skipped rounds take as long as the rounds before them.
    machine.onIdle = () => (this.#lastNanos = undefined);
  }

  selected(): void {
    this.#selected = true;
    this.#hasBegun = true;
    this.#instruction = NOT_BEGUN;
    this.#transactionGapNanos = 0;
  }

  byte(mosi: number, _miso = 0, nanos = 0, byteNanos = 0): void {
    if (this.#instruction < 0) this.#instruction = mosi;
    const startNanos = nanos - byteNanos;
    const first = this.#looksOfByte.find((look) => look.nanos > startNanos && look.nanos <= nanos);
    const gapNanos = first === undefined ? 0 : nanos - first.beforeNanos;
    this.#transactionGapNanos = Math.max(this.#transactionGapNanos, gapNanos);
    this.#looksOfByte = [];
    if (this.#brokenNanos !== undefined) this.#brokenNanos = Math.max(this.#brokenNanos, nanos);
  }

  deselected(nanos: number): void {
    this.#selected = false;
    this.#looksOfByte = [];
    const kind = this.#withinOf(this.#instruction);
    kind.gapNanos = Math.max(kind.gapNanos, this.#transactionGapNanos);
    if (this.#brokenNanos !== undefined) this.#brokenInstruction = this.#instruction;
    if ((this.#instruction & READ_RX_BUFFER_MASK) === READ_RX_BUFFER) this.#frameRead(nanos);
    const isSend = (this.#instruction & RTS_MASK) === RTS;
    if (!isSend || (this.#instruction & ANSWER_BUFFERS) === 0) return;
    if (this.#serviceStartNanos !== undefined && (this.#instruction & this.#watched) !== 0) {
      this.#serviceNanos = Math.max(this.#serviceNanos, nanos - this.#serviceStartNanos);
    }
    this.#serviceStartNanos = undefined;
  }

  /** A frame was read up to `nanos`. Without a look, if INT did not tell of it. */
  #frameRead(nanos: number): void {
    if (this.#lastNanos === undefined || nanos > this.#frameEndNanos + this.#quietNanos) return;
    if (this.#frameIsRequest && this.#frameEndNanos > this.#lastNanos) return;
    this.#lastNanos = nanos;
  }

  /** A transaction is under way that is not part of a service, so a service aborts it. */
  get #givesWay(): boolean {
    return this.#isWatching && this.#selected && this.#serviceStartNanos === undefined;
  }

  #looked(isAsserted: boolean, nanos: number): void {
    this.#isWatching ||= !this.#selected;
    if (!this.#isWatching) return;
    const gapNanos = this.#lastNanos === undefined ? 0 : nanos - this.#lastNanos;
    if (this.#selected) {
      this.#transactionGapNanos = Math.max(this.#transactionGapNanos, gapNanos);
    } else {
      this.#between.gapNanos = Math.max(this.#between.gapNanos, gapNanos);
    }
    if (this.#selected && this.#lastNanos !== undefined) {
      this.#looksOfByte.push({ nanos, beforeNanos: this.#lastNanos });
    }
    this.#lastNanos = isAsserted ? undefined : nanos;
    if (this.#selected) {
      if (this.#instruction < 0) this.#takeBack();
      if (isAsserted && this.#givesWay) this.#brokenNanos ??= nanos;
      return;
    }
    if (this.#serviceStartNanos !== undefined && !this.#hasBegun) this.#takeBack();
    this.#lastGapNanos = gapNanos;
    if (this.#brokenNanos !== undefined) {
      const toService = nanos - this.#brokenNanos;
      const kind = this.#withinOf(this.#brokenInstruction);
      kind.toServiceNanos = Math.max(kind.toServiceNanos, toService);
      this.#brokenInstruction = NOT_BEGUN;
      this.#brokenNanos = undefined;
    }
    if (!isAsserted) this.#serviceStartNanos = undefined;
    else if (this.#serviceStartNanos === undefined) {
      this.#serviceStartNanos = nanos;
      this.#hasBegun = false;
    }
  }

  #withinOf(instruction: number): Longest {
    const kind = this.#within.get(instruction) ?? new Longest();
    this.#within.set(instruction, kind);
    return kind;
  }

  /** No byte has been clocked. The work yields, so the previous look began no service. */
  #takeBack(): void {
    if (this.#selected) {
      this.#transactionGapNanos = Math.max(this.#transactionGapNanos, this.#lastGapNanos);
    } else {
      const kind = this.#withinOf(NOT_BEGUN);
      kind.gapNanos = Math.max(kind.gapNanos, this.#lastGapNanos);
    }
    this.#brokenNanos ??= this.#serviceStartNanos;
    this.#serviceStartNanos = undefined;
    this.#lastGapNanos = 0;
  }
}
