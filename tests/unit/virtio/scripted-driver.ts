// SPDX-License-Identifier: MIT
/**
 * A front-end written from the specification alone: every byte by its offset, no code of src/virtio.
 *
 * It writes registers as Linux does, and lets a spec put anything into the descriptor tables and
 * available rings.
 * Does not: check the device; the spec does.
 */
import { DEVICE, DRIVER, FakeSection, Wire } from './pair';

/** Entries of the transmit and receive queue here; the control queue has 4. */
export const ENTRIES: u32 = 8;

/** Where this driver puts its queues (0x400 apart) and its buffers (64 bytes each). */
const QUEUES: u32 = 0x400;
const BUFFERS: u32 = 0x1000;

@final
export class ScriptedDriver {
  readonly availableIndex: StaticArray<u32> = new StaticArray<u32>(3);
  readonly usedIndex: StaticArray<u32> = new StaticArray<u32>(3);

  readonly section: FakeSection;
  readonly wire: Wire;

  constructor(section: FakeSection, wire: Wire) {
    this.section = section;
    this.wire = wire;
  }

  descriptors(queue: u32): u32 {
    return QUEUES + 0x400 * queue;
  }

  available(queue: u32): u32 {
    return this.descriptors(queue) + 0x100;
  }

  used(queue: u32): u32 {
    return this.descriptors(queue) + 0x200;
  }

  entries(queue: u32): u32 {
    return queue === 2 ? 4 : ENTRIES;
  }

  /** The buffer of a queue's descriptor. */
  buffer(queue: u32, descriptor: u32): u32 {
    return BUFFERS + 0x400 * queue + 64 * descriptor;
  }

  /** Stores a register and announces it; the device has to be stepped then. */
  write16(offset: u32, value: u32): void {
    this.section.write16(offset, value);
    this.section.write32(0x08, offset);
  }

  write32(offset: u32, value: u32): void {
    this.section.write32(offset, value);
    this.section.write32(0x08, offset);
  }

  write64(offset: u32, value: u64): void {
    this.section.write64(offset, value);
    this.section.write32(0x08, offset);
  }

  /** Writes descriptor `index` of a queue. */
  describe(queue: u32, index: u32, address: u64, length: u32, flags: u32, next: u32): void {
    const at = this.descriptors(queue) + 16 * index;
    this.section.write64(at, address);
    this.section.write32(at + 8, length);
    this.section.write16(at + 12, flags);
    this.section.write16(at + 14, next);
  }

  /** Puts `head` into the available ring and publishes it. */
  offer(queue: u32, head: u32): void {
    const index = this.availableIndex[queue];
    const at = this.available(queue) + 4 + 2 * (index % this.entries(queue));
    this.section.write16(at, head);
    this.availableIndex[queue] = (index + 1) & 0xffff;
    this.section.write16(this.available(queue) + 2, this.availableIndex[queue]);
  }

  /** The used index of a queue, and head and length of its element `index`. */
  usedCount(queue: u32): u32 {
    return this.section.read16(this.used(queue) + 2);
  }

  usedHead(queue: u32, index: u32): u32 {
    return this.section.read32(this.used(queue) + 4 + 8 * (index % this.entries(queue)));
  }

  usedLength(queue: u32, index: u32): u32 {
    return this.section.read32(this.used(queue) + 8 + 8 * (index % this.entries(queue)));
  }

  /** A transmit request as Linux cuts it: message in one buffer, result in another. */
  requestTransmit(slot: u32, word0: u32, flags: u32, identifier: u32, data: u64): void {
    const at = this.buffer(0, 2 * slot);
    this.section.write32(at, word0);
    this.section.write32(at + 4, 0);
    this.section.write32(at + 8, flags);
    this.section.write32(at + 12, identifier);
    this.section.write64(at + 16, data);
    this.section.write8(this.buffer(0, 2 * slot + 1), 0xee);
    this.describe(0, 2 * slot, at, 16 + (word0 >> 16), 1, 2 * slot + 1);
    this.describe(0, 2 * slot + 1, this.buffer(0, 2 * slot + 1), 1, 2, 0);
    this.offer(0, 2 * slot);
  }

  /** The result byte of transmit request `slot`: 0xee while the device has not written it. */
  transmitResult(slot: u32): u32 {
    return this.section.read8(this.buffer(0, 2 * slot + 1));
  }

  /** Sends a control message. */
  requestControl(type: u32): void {
    this.section.write16(this.buffer(2, 0), type);
    this.section.write8(this.buffer(2, 1), 0xee);
    this.describe(2, 0, this.buffer(2, 0), 2, 1, 1);
    this.describe(2, 1, this.buffer(2, 1), 1, 2, 0);
    this.offer(2, 0);
  }

  controlResult(): u32 {
    return this.section.read8(this.buffer(2, 1));
  }

  /** Posts a receive buffer of `length` bytes. */
  postReceive(descriptor: u32, length: u32): void {
    this.describe(1, descriptor, this.buffer(1, descriptor), length, 2, 0);
    this.offer(1, descriptor);
  }

  ready(): void {
    this.wire.states[DRIVER] = 1;
  }

  get deviceState(): u32 {
    return this.wire.states[DEVICE];
  }
}
