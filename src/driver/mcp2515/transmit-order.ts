// SPDX-License-Identifier: MIT
/**
 * TransmitOrder: the TXP of the transmit buffers, and which pending frames may be on the wire.
 *
 * The chip takes part in arbitration with its pending frame of the highest TXP; at equal TXP the higher buffer
 * goes first (DS20001801J, section 3.2). It chooses when the bus becomes free. So a frame is *exposed*, that
 * is, may be on the wire, only if it was the first in this order at such a moment. A frame behind another
 * pending one is not. When a frame of another node has ended, only the first of those pending then is.
 *
 * Buffers are named by their request bits in READ STATUS, as in transmit-buffers.ts.
 * Does not: use SPI.
 */
import { STATUS_TX0REQ } from './registers';

/**
 * TXP of TXB0, TXB1 and TXB2 after the set-up, one byte each. None is ever 0, the value after a reset, so
 * TXBnCTRL shows when a chip has lost its frames.
 */
export const PRIORITIES_AT_START: u32 = 1 | (2 << 8) | (3 << 16);
/** The lowest and the highest TXP in use. */
export const PRIORITY_MINIMUM: u32 = 1;
export const PRIORITY_MAXIMUM: u32 = 3;

@final
export class TransmitOrder {
  private priorities: u32 = PRIORITIES_AT_START;
  private exposed: u32 = 0;
  /** Requested, or cleared, since the line was last seen high. */
  sinceHigh: u32 = 0;
  /** The same since the last READ STATUS. */
  sincePoll: u32 = 0;

  /** The chip is being set up: TXP is as at the start. */
  restart(): void {
    this.priorities = PRIORITIES_AT_START;
    this.forget();
  }

  /** No frame is pending. */
  forget(): void {
    this.exposed = 0;
    this.sinceHigh = 0;
    this.sincePoll = 0;
  }

  /** TXP of buffer `buffer`. */
  priority(buffer: u32): u32 {
    return (this.priorities >> (buffer << 3)) & 0xff;
  }

  /** TXP of `buffer` is now `priority`, while the frames of `pending` are on their way. */
  setPriority(buffer: u32, priority: u32, pending: u32): void {
    const shift = buffer << 3;
    this.priorities = (this.priorities & ~(0xff << shift)) | (priority << shift);
    this.exposed |= this.first(pending);
  }

  /** Place of `buffer` in the order. The higher goes first. */
  rank(buffer: u32): u32 {
    return (this.priority(buffer) << 2) | buffer;
  }

  /** Those of `pending` that go before the buffer of `bit`. */
  above(bit: u32, pending: u32): u32 {
    const own = this.rank(bufferOfBit(bit));
    let above: u32 = 0;
    // loop: at most TRANSMIT_BUFFERS
    for (let bits = pending & ~bit; bits !== 0; bits &= bits - 1) {
      const other = bits & -bits;
      if (this.rank(bufferOfBit(other)) > own) above |= other;
    }
    return above;
  }

  /** True if the frame of `bit` may be on the wire. */
  isExposed(bit: u32): bool {
    return (this.exposed & bit) !== 0;
  }

  /** RTS was sent for `bit` while the frames of `pending` were on their way. */
  requested(bit: u32, pending: u32): void {
    this.sinceHigh |= bit;
    this.sincePoll |= bit;
    if (pending !== 0 && this.above(bit, pending) !== 0) this.exposed &= ~bit;
    else this.exposed |= bit;
  }

  /** TXREQ of `bit` was cleared. `isLate`: a frame of another node may have ended long enough before for it to begin. */
  cleared(bit: u32, isLate: bool): void {
    if (isLate) this.sinceHigh |= bit;
    this.sincePoll |= bit;
  }

  /** The line is high: no frame of another node has ended since the last one was taken. */
  lineHigh(): void {
    this.sinceHigh = 0;
  }

  /**
   * A frame of another node has ended. Those of `recent` may have been requested after that. Returns the
   * frames of `pending` that had been before: the bus has kept them waiting.
   */
  frameEnded(pending: u32, recent: u32): u32 {
    const before = pending & ~recent;
    this.exposed = (this.exposed & pending & recent) | this.first(before);
    return before;
  }

  /**
   * READ STATUS has shown that frames have ended, or TXREQ of one was cleared. `pending` are left. `wasSent`:
   * one of them was on the wire, and so none of the others.
   */
  ownEnded(pending: u32, wasSent: bool): void {
    const recent = pending & this.sincePoll;
    const before = wasSent ? 0 : this.exposed & pending;
    this.exposed = before | recent | this.first(pending & ~recent);
  }

  /** READ STATUS was answered. */
  polled(): void {
    this.sincePoll = 0;
  }

  /** The first of `pending` in the order; 0: none. */
  private first(pending: u32): u32 {
    let first: u32 = 0;
    // loop: at most TRANSMIT_BUFFERS
    for (let bits = pending; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits;
      if (first === 0 || this.rank(bufferOfBit(bit)) > this.rank(bufferOfBit(first))) first = bit;
    }
    return first;
  }
}

/** The request bit of a buffer. In READ STATUS each has two neighbouring bits, TXREQ and TXnIF. */
export function requestBit(buffer: u32): u32 {
  return STATUS_TX0REQ << (buffer << 1);
}

/** The buffer of a request bit. */
export function bufferOfBit(bit: u32): u32 {
  return (ctz(bit) - ctz(STATUS_TX0REQ)) >> 1;
}
