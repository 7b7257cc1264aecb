// SPDX-License-Identifier: MIT
/**
 * EntryStream: reads the entries of a ring. The cell writes the ring without waiting for its
 * readers.
 *
 * Each reader has a cursor: the number of its next entry, counted from the cell's start and
 * wrapping at 2^32. The writer may overwrite an entry while it is read. So an entry counts only if
 * the head, read again afterwards, is still less than a ring away.
 * Does not: keep a position.
 */
import { SharedMemory } from '../hal/shared-memory';

/** The oldest entries of a full ring are not read: the writer may be overwriting them. */
const MARGIN: u32 = 32;
/** Bytes of the largest entry. */
const ENTRY_BYTES_MAXIMUM: u32 = 24;

@final
export class EntryStream<Memory extends SharedMemory> {
  /** Where `take` puts an entry. */
  readonly entry: usize = heap.alloc(ENTRY_BYTES_MAXIMUM);
  /** After `take`: number of entries that were overwritten before this reader came to them. */
  lost: u32 = 0;
  /** After `take`: the reader's next cursor. */
  cursor: u32 = 0;

  /**
   * Entries of `entryBytes` bytes (a multiple of 8, at most 24) in a ring whose capacity is a power
   * of two.
   */
  constructor(
    readonly page: Memory,
    readonly headOffset: u32,
    readonly ringOffset: u32,
    readonly entryBytes: u32,
    public capacity: u32,
  ) {}

  /** The cursor of the oldest entry that can still be read. */
  oldest(): u32 {
    const head = this.head();
    return head > this.kept ? head - this.kept : 0;
  }

  /** The cursor of the next entry to be written. */
  head(): u32 {
    const head = this.page.read32(this.headOffset);
    this.page.barrierRead();
    return head;
  }

  /**
   * Copies the entry at `cursor` to `entry`. Returns false when it is not written yet.
   *
   * A cursor that the writer has overtaken moves to the oldest entry, and `lost` says how far. A
   * cursor ahead of the head moves there, too: the cell has started anew, and nothing was lost.
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
      // Overwritten while it was read. The next call goes on with an entry that is still there.
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
