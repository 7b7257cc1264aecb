// SPDX-License-Identifier: MIT
/**
 * The driver's transmit queue: a virtqueue whose chains are slots used in turn. The caller converts frames to
 * the words of a message, and rings the doorbell.
 *
 * Slot i is descriptors 2i (the message, read by the device) and 2i+1 (the result, written), with a buffer of
 * one block. Because slots are used in turn, the entries of the available ring never change: they are written
 * once, and handing over a slot only advances the index. A device may finish out of turn; the queue counts as
 * full until the slot whose turn it is comes back.
 *
 * Fields are read into locals first, because a store through a pointer makes the compiler load them again.
 */
import { BLOCK_BYTES, SharedMemory } from '../hal/shared-memory';
import { MESSAGE_BYTES_MAXIMUM, RESULT_BYTES, RESULT_NOT_OK } from './can-messages';
import {
  AVAILABLE_INDEX,
  AVAILABLE_RING,
  DESCRIPTOR_BYTES,
  DESCRIPTOR_FLAG_NEXT,
  DESCRIPTOR_FLAG_WRITE,
  DESCRIPTOR_LENGTH,
  INDEX_MASK,
} from './split-queue';
import { VirtqueueDriver } from './virtqueue-driver';

const DESCRIPTORS_PER_SLOT: u32 = 2;
/** Offset of the result in a slot's buffer, behind the message. */
const RESULT: u32 = MESSAGE_BYTES_MAXIMUM;

@final
export class TransmitQueue<Memory extends SharedMemory> extends VirtqueueDriver<Memory> {
  /** Section offset of the first slot's buffer, a multiple of BLOCK_BYTES. */
  private slotsOffset: u32 = 0;
  /** Handles of the blocks: the slots' buffers, the slots' pairs of descriptors. */
  private slotBlocks: u32 = 0;
  private descriptorBlocks: u32 = 0;
  /** Keeps a descriptor number below the queue's size. */
  private headMask: u32 = 0;

  constructor(section: Memory) {
    super(section);
  }

  get slots(): u32 {
    return this.size / DESCRIPTORS_PER_SLOT;
  }

  /** As `place`, with the buffers behind the queue. Then call `clearStep`, then `fillSlot` for each slot. */
  placeSlots(size: u32, offset: u32): u32 {
    this.slotsOffset = this.place(size, offset);
    this.slotBlocks = this.section.blocks(this.slotsOffset, this.slots);
    this.descriptorBlocks = this.section.blocks(this.descriptorOffset, this.slots);
    this.headMask = size - 1;
    return this.slotsOffset + this.slots * BLOCK_BYTES;
  }

  /** Writes the descriptors of `slot`, and its entries in the available ring. */
  fillSlot(slot: u32): void {
    const head = DESCRIPTORS_PER_SLOT * slot;
    const buffer = this.slotsOffset + slot * BLOCK_BYTES;
    this.setDescriptor(head, buffer, MESSAGE_BYTES_MAXIMUM, DESCRIPTOR_FLAG_NEXT, head + 1);
    this.setDescriptor(head + 1, buffer + RESULT, RESULT_BYTES, DESCRIPTOR_FLAG_WRITE, 0);
    const ring = this.availableOffset + AVAILABLE_RING;
    this.section.write16(ring + 2 * slot, head);
    this.section.write16(ring + 2 * (slot + this.slots), head);
  }

  /** True if the slot whose turn it is is free. */
  get hasRoom(): bool {
    const head = (this.availableIndex * DESCRIPTORS_PER_SLOT) & this.headMask;
    return load<u8>(this.held + head) === 0;
  }

  /** Slots that `send` would find free in turn, at most `limit`. */
  roomUpTo(limit: u32): u32 {
    let count: u32 = 0;
    while (count < limit && count < this.slots) {
      const head = ((this.availableIndex + count) * DESCRIPTORS_PER_SLOT) & this.headMask;
      if (load<u8>(this.held + head) !== 0) break;
      count += 1;
    }
    return count;
  }

  /** Hands the first `bytes` of a message of three words to the device. False: no room. */
  send(word0: u64, word1: u64, word2: u64, bytes: u32): bool {
    const section = this.section;
    const index = this.availableIndex;
    const heldCount = this.heldCount;
    const availableBlock = this.availableBlock;
    const slotBlocks = this.slotBlocks;
    const descriptorBlocks = this.descriptorBlocks;
    const head = (index * DESCRIPTORS_PER_SLOT) & this.headMask;
    const held = this.held + head;
    if (load<u8>(held) !== 0) return false;
    const slot = slotBlocks + head * (BLOCK_BYTES / DESCRIPTORS_PER_SLOT);
    const descriptor = descriptorBlocks + head * DESCRIPTOR_BYTES;
    const next = (index + 1) & INDEX_MASK;
    store<u8>(held, 1);
    this.heldCount = heldCount + 1;
    this.availableIndex = next;
    section.blockWrite64(slot, word0);
    section.blockWrite64(slot + 8, word1);
    section.blockWrite64(slot + 16, word2);
    section.blockWrite8(slot + RESULT, RESULT_NOT_OK);
    section.blockWrite32(descriptor + DESCRIPTOR_LENGTH, bytes);
    // The message and its length must be visible before the index that publishes them.
    section.barrierWrite();
    section.blockWrite16(availableBlock + AVAILABLE_INDEX, next);
    return true;
  }

  /** Section offset of the result of the chain at `head`. */
  resultOffset(head: u32): u32 {
    return this.slotsOffset + head * (BLOCK_BYTES / DESCRIPTORS_PER_SLOT) + RESULT;
  }
}
