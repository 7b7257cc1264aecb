// SPDX-License-Identifier: MIT
/**
 * The place of the virtio-can driver's rings and buffers in the section, and their first filling.
 *
 * Nothing moves afterwards. Descriptors are written once here; in operation only a transmit buffer's length
 * changes. Each `prepareStep` clears 64 bytes or fills one entry.
 *
 *   0x000  header, kept clear for a larger one of another device type or revision
 *   0x100  transmit queue, its slots; receive queue, its slots; control queue, its slot
 *
 *   transmit slot, 32 bytes: message 24, result 1     descriptors 2i (read), 2i+1 (written)
 *   receive slot, 24 bytes: message 24                descriptor i (written)
 *   control slot, 16 bytes: message 2, +8 result 1    descriptors 0 (read), 1 (written)
 */
import { SharedMemory } from '../hal/shared-memory';
import { CONTROL_BYTES, MESSAGE_BYTES_MAXIMUM, RESULT_BYTES } from './can-messages';
import { DESCRIPTOR_FLAG_NEXT, DESCRIPTOR_FLAG_WRITE, powerOfTwoBelow } from './split-queue';
import { TransmitQueue } from './transmit-queue';
import {
  HEADER_BYTES_MAXIMUM,
  QUEUE_CONTROL,
  QUEUE_RECEIVE,
  QUEUE_TRANSMIT,
} from './transport-registers';
import { VirtqueueDriver } from './virtqueue-driver';

const RECEIVE_SLOT_BYTES: u32 = 24;
const CONTROL_SLOT_BYTES: u32 = 16;
const CONTROL_SLOT_RESULT: u32 = 8;
const CONTROL_QUEUE_SIZE: u32 = 2;

/** Section bytes per pair of transmit and receive entries: 92, rounded up. */
const BYTES_PER_ENTRY: u32 = 128;
/** With fewer entries the fixed parts would not fit beside them. */
const ENTRIES_MINIMUM: u32 = 16;

@final
export class CanDriverQueues<Memory extends SharedMemory> {
  readonly transmit: TransmitQueue<Memory>;
  readonly receive: VirtqueueDriver<Memory>;
  readonly control: VirtqueueDriver<Memory>;
  /** The device must announce what it returns. False: this end polls. */
  interruptsWanted: bool = false;
  /** It must also announce sent frames. False: those are polled. */
  completionsAnnounced: bool = true;

  private readonly section: Memory;
  private receiveSlots: u32 = 0;
  private controlSlot: u32 = 0;
  private nextOffset: u32 = HEADER_BYTES_MAXIMUM;
  private placed: bool = false;
  private cleared: bool = false;
  private filled: u32 = 0;

  constructor(section: Memory) {
    this.section = section;
    this.transmit = new TransmitQueue<Memory>(section);
    this.receive = new VirtqueueDriver<Memory>(section);
    this.control = new VirtqueueDriver<Memory>(section);
  }

  /** True if the section has room for useful queues. */
  get usable(): bool {
    return this.entryLimit() >= ENTRIES_MINIMUM;
  }

  /** Starts over before the first queue of a session. */
  restart(): void {
    this.nextOffset = HEADER_BYTES_MAXIMUM;
    this.placed = false;
  }

  /** Prepares a piece of queue `index` of at most `sizeOffered` entries. True: it is ready. */
  prepareStep(index: u32, sizeOffered: u32): bool {
    if (!this.placed) {
      this.place(index, sizeOffered);
      this.placed = true;
      this.cleared = false;
      this.filled = 0;
      return false;
    }
    const queue = this.queue(index);
    if (!this.cleared) {
      this.cleared = queue.clearStep();
      if (this.cleared && !this.wantsInterrupts(index)) queue.suppressInterrupts();
      return false;
    }
    if (this.filled < this.entries(index)) {
      this.fill(index, this.filled);
      this.filled += 1;
      return false;
    }
    this.placed = false;
    return true;
  }

  private wantsInterrupts(index: u32): bool {
    return this.interruptsWanted && (this.completionsAnnounced || index !== QUEUE_TRANSMIT);
  }

  queue(index: u32): VirtqueueDriver<Memory> {
    if (index === QUEUE_TRANSMIT) return this.transmit;
    if (index === QUEUE_RECEIVE) return this.receive;
    return this.control;
  }

  /** Section offset of a slot's message. */
  receiveMessage(slot: u32): u32 {
    return this.receiveSlots + slot * RECEIVE_SLOT_BYTES;
  }

  get controlMessage(): u32 {
    return this.controlSlot;
  }

  get controlResult(): u32 {
    return this.controlSlot + CONTROL_SLOT_RESULT;
  }

  private entryLimit(): u32 {
    const size = this.section.size();
    return size < HEADER_BYTES_MAXIMUM
      ? 0
      : powerOfTwoBelow((size - HEADER_BYTES_MAXIMUM) / BYTES_PER_ENTRY);
  }

  /** Slots of queue `index` to fill. */
  private entries(index: u32): u32 {
    if (index === QUEUE_TRANSMIT) return this.transmit.slots;
    if (index === QUEUE_RECEIVE) return this.receive.size;
    return 1;
  }

  private place(index: u32, sizeOffered: u32): void {
    const limit = index === QUEUE_CONTROL ? CONTROL_QUEUE_SIZE : this.entryLimit();
    const size = min<u32>(sizeOffered, limit);
    if (index === QUEUE_TRANSMIT) {
      this.nextOffset = this.transmit.placeSlots(size, this.nextOffset);
      return;
    }
    const slots = this.queue(index).place(size, this.nextOffset);
    if (index === QUEUE_RECEIVE) {
      this.receiveSlots = slots;
      this.nextOffset = slots + size * RECEIVE_SLOT_BYTES;
    } else {
      this.controlSlot = slots;
      this.nextOffset = slots + CONTROL_SLOT_BYTES;
    }
  }

  private fill(index: u32, slot: u32): void {
    if (index === QUEUE_TRANSMIT) {
      this.transmit.fillSlot(slot);
    } else if (index === QUEUE_RECEIVE) {
      const message = this.receiveMessage(slot);
      this.receive.setDescriptor(slot, message, MESSAGE_BYTES_MAXIMUM, DESCRIPTOR_FLAG_WRITE, 0);
      this.receive.offer(slot);
    } else {
      this.control.setDescriptor(0, this.controlMessage, CONTROL_BYTES, DESCRIPTOR_FLAG_NEXT, 1);
      this.control.setDescriptor(1, this.controlResult, RESULT_BYTES, DESCRIPTOR_FLAG_WRITE, 0);
    }
  }
}
