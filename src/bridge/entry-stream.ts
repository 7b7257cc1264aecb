// SPDX-License-Identifier: MIT
/**
 * EntryStream: reads the entries of a ring that the cell writes without waiting for anybody.
 *
 * Does not: keep a position. Each reader has a cursor of its own: the number of the entry that it
 * wants next, counted from the cell's start and wrapping at 2^32. Nothing holds the writer back, so
 * an entry is believed only when the head, read again afterwards, is still less than a ring away.
 */
import { SharedMemory } from '../hal/shared-memory';

/** So close behind the head a full ring away nothing is read: the writer may be at it. */
const MARGIN: u32 = 32;
/** Bytes of the largest entry. */
const ENTRY_BYTES_MAXIMUM: u32 = 24;

@final
export class EntryStream<Memory extends SharedMemory> {
  /** Where `take` puts an entry. */
  readonly entry: usize = heap.alloc(ENTRY_BYTES_MAXIMUM);
  /** After `take`: entries that were overwritten before they could be read. */
  lost: u32 = 0;
  /** After `take`: the reader's next cursor. */
  cursor: u32 = 0;

  /** Entries of `entryBytes` bytes, a multiple of 8 and at most 24, in a ring of a power of two. */
  constructor(
    readonly page: Memory,
    readonly headOffset: u32,
    readonly ringOffset: u32,
    readonly entryBytes: u32,
    readonly capacity: u32,
  ) {}

  /** The cursor of the oldest entry that can still be read. */
  oldest(): u32 {
    const head = this.head();
    return head > this.kept ? head - this.kept : 0;
  }

  /** The cursor of the entry that comes next. */
  head(): u32 {
    const head = this.page.read32(this.headOffset);
    this.page.barrierRead();
    return head;
  }

  /**
   * Takes the entry at `cursor` to `entry`; false when there is none yet. A cursor that the writer
   * has overtaken moves to the oldest entry, and `lost` says by how many; so does one that is ahead
   * of the head, because the cell has started anew: that is no loss.
   */
  take(cursor: u32): bool {
    this.lost = 0;
    this.cursor = cursor;
    const head = this.head();
    const behind = head - cursor;
    if (behind > u32.MAX_VALUE >> 1) this.cursor = this.oldest();
    else if (behind > this.kept) this.skipTo(head - this.kept);
    if (this.cursor === head) return false;
    this.copy();
    this.page.barrierRead();
    const headNow = this.page.read32(this.headOffset);
    if (headNow - this.cursor > this.kept) {
      // Overwritten meanwhile. The next call goes on where there is something to read.
      this.skipTo(headNow - this.kept);
      return false;
    }
    this.cursor += 1;
    return true;
  }

  private get kept(): u32 {
    return this.capacity - MARGIN;
  }

  private skipTo(cursor: u32): void {
    this.lost += cursor - this.cursor;
    this.cursor = cursor;
  }

  private copy(): void {
    const slot = this.cursor & (this.capacity - 1);
    const start = this.ringOffset + slot * this.entryBytes;
    for (let offset: u32 = 0; offset < this.entryBytes; offset += 8) {
      store<u64>(this.entry + offset, this.page.read64(start + offset));
    }
  }
}
