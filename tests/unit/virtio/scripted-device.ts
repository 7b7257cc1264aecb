// SPDX-License-Identifier: MIT
/**
 * A back-end written from the specification alone: every byte by its offset, no code of src/virtio.
 *
 * It records each register write of the driver, and lets a spec put anything into the used rings.
 * Does not: check the driver; the spec does.
 */
import { DEVICE, FakeSection, Wire } from './pair';

/** Register writes that fit in the record. */
const RECORD_ENTRIES = 256;

@final
export class ScriptedDevice {
  /** Register writes so far: offset and value each. */
  readonly offsets: StaticArray<u32> = new StaticArray<u32>(RECORD_ENTRIES);
  readonly values: StaticArray<u64> = new StaticArray<u64>(RECORD_ENTRIES);
  count: i32 = 0;
  /** Where the driver has put the parts of each queue. */
  readonly sizes: StaticArray<u32> = new StaticArray<u32>(3);
  readonly descriptors: StaticArray<u32> = new StaticArray<u32>(3);
  readonly available: StaticArray<u32> = new StaticArray<u32>(3);
  readonly used: StaticArray<u32> = new StaticArray<u32>(3);
  /** What is offered: may be changed before `present`. */
  featuresLow: u32 = 0x0d;
  featuresHigh: u32 = 0x13;
  offeredSize: u32 = 256;
  /** Its queues are in service already when they are selected. */
  queuesEnabled: bool = false;
  /** FEATURES_OK is taken back. */
  refuseFeatures: bool = false;
  /** Register writes are not acknowledged from this one on. */
  silentFrom: i32 = RECORD_ENTRIES;

  readonly section: FakeSection;
  readonly wire: Wire;
  private queue: u32 = 0;

  constructor(section: FakeSection, wire: Wire) {
    this.section = section;
    this.wire = wire;
  }

  /** Lays the header out and says READY. */
  present(): void {
    for (let offset: u32 = 0; offset < 0x50; offset += 4) this.section.write32(offset, 0);
    this.section.write32(0x00, 1);
    this.section.write32(0x04, 0x50);
    this.wire.states[DEVICE] = 1;
  }

  /** Serves a register write, if there is one. */
  step(): void {
    const offset = this.section.read32(0x08);
    if (offset === 0 || this.count >= this.silentFrom) return;
    const value = this.valueAt(offset);
    if (this.count < RECORD_ENTRIES) {
      this.offsets[this.count] = offset;
      this.values[this.count] = value;
      this.count += 1;
    }
    if (offset === 0x10) {
      this.section.write32(0x0c, value === 1 ? this.featuresHigh : this.featuresLow);
    } else if (offset === 0x1c) {
      this.queue = <u32>value;
      this.section.write16(0x20, this.queue === 2 ? 4 : this.offeredSize);
      this.section.write16(0x26, this.queuesEnabled ? 1 : 0);
    } else if (offset === 0x26) {
      this.sizes[this.queue] = this.section.read16(0x20);
      this.descriptors[this.queue] = <u32>this.section.read64(0x28);
      this.available[this.queue] = <u32>this.section.read64(0x30);
      this.used[this.queue] = <u32>this.section.read64(0x38);
    } else if (offset === 0x44 && this.refuseFeatures && value === 0x0b) {
      this.section.write32(0x44, 0x03);
    }
    this.section.write32(0x08, 0);
  }

  /** The head descriptor of available entry `index` of a queue. */
  head(queue: u32, index: u32): u32 {
    return this.section.read16(this.available[queue] + 4 + 2 * (index % this.sizes[queue]));
  }

  /** The available index of a queue. */
  availableIndex(queue: u32): u32 {
    return this.section.read16(this.available[queue] + 2);
  }

  /** The address and the length and flags of a descriptor. */
  address(queue: u32, descriptor: u32): u32 {
    return <u32>this.section.read64(this.descriptors[queue] + 16 * descriptor);
  }

  length(queue: u32, descriptor: u32): u32 {
    return this.section.read32(this.descriptors[queue] + 16 * descriptor + 8);
  }

  flags(queue: u32, descriptor: u32): u32 {
    return this.section.read16(this.descriptors[queue] + 16 * descriptor + 12);
  }

  next(queue: u32, descriptor: u32): u32 {
    return this.section.read16(this.descriptors[queue] + 16 * descriptor + 14);
  }

  /** Puts used element `index` of a queue and publishes it. */
  putUsed(queue: u32, index: u32, head: u32, length: u32): void {
    const element = this.used[queue] + 4 + 8 * (index % this.sizes[queue]);
    this.section.write32(element, head);
    this.section.write32(element + 4, length);
    this.section.write16(this.used[queue] + 2, (index + 1) & 0xffff);
  }

  /** Answers the START that waits, with `result`. */
  answerStart(result: u32): void {
    const head = this.head(2, 0);
    this.section.write8(this.address(2, this.next(2, head)), result);
    this.putUsed(2, 0, head, 1);
  }

  private valueAt(offset: u32): u64 {
    if (offset === 0x20 || offset === 0x24 || offset === 0x26) return this.section.read16(offset);
    if (offset >= 0x28 && offset < 0x40) return this.section.read64(offset);
    return this.section.read32(offset);
  }
}
