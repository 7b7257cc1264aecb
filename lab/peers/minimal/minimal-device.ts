// SPDX-License-Identifier: MIT
/**
 * A minimal virtio-can device over ivshmem, as a sequence of looks at the shared memory. It is the
 * plainest reading of the specification.
 *
 * Source: as section.ts.
 * Does not: use suppression flags, several buffers of a message, or interrupts that it can do
 * without.
 */
import type { CanFrame } from '../../../twin/bus/can-frame.ts';
import type { PeerContext } from './minimal-peer.ts';
import {
  DESCRIPTOR_NEXT,
  FEATURES_HIGH,
  FEATURES_LOW,
  HEADER,
  HEADER_BYTES,
  MESSAGE,
  messageBytes,
  QUEUE,
  readMessage,
  RESULT_NOT_OK,
  RESULT_OK,
  STATUS,
  writeMessage,
} from './section.ts';

const QUEUE_SIZES = [64, 64, 4];
const LOOK_NANOS = 10_000;

class Queue {
  isEnabled = false;
  size = 0;
  descriptors = 0;
  available = 0;
  used = 0;
  taken = 0;
  returned = 0;

  /** Returns the head of the next chain, or undefined. */
  take(section: Buffer): number | undefined {
    if (!this.isEnabled || section.readUInt16LE(this.available + 2) === this.taken)
      return undefined;
    const head = section.readUInt16LE(this.available + 4 + 2 * (this.taken % this.size));
    this.taken = (this.taken + 1) & 0xffff;
    return head;
  }

  /** Address and length of the buffers of a chain. */
  chain(section: Buffer, head: number): { address: number; length: number }[] {
    const buffers = [];
    for (let index = head, hasNext = true; hasNext;) {
      const at = this.descriptors + 16 * index;
      buffers.push({
        address: Number(section.readBigUInt64LE(at)),
        length: section.readUInt32LE(at + 8),
      });
      hasNext = (section.readUInt16LE(at + 12) & DESCRIPTOR_NEXT) !== 0;
      index = section.readUInt16LE(at + 14);
    }
    return buffers;
  }

  give(section: Buffer, head: number, written: number): void {
    const at = this.used + 4 + 8 * (this.returned % this.size);
    section.writeUInt32LE(head, at);
    section.writeUInt32LE(written, at + 4);
    this.returned = (this.returned + 1) & 0xffff;
    section.writeUInt16LE(this.returned, this.used + 2);
  }
}

/**
 * Plays the device without end. Each value it yields is the time in nanoseconds until its next
 * look.
 */
export function* playDevice(peer: PeerContext): Generator<number, never> {
  const { section } = peer;
  for (;;) {
    peer.setOwnState(0);
    while (peer.otherState() !== 0) yield LOOK_NANOS;
    section.fill(0, 0, HEADER_BYTES);
    section.writeUInt32LE(1, HEADER.revision);
    section.writeUInt32LE(HEADER_BYTES, HEADER.size);
    peer.setOwnState(1);
    while (peer.otherState() !== 1) yield LOOK_NANOS;
    yield* serve(peer);
  }
}

function* serve(peer: PeerContext): Generator<number, void> {
  const { section } = peer;
  const queues = QUEUE_SIZES.map(() => new Queue());
  let started = false;
  while (peer.otherState() === 1) {
    const register = section.readUInt32LE(HEADER.writeTransaction);
    if (register !== 0) {
      writeRegister(section, register, queues);
      section.writeUInt32LE(0, HEADER.writeTransaction);
    }
    if ((section.readUInt32LE(HEADER.deviceStatus) & STATUS.driverOk) !== 0) {
      started = serveControl(section, queues[QUEUE.control], started);
      serveTransmit(peer, queues[QUEUE.transmit], started);
      if (started) deliver(peer, queues[QUEUE.receive]);
    }
    yield LOOK_NANOS;
  }
}

function writeRegister(section: Buffer, register: number, queues: readonly Queue[]): void {
  const selected = section.readUInt32LE(HEADER.queueSelect);
  const queue = queues[selected];
  if (register === HEADER.deviceFeaturesSelect) {
    const word = section.readUInt32LE(HEADER.deviceFeaturesSelect);
    section.writeUInt32LE([FEATURES_LOW, FEATURES_HIGH][word] ?? 0, HEADER.deviceFeatures);
  } else if (register === HEADER.queueSelect) {
    section.fill(0, HEADER.queueSize, HEADER.configEvent);
    section.writeUInt16LE(QUEUE_SIZES[selected] ?? 0, HEADER.queueSize);
  } else if (register === HEADER.queueEnable && queue) {
    queue.size = section.readUInt16LE(HEADER.queueSize);
    queue.descriptors = Number(section.readBigUInt64LE(HEADER.queueDescriptors));
    queue.available = Number(section.readBigUInt64LE(HEADER.queueAvailable));
    queue.used = Number(section.readBigUInt64LE(HEADER.queueUsed));
    queue.taken = 0;
    queue.returned = 0;
    queue.isEnabled = true;
  } else if (register === HEADER.deviceStatus && section.readUInt32LE(HEADER.deviceStatus) === 0) {
    for (const one of queues) one.isEnabled = false;
  }
}

function serveControl(section: Buffer, queue: Queue, wasStarted: boolean): boolean {
  const head = queue.take(section);
  if (head === undefined) return wasStarted;
  const [message, result] = queue.chain(section, head);
  section.writeUInt8(RESULT_OK, result.address);
  queue.give(section, head, 1);
  return section.readUInt16LE(message.address) === MESSAGE.start;
}

function serveTransmit(peer: PeerContext, queue: Queue, started: boolean): void {
  const { section } = peer;
  const head = queue.take(section);
  if (head === undefined) return;
  const [message, result] = queue.chain(section, head);
  if (started) peer.onFrame(readMessage(section, message.address));
  section.writeUInt8(started ? RESULT_OK : RESULT_NOT_OK, result.address);
  queue.give(section, head, 1);
}

function deliver(peer: PeerContext, queue: Queue): void {
  const frame: CanFrame | undefined = peer.waiting[0];
  const head = frame && queue.take(peer.section);
  if (head === undefined) return;
  peer.waiting.shift();
  const [buffer] = queue.chain(peer.section, head);
  writeMessage(peer.section, buffer.address, MESSAGE.receive, frame);
  queue.give(peer.section, head, messageBytes(frame));
  peer.section.writeUInt8(1, HEADER.queueEvent);
  peer.ring();
}
