// SPDX-License-Identifier: MIT
/**
 * A minimal virtio-can driver over ivshmem: the register writes in the order of Linux's
 * virtio_ivshmem and virtio_can, then frames.
 *
 * It measures how long the cell takes to acknowledge a register write, for which Linux spins.
 * Source: as section.ts.
 * Does not: use suppression flags or wait for interrupts.
 */
import type { PeerContext } from './minimal-peer.ts';
import {
  DESCRIPTOR_NEXT,
  DESCRIPTOR_WRITE,
  FEATURES_HIGH,
  FEATURES_LOW,
  HEADER,
  MESSAGE,
  messageBytes,
  QUEUE,
  readMessage,
  RESULT_OK,
  STATUS,
  writeMessage,
} from './section.ts';

const LOOK_NANOS = 10_000;
/** Resolution of the measured acknowledgement. */
const SPIN_NANOS = 500;
const RING_SIZE = 16;
const FIRST_FREE_OFFSET = 0x400;
const BUFFER_BYTES = 64;

/** One ring of RING_SIZE entries. Buffer i belongs to descriptor i. */
export class Ring {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  readonly buffers: number;
  readonly end: number;
  offered = 0;
  harvested = 0;

  constructor(section: Buffer, start: number, size: number) {
    this.size = size;
    this.descriptors = start;
    this.available = start + 16 * size;
    this.used = (this.available + 6 + 2 * size + 63) & ~63;
    this.buffers = (this.used + 6 + 8 * size + 63) & ~63;
    this.end = this.buffers + BUFFER_BYTES * size;
    section.fill(0, start, this.end);
  }

  buffer(index: number): number {
    return this.buffers + BUFFER_BYTES * index;
  }

  describe(section: Buffer, index: number, length: number, flags: number, next: number): void {
    const at = this.descriptors + 16 * index;
    section.writeBigUInt64LE(BigInt(this.buffer(index)), at);
    section.writeUInt32LE(length, at + 8);
    section.writeUInt16LE(flags, at + 12);
    section.writeUInt16LE(next, at + 14);
  }

  offer(section: Buffer, head: number): void {
    section.writeUInt16LE(head, this.available + 4 + 2 * (this.offered % this.size));
    this.offered = (this.offered + 1) & 0xffff;
    section.writeUInt16LE(this.offered, this.available + 2);
  }

  harvest(section: Buffer): { head: number; length: number } | undefined {
    if (section.readUInt16LE(this.used + 2) === this.harvested) return undefined;
    const at = this.used + 4 + 8 * (this.harvested % this.size);
    this.harvested = (this.harvested + 1) & 0xffff;
    return { head: section.readUInt32LE(at), length: section.readUInt32LE(at + 4) };
  }
}

/**
 * Plays the driver without end. Each value it yields is the time in nanoseconds until its next
 * look.
 */
export function* playDriver(peer: PeerContext): Generator<number, never> {
  for (;;) {
    peer.setOwnState(0);
    while (peer.otherState() !== 1) yield LOOK_NANOS;
    peer.setOwnState(1);
    const rings = yield* negotiate(peer);
    if (rings) yield* operate(peer, rings);
  }
}

/**
 * Stores a register and spins until the device has acknowledged it. Returns false if the device is
 * gone.
 */
export function* write(
  peer: PeerContext,
  register: number,
  width: 2 | 4 | 8,
  value: number,
): Generator<number, boolean> {
  const { section } = peer;
  if (width === 8) section.writeBigUInt64LE(BigInt(value), register);
  else section.writeUIntLE(value, register, width);
  section.writeUInt32LE(register, HEADER.writeTransaction);
  peer.ring();
  const startNanos = peer.nowNanos();
  while (section.readUInt32LE(HEADER.writeTransaction) !== 0) {
    if (peer.otherState() !== 1) return false;
    yield SPIN_NANOS;
  }
  peer.noteAcknowledged(peer.nowNanos() - startNanos);
  return true;
}

