// SPDX-License-Identifier: MIT
/**
 * Watches the cell look at INT, and finds the longest time that a request can wait.
 *
 * A request that comes between two looks is seen by the second. So the worst case is the longest gap
 * before a look, and the longest way from there to the request to send. Looks are of two kinds, as the
 * ways differ: between two SPI transactions, where the service begins; and within one that gives way,
 * which is broken off first. Only gaps and ways of one kind are added.
 *
 * Too few requests meet a transaction of each sort in each place. So some looks within one are told that
 * INT is asserted though it is not. The cell breaks the transaction off, and how long it takes to its
 * next look, where the service would begin, is part of the way. That look is told the truth again.
 * Work that gives way looks once more just before its transaction. What that look sees, the one before the
 * first byte acts on: it counts as one within, with the time since the look before it. So it does when the
 * work sees INT and does not even begin: the next look is the one with which the service begins. Whether
 * that happens in a run depends on phases, and so on the compiler; the sum must not.
 *
 * A look is a read of the GPIO level register.
 * Does not: hold for `int=spi`, where the cell looks over SPI.
 */
import type { Board } from '../../twin/board/board.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import type { Random } from '../random/random.ts';

/** GPLEV0 of the Raspberry Pi 4, and INT's bit in it. */
const LEVEL_REGISTER = 0xfe200034;
const INTERRUPT_BIT = 1 << 25;
const RTS = 0x80;
const RTS_MASK = 0xf8;
/** Bits of RTS for the transmit buffers of answers, TXB1 and TXB2; of one with a filter, TXB2. */
export const ANSWER_BUFFERS = 6;
export const FILTER_BUFFER = 4;
/** One look in so many within a transaction is told a lie: few enough that none is broken off for ever. */
const LOOKS_PER_LIE = 40;

/** The longest of one kind of look. */
class Longest {
  /** Time without a look, up to one of this kind. */
  gapNanos = 0;
  /** From such a look, INT asserted, to the one with which the service begins. */
  toServiceNanos = 0;
}

export class LookWatch implements SpiTap {
  readonly #between = new Longest();
  readonly #within = new Longest();
  /** From the last look between transactions to the end of the request to send. */
  #serviceNanos = 0;
  /** The time without a look that the last look between transactions has ended. */
  #lastGapNanos = 0;
  /** The last look; undefined while time is skipped, or a look has seen INT asserted since. */
  #lastNanos: number | undefined;
  /** The look within a transaction that saw INT, or was told so, until the next one between two. */
  #brokenNanos: number | undefined;
  /** The first look between transactions that saw INT. */
  #serviceStartNanos: number | undefined;
  #selected = false;
  /** A look between transactions was seen: what was under way when the watch began is over. */
  #isWatching = false;
  /** A transaction has begun since that look. */
  #hasBegun = false;
  #instruction = -1;
  readonly #random: Random;

  readonly #watched: number;

  /** `watched`: bits of RTS for the buffers whose answers are looked at. */
  constructor(random: Random, watched: number = ANSWER_BUFFERS) {
    this.#random = random;
    this.#watched = watched;
  }

  /** The longest time between two looks while INT is not asserted. */
  get longestGapNanos(): number {
    return Math.max(this.#between.gapNanos, this.#within.gapNanos);
  }

  /** The longest time from a look that sees INT to the request to send. */
  get longestWayNanos(): number {
    return this.#within.toServiceNanos + this.#serviceNanos;
  }

  /** The longest time that a request can wait for its request to send. */
  get worstCaseNanos(): number {
    const waits = [this.#between, this.#within].map((kind) => kind.gapNanos + kind.toServiceNanos);
    return Math.max(...waits) + this.#serviceNanos;
  }

  /** From now on. */
  start(board: Board): void {
    const { machine, clock } = board;
    const read = machine.readDevice.bind(machine);
    machine.readDevice = (address, size) => {
      const value = read(address, size);
      if (address !== LEVEL_REGISTER) return value;
      const isLie = this.#givesWay && this.#random.below(LOOKS_PER_LIE) === 0;
      const told = isLie ? (value & ~INTERRUPT_BIT) >>> 0 : value;
      this.#looked((told & INTERRUPT_BIT) === 0, clock.now);
      return told;
    };
    // Rounds that are skipped take as long as those before them.
    machine.onIdle = () => (this.#lastNanos = undefined);
  }

  selected(): void {
    this.#selected = true;
    this.#hasBegun = true;
    this.#instruction = -1;
  }

  byte(mosi: number): void {
    if (this.#instruction < 0) this.#instruction = mosi;
  }

  deselected(nanos: number): void {
    this.#selected = false;
    const isSend = (this.#instruction & RTS_MASK) === RTS;
    if (!isSend || (this.#instruction & ANSWER_BUFFERS) === 0) return;
    if (this.#serviceStartNanos !== undefined && (this.#instruction & this.#watched) !== 0) {
      this.#serviceNanos = Math.max(this.#serviceNanos, nanos - this.#serviceStartNanos);
    }
    this.#serviceStartNanos = undefined;
  }

  /** A transaction is under way that is no part of a service, so it is broken off for one. */
  get #givesWay(): boolean {
    return this.#isWatching && this.#selected && this.#serviceStartNanos === undefined;
  }

  #looked(isAsserted: boolean, nanos: number): void {
    this.#isWatching ||= !this.#selected;
    if (!this.#isWatching) return;
    const kind = this.#selected ? this.#within : this.#between;
    const gapNanos = this.#lastNanos === undefined ? 0 : nanos - this.#lastNanos;
    kind.gapNanos = Math.max(kind.gapNanos, gapNanos);
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
      this.#within.toServiceNanos = Math.max(this.#within.toServiceNanos, toService);
      this.#brokenNanos = undefined;
    }
    if (!isAsserted) this.#serviceStartNanos = undefined;
    else if (this.#serviceStartNanos === undefined) {
      this.#serviceStartNanos = nanos;
      this.#hasBegun = false;
    }
  }

  /** No byte is clocked yet: the work gives way, and the look before began no service. */
  #takeBack(): void {
    this.#within.gapNanos = Math.max(this.#within.gapNanos, this.#lastGapNanos);
    this.#brokenNanos ??= this.#serviceStartNanos;
    this.#serviceStartNanos = undefined;
    this.#lastGapNanos = 0;
  }
}
