// SPDX-License-Identifier: MIT
/**
 * The device's end of one split virtqueue: takes chains from the available ring, returns them used. The
 * caller rings the doorbell.
 *
 * The driver is not trusted. The rings' place is checked once, when the queue is enabled, and kept in private
 * memory. Each index is read once and checked.
 */
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import { DescriptorChain } from './descriptor-chain';
import {
  AVAILABLE_FLAG_NO_INTERRUPT,
  AVAILABLE_FLAGS,
  AVAILABLE_INDEX,
  AVAILABLE_RING,
  availableRingBytes,
  descriptorTableBytes,
  INDEX_MASK,
  isQueueSize,
  USED_ELEMENT_BYTES,
  USED_FLAG_NO_NOTIFY,
  USED_FLAGS,
  USED_INDEX,
  USED_RING,
  usedRingBytes,
} from './split-queue';

@final
export class VirtqueueDevice<Memory extends SharedMemory> {
  /** The chain of the last `take` that returned `Ok`. */
  readonly chain: DescriptorChain<Memory>;
  enabled: bool = false;
  /** Size, and section offsets of the driver's parts. Checked by `enable`. */
  size: u32 = 0;
  descriptorOffset: u32 = 0;
  availableOffset: u32 = 0;

  private readonly section: Memory;
  private usedOffset: u32 = 0;
  private availableIndex: u32 = 0;
  private usedIndex: u32 = 0;
  private kicksSuppressed: bool = false;
  /** The most buffers the driver has offered at once, beyond those returned to it. */
  private offeredMaximum: u32 = 0;

  constructor(section: Memory) {
    this.section = section;
    this.chain = new DescriptorChain<Memory>(section);
  }

  /** Forgets the queue. */
  disable(): void {
    this.enabled = false;
  }

  /**
   * Takes a queue of `size` entries into service, with its parts at the given section offsets.
   * `QueueTooSmall`: the size is not a power of two from 1 to 256. `RingLengthBad`: a part is misaligned or
   * not entirely in the section. The driver's first index is 0.
   */
  enable(size: u32, descriptors: u64, available: u64, used: u64): Status {
    if (!isQueueSize(size)) return Status.QueueTooSmall;
    if (
      !this.fits(descriptors, descriptorTableBytes(size), 16) ||
      !this.fits(available, availableRingBytes(size), 2) ||
      !this.fits(used, usedRingBytes(size), 4)
    ) {
      return Status.RingLengthBad;
    }
    this.size = size;
    this.descriptorOffset = <u32>descriptors;
    this.availableOffset = <u32>available;
    this.usedOffset = <u32>used;
    this.availableIndex = 0;
    this.usedIndex = 0;
    this.kicksSuppressed = false;
    this.offeredMaximum = 0;
    this.enabled = true;
    return Status.Ok;
  }

  /** After `enable`: continues after a restart. Chains not returned before it are taken again. */
  resume(): void {
    this.usedIndex = this.section.read16(this.usedOffset + USED_INDEX);
    this.availableIndex = this.usedIndex;
  }

  /** True if the driver has offered a chain that was not taken yet. */
  hasAvailable(): bool {
    return (
      this.enabled &&
      this.section.read16(this.availableOffset + AVAILABLE_INDEX) !== this.availableIndex
    );
  }

  /**
   * Takes the next chain into `chain`. `Empty`: none. Otherwise the driver's ring is impossible (see
   * DescriptorChain.walk) and the queue unusable.
   */
  take(): Status {
    if (!this.enabled) return Status.Empty;
    const published = this.section.read16(this.availableOffset + AVAILABLE_INDEX);
    const pending = (published - this.availableIndex) & INDEX_MASK;
    if (pending === 0) return Status.Empty;
    if (pending > this.size) return Status.RingIndexBad;
    this.section.barrierRead();
    const slot = this.availableIndex & (this.size - 1);
    const head = this.section.read16(this.availableOffset + AVAILABLE_RING + 2 * slot);
    const status = this.chain.walk(this.descriptorOffset, this.size, head);
    if (status === Status.Ok) this.availableIndex = (this.availableIndex + 1) & INDEX_MASK;
    return status;
  }

  /** Leaves the last `count` chains taken in the ring, to be taken again. */
  putBack(count: u32): void {
    this.availableIndex = (this.availableIndex - count) & INDEX_MASK;
  }

  /** Chains that the driver has offered and that were not taken; at most the queue's size. */
  get available(): u32 {
    if (!this.enabled) return 0;
    const published = this.section.read16(this.availableOffset + AVAILABLE_INDEX);
    return min<u32>((published - this.availableIndex) & INDEX_MASK, this.size);
  }

  /** Returns the chain at `head` with `length` bytes written. */
  putUsed(head: u32, length: u32): void {
    const slot = this.usedIndex & (this.size - 1);
    const element = this.usedOffset + USED_RING + slot * USED_ELEMENT_BYTES;
    this.section.write32(element, head);
    this.section.write32(element + 4, length);
    this.usedIndex = (this.usedIndex + 1) & INDEX_MASK;
    // The buffer and the element must be visible before the index that publishes them. Chain and buffer must
    // have been read: the driver may overwrite them afterwards.
    this.section.barrierFull();
    this.section.write16(this.usedOffset + USED_INDEX, this.usedIndex);
  }

  /** True if the driver wants an interrupt for the returned chains. */
  interruptWanted(): bool {
    // The index must be visible before the flag is read, or both ends may fall asleep.
    this.section.barrierFull();
    const flags = this.section.read16(this.availableOffset + AVAILABLE_FLAGS);
    return (flags & AVAILABLE_FLAG_NO_INTERRUPT) === 0;
  }

  /**
   * True if the driver seems to have left returned buffers in the ring: it offers fewer than it once did.
   * Only for a queue whose buffers the driver offers again after it has taken them.
   */
  hasUnconsumed(): bool {
    if (!this.enabled) return false;
    const published = this.section.read16(this.availableOffset + AVAILABLE_INDEX);
    const offered = (published - this.usedIndex) & INDEX_MASK;
    if (offered > this.size) return false;
    if (offered > this.offeredMaximum) this.offeredMaximum = offered;
    return offered < this.offeredMaximum;
  }

  /** Tells the driver that this end polls: no kicks until `allowKicks`. */
  suppressKicks(): void {
    if (!this.enabled || this.kicksSuppressed) return;
    this.kicksSuppressed = true;
    this.section.write16(this.usedOffset + USED_FLAGS, USED_FLAG_NO_NOTIFY);
  }

  /** Asks for kicks again. True if chains came in meanwhile without a kick. */
  allowKicks(): bool {
    if (!this.enabled) return false;
    if (this.kicksSuppressed) {
      this.kicksSuppressed = false;
      this.section.write16(this.usedOffset + USED_FLAGS, 0);
      // The flag must be visible before the last look, or both ends may fall asleep.
      this.section.barrierFull();
    }
    return this.hasAvailable();
  }

  private fits(offset: u64, length: u32, alignment: u64): bool {
    const size = <u64>this.section.size();
    return (offset & (alignment - 1)) === 0 && offset <= size && <u64>length <= size - offset;
  }
}
