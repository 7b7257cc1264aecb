// SPDX-License-Identifier: MIT
/**
 * ReceiveOrder: which of the two receive buffers holds the older frame. Pure: it is told what READ STATUS
 * said and what was read.
 *
 * With rollover (BUKT) a frame goes to RXB1 only while RXB0 is full. So of two full buffers RXB0 is usually
 * the older. The exception: RXB0 was read since RXB1 was last known to be empty. Then RXB1 filled up before
 * that read, and the frame now in RXB0 came later. Reading RXB0 first would swap the two frames.
 */
import { STATUS_RECEIVED_MASK, STATUS_RX0IF, STATUS_RX1IF } from './registers';

@final
export class ReceiveOrder {
  /** RXnIF bits of the last READ STATUS, without the buffers read since: these are full for certain. */
  private full: u32 = 0;
  /** RXB0 was read, and RXB1 has not been seen empty since. */
  private buffer1Older: bool = false;
  /** Nothing was read since both buffers were seen empty. */
  private seenEmpty: bool = false;

  /** True if a buffer is known to be full. */
  get known(): bool {
    return this.full !== 0;
  }

  /** Both buffers are empty: after a reset, or while the interrupt line is not asserted. */
  allEmpty(): void {
    this.full = 0;
    this.buffer1Older = false;
    this.seenEmpty = true;
  }

  /**
   * The interrupt line shows that a buffer is full. Returns true if it can only be RXB0, which then counts as
   * known: both were empty, and with shared buffers a frame goes to RXB0 first.
   */
  speculativeRead(): bool {
    if (!this.seenEmpty) return false;
    this.full = STATUS_RX0IF;
    return true;
  }

  /** True if RXB0 is known to be full. */
  get buffer0Full(): bool {
    return (this.full & STATUS_RX0IF) !== 0;
  }

  /** True if RXB1 is known to be full. */
  get buffer1Full(): bool {
    return (this.full & STATUS_RX1IF) !== 0;
  }

  /** A frame in RXB1 would be older than that in RXB0. */
  get isBuffer1Older(): bool {
    return this.buffer1Older;
  }

  /** RXB0 has just filled. If RXB1 is full as well, that is the older frame. */
  preferBuffer1(): void {
    this.buffer1Older = (this.full & STATUS_RX1IF) !== 0;
  }

  /** Takes the answer of READ STATUS, or bits 7..6 of RX STATUS. */
  update(status: u32): void {
    this.full = status & STATUS_RECEIVED_MASK;
    if ((status & STATUS_RX1IF) === 0) this.buffer1Older = false;
  }

  /** The buffer to read now, 0 or 1, which then counts as read. Only while `known`. */
  take(): u32 {
    const readBuffer1 =
      (this.full & STATUS_RX1IF) !== 0 && (this.buffer1Older || (this.full & STATUS_RX0IF) === 0);
    this.full &= readBuffer1 ? ~STATUS_RX1IF : ~STATUS_RX0IF;
    this.buffer1Older = !readBuffer1;
    this.seenEmpty = false;
    return readBuffer1 ? 1 : 0;
  }
}
