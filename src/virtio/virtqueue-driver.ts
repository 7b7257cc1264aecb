// SPDX-License-Identifier: MIT
/**
 * The driver's end of one split virtqueue: descriptors, the available ring, and the used ring. The caller
 * fixes the descriptors at set-up, and rings the doorbell if `kickWanted`.
 *
 * The peer can write all of it, so nothing written here is read back: offsets, indices and the heads that the
 * peer holds are kept in private memory. Only the used index, the used elements and the used flags come from
 * the peer. Each is read once, then checked.
 */
import { BLOCK_BYTES, SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import {
  alignUp,
  AVAILABLE_FLAG_NO_INTERRUPT,
  AVAILABLE_FLAGS,
  AVAILABLE_INDEX,
  AVAILABLE_RING,
  availableRingBytes,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_LENGTH,
  descriptorTableBytes,
  INDEX_MASK,
  QUEUE_SIZE_MAXIMUM,
  USED_ELEMENT_BYTES,
  USED_FLAG_NO_NOTIFY,
  USED_FLAGS,
  USED_INDEX,
  USED_RING,
  usedRingBytes,
} from './split-queue';

/** Bytes zeroed by one `clearStep`. Bounds a set-up step. */
const CLEAR_BYTES_PER_STEP: u32 = 64;

export class VirtqueueDriver<Memory extends SharedMemory> {
  /** Head and byte count of the last used element. Valid after `takeUsed` returned `Ok`. */
  usedHead: u32 = 0;
  usedLength: u32 = 0;
  /** Entries of the queue, a power of two. */
  size: u32 = 0;
  /** Chains the peer holds. */
  heldCount: u32 = 0;
  /** Offsets of the three parts in the section, for the registers. */
  descriptorOffset: u32 = 0;
  availableOffset: u32 = 0;
  usedOffset: u32 = 0;

  protected readonly section: Memory;
  /** One byte per descriptor: 1 while the peer holds the chain at it. */
  protected readonly held: usize;
  protected availableIndex: u32 = 0;
  /** Blocks of the section with the available ring's index, and with the used ring's flags and index. */
  protected availableBlock: u32 = 0;
  private usedBlock: u32 = 0;
  private usedIndex: u32 = 0;
  private clearOffset: u32 = 0;
  private endOffset: u32 = 0;

  constructor(section: Memory) {
    this.section = section;
    this.held = heap.alloc(QUEUE_SIZE_MAXIMUM);
  }

  /**
   * Lays out a queue of `size` entries (a power of two, at most 256) from `offset` on and forgets the old
   * one. Returns the offset behind it. Then call `clearStep` until it returns true.
   */
  place(size: u32, offset: u32): u32 {
    this.size = size;
    this.descriptorOffset = alignUp(offset, BLOCK_BYTES);
    this.availableOffset = alignUp(this.descriptorOffset + descriptorTableBytes(size), BLOCK_BYTES);
    this.usedOffset = alignUp(this.availableOffset + availableRingBytes(size), BLOCK_BYTES);
    this.endOffset = alignUp(this.usedOffset + usedRingBytes(size), BLOCK_BYTES);
    this.availableBlock = this.section.blocks(this.availableOffset, 1);
    this.usedBlock = this.section.blocks(this.usedOffset, 1);
    this.clearOffset = this.descriptorOffset;
    this.availableIndex = 0;
    this.usedIndex = 0;
    this.heldCount = 0;
    memory.fill(this.held, 0, QUEUE_SIZE_MAXIMUM);
    return this.endOffset;
  }

  /** Zeroes the next 64 bytes of the queue's memory. True when all of it is zero. */
  clearStep(): bool {
    let stop = this.clearOffset + CLEAR_BYTES_PER_STEP;
    if (stop > this.endOffset) stop = this.endOffset;
    // loop: at most 8
    while (this.clearOffset < stop) {
      this.section.write64(this.clearOffset, 0);
      this.clearOffset += 8;
    }
    return this.clearOffset === this.endOffset;
  }

  /** Tells the peer that this end polls and wants no interrupt for this queue. */
  suppressInterrupts(): void {
    this.section.write16(this.availableOffset + AVAILABLE_FLAGS, AVAILABLE_FLAG_NO_INTERRUPT);
  }

  /** Takes that back: from the next returned chain on the peer interrupts. Look once more afterwards. */
  requestInterrupts(): void {
    this.section.write16(this.availableOffset + AVAILABLE_FLAGS, 0);
    // The flag must be visible before the last look, or both ends may fall asleep.
    this.section.barrierFull();
  }

  /** Writes descriptor `index`: a buffer of `length` bytes at section offset `address`. */
  setDescriptor(index: u32, address: u32, length: u32, flags: u32, next: u32): void {
    const at = this.descriptorOffset + index * DESCRIPTOR_BYTES;
    this.section.write64(at, address);
    const tail = (<u64>length) | ((<u64>flags) << 32) | ((<u64>next) << 48);
    this.section.write64(at + DESCRIPTOR_LENGTH, tail);
  }

  /** Hands the chain at descriptor `head` to the peer, which must not hold it. */
  offer(head: u32): void {
    const slot = this.availableIndex & (this.size - 1);
    this.section.write16(this.availableOffset + AVAILABLE_RING + 2 * slot, head);
    store<u8>(this.held + head, 1);
    this.heldCount += 1;
    this.availableIndex = (this.availableIndex + 1) & INDEX_MASK;
    // The chain and the ring entry must be visible before the index that publishes them. The buffer, and the
    // used element that named it, must have been read: the peer may overwrite them afterwards.
    this.section.barrierFull();
    this.section.blockWrite16(this.availableBlock + AVAILABLE_INDEX, this.availableIndex);
  }

  /** True if the peer wants the doorbell rung for the offered chains. */
  kickWanted(): bool {
    // The index must be visible before the flag is read, or both ends may fall asleep.
    this.section.barrierFull();
    return (this.section.blockRead16(this.usedBlock + USED_FLAGS) & USED_FLAG_NO_NOTIFY) === 0;
  }

  /** True if the peer has returned a chain that was not taken yet: one load. */
  hasUsed(): bool {
    return this.section.blockRead16(this.usedBlock + USED_INDEX) !== this.usedIndex;
  }

  /**
   * Takes one used element into `usedHead` and `usedLength`. `Empty`: none. `RingIndexBad`: the peer returned
   * more than it holds, or a chain it does not hold; the queue is then unusable.
   */
  takeUsed(): Status {
    const published = this.section.blockRead16(this.usedBlock + USED_INDEX);
    const pending = (published - this.usedIndex) & INDEX_MASK;
    if (pending === 0) return Status.Empty;
    if (pending > this.heldCount) return Status.RingIndexBad;
    this.section.barrierRead();
    const slot = this.usedIndex & (this.size - 1);
    const element = this.usedOffset + USED_RING + slot * USED_ELEMENT_BYTES;
    const head = this.section.read32(element);
    const length = this.section.read32(element + 4);
    if (head >= this.size || load<u8>(this.held + head) === 0) return Status.RingIndexBad;
    store<u8>(this.held + head, 0);
    this.heldCount -= 1;
    this.usedIndex = (this.usedIndex + 1) & INDEX_MASK;
    this.usedHead = head;
    this.usedLength = length;
    return Status.Ok;
  }

  /** Undoes the last `takeUsed`, of the chain at `head`: it is taken again. */
  putBackUsed(head: u32): void {
    store<u8>(this.held + head, 1);
    this.heldCount += 1;
    this.usedIndex = (this.usedIndex - 1) & INDEX_MASK;
  }
}