export function* negotiate(peer: PeerContext): Generator<number, Ring[] | undefined> {
  const { section } = peer;
  const { acknowledge, driver, featuresOk, driverOk } = STATUS;
  const first: readonly (readonly [number, number])[] = [
    [HEADER.deviceStatus, 0],
    [HEADER.deviceStatus, acknowledge],
    [HEADER.deviceStatus, acknowledge | driver],
    [HEADER.deviceFeaturesSelect, 1],
    [HEADER.deviceFeaturesSelect, 0],
    [HEADER.driverFeaturesSelect, 1],
    [HEADER.driverFeatures, FEATURES_HIGH],
    [HEADER.driverFeaturesSelect, 0],
    [HEADER.driverFeatures, FEATURES_LOW & ~peer.withoutFeatures],
    [HEADER.deviceStatus, acknowledge | driver | featuresOk],
  ];
  for (const [register, value] of first) {
    if (!(yield* write(peer, register, 4, value))) return undefined;
  }
  const rings: Ring[] = [];
  let start = FIRST_FREE_OFFSET;
  for (const index of [QUEUE.transmit, QUEUE.receive, QUEUE.control]) {
    if (!(yield* write(peer, HEADER.queueSelect, 4, index))) return undefined;
    const size = Math.min(RING_SIZE, section.readUInt16LE(HEADER.queueSize));
    const ring = new Ring(section, start, size);
    rings.push(ring);
    start = ring.end;
    const registers: readonly (readonly [number, 2 | 8, number])[] = [
      [HEADER.queueSize, 2, size],
      [HEADER.queueDriverVector, 2, 0],
      [HEADER.queueDescriptors, 8, ring.descriptors],
      [HEADER.queueAvailable, 8, ring.available],
      [HEADER.queueUsed, 8, ring.used],
      [HEADER.queueEnable, 2, 1],
    ];
    for (const [register, width, value] of registers) {
      if (!(yield* write(peer, register, width, value))) return undefined;
    }
  }
  const receive = rings[QUEUE.receive];
  for (let index = 0; index < receive.size; index += 1) {
    receive.describe(section, index, 24, DESCRIPTOR_WRITE, 0);
    receive.offer(section, index);
  }
  const ready = acknowledge | driver | featuresOk | driverOk;
  return (yield* write(peer, HEADER.deviceStatus, 4, ready)) ? rings : undefined;
}

function* operate(peer: PeerContext, rings: readonly Ring[]): Generator<number, void> {
  const { section } = peer;
  const [transmit, receive, control] = rings;
  control.describe(section, 0, 2, DESCRIPTOR_NEXT, 1);
  control.describe(section, 1, 1, DESCRIPTOR_WRITE, 0);
  const wishes: number[] = [MESSAGE.start];
  let isOpen = false;
  while (peer.otherState() === 1) {
    if (control.harvest(section)) {
      const type = section.readUInt16LE(control.buffer(0));
      const result = section.readUInt8(control.buffer(1));
      peer.noteControl({ type, result, nanos: peer.nowNanos() });
      isOpen = type === MESSAGE.start && result === RESULT_OK;
    }
    wishes.push(...peer.wishes.splice(0));
    const wish = control.offered === control.harvested ? wishes.shift() : undefined;
    if (wish !== undefined) {
      section.writeUInt16LE(wish, control.buffer(0));
      control.offer(section, 0);
      peer.ring();
    }
    reap(peer, transmit, receive);
    if (isOpen) submit(peer, transmit);
    yield LOOK_NANOS;
  }
}

/** Takes at most one frame, and the end of the request. */
function reap(peer: PeerContext, transmit: Ring, receive: Ring): void {
  const { section } = peer;
  const arrived = receive.harvest(section);
  if (arrived) {
    const at = receive.buffer(arrived.head);
    const frame = readMessage(section, at);
    // Linux's driver accepts a message only if all of it, padding included, was written.
    if (arrived.length >= messageBytes(frame)) peer.onFrame(frame);
    else peer.noteProblem(`a message of ${arrived.length} bytes for ${frame.dlc} of data`);
    receive.offer(section, arrived.head);
    peer.ring();
  }
  const done = transmit.harvest(section);
  if (done && (done.length < 1 || section.readUInt8(transmit.buffer(1)) !== RESULT_OK)) {
    peer.noteProblem('a frame was refused');
  }
}

/** One request at a time: descriptors 0 and 1. */
function submit(peer: PeerContext, transmit: Ring): void {
  const { section } = peer;
  if (transmit.offered !== transmit.harvested) return;
  const frame = peer.waiting.shift();
  if (!frame) return;
  writeMessage(section, transmit.buffer(0), MESSAGE.transmit, frame);
  transmit.describe(section, 0, messageBytes(frame), DESCRIPTOR_NEXT, 1);
  transmit.describe(section, 1, 1, DESCRIPTOR_WRITE, 0);
  transmit.offer(section, 0);
  peer.ring();
}
