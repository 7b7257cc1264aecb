// SPDX-License-Identifier: MIT
/**
 * A driver that makes the cell's work as long as a driver can: each message is cut into as many descriptors as a chain may
 * have, nothing is suppressed, and a START comes together with a register write.
 *
 * Does not: break a rule of the ring, which would end the session.
 */
import { negotiate, type Ring } from '../peers/minimal/minimal-driver.ts';
import type { PeerContext } from '../peers/minimal/minimal-peer.ts';
import {
  DESCRIPTOR_NEXT,
  DESCRIPTOR_WRITE,
  HEADER,
  MESSAGE,
  messageBytes,
  STATUS,
  writeMessage,
} from '../peers/minimal/section.ts';

const LOOK_NANOS = 10_000;
/** The longest chain that a device of virtio-can has to take here (src/virtio/descriptor-chain.ts). */
const CHAIN = 16;
const CONTROL_BYTES = 2;
const READY = STATUS.acknowledge | STATUS.driver | STATUS.featuresOk | STATUS.driverOk;

/** Plays the driver without end. Each value is the time in nanoseconds until its next look. */
export function* playChains(peer: PeerContext): Generator<number, never> {
  for (;;) {
    peer.setOwnState(0);
    while (peer.otherState() !== 1) yield LOOK_NANOS;
    peer.setOwnState(1);
    const rings = yield* negotiate(peer);
    if (rings) yield* operate(peer, rings);
  }
}

/** One chain at descriptor 0: `bytes` at the end of many, and a byte for the result. */
function chain(section: Buffer, ring: Ring, bytes: number): number {
  const descriptors = Math.min(CHAIN, ring.size);
  const readable = descriptors - 1;
  for (let index = 0; index < readable; index += 1) {
    // The last has what the others leave.
    const isLast = index === readable - 1;
    const first = Math.max(0, readable - bytes);
    const length = isLast ? bytes - Math.max(0, readable - 1 - first) : index >= first ? 1 : 0;
    ring.describe(section, index, length, DESCRIPTOR_NEXT, index + 1);
  }
  ring.describe(section, readable, 1, DESCRIPTOR_WRITE, 0);
  return readable;
}

/** Writes `message` over the buffers of the chain. */
function scatter(section: Buffer, ring: Ring, message: Buffer): void {
  const readable = chain(section, ring, message.length);
  let done = 0;
  for (let index = 0; index < readable; index += 1) {
    const length = section.readUInt32LE(ring.descriptors + 16 * index + 8);
    message.copy(section, ring.buffer(index), done, done + length);
    done += length;
  }
}

/** All buffers that were offered become one of many descriptors. */
function chainBuffers(section: Buffer, ring: Ring): void {
  for (let index = 0; index < CHAIN; index += 1) {
    const isLast = index === CHAIN - 1;
    const flags = DESCRIPTOR_WRITE | (isLast ? 0 : DESCRIPTOR_NEXT);
    ring.describe(section, index, isLast ? 24 : 1, flags, index + 1);
    section.writeUInt16LE(0, ring.available + 4 + 2 * index);
  }
}

function* operate(
  peer: PeerContext,
  [transmit, receive, control]: readonly Ring[],
): Generator<number, void> {
  const { section } = peer;
  chainBuffers(section, receive);
  peer.wishes.unshift(MESSAGE.start);
  while (peer.otherState() === 1) {
    const answered = control.harvest(section);
    if (answered) {
      const at = control.buffer(Math.min(CHAIN, control.size) - 1);
      const type = MESSAGE.start;
      peer.noteControl({ type, result: section.readUInt8(at), nanos: peer.nowNanos() });
    }
    if (control.offered === control.harvested) wish(peer, control, transmit);
    const arrived = receive.harvest(section);
    if (arrived) receive.offer(section, arrived.head);
    while (transmit.harvest(section));
    submit(peer, transmit);
    yield LOOK_NANOS;
  }
}

/** The next control message, beside a write of the status that says nothing new. */
function wish(peer: PeerContext, control: Ring, transmit: Ring): void {
  const { section } = peer;
  const type = peer.wishes.shift();
  if (type === undefined) return;
  const message = Buffer.alloc(CONTROL_BYTES);
  message.writeUInt16LE(type);
  scatter(section, control, message);
  control.offer(section, 0);
  // A request that the STOP finds in the ring.
  if (type === MESSAGE.stop) transmit.offer(section, 0);
  section.writeUInt32LE(READY, HEADER.deviceStatus);
  section.writeUInt32LE(HEADER.deviceStatus, HEADER.writeTransaction);
  peer.ring();
}

/** The next frame. It takes the place of those in the ring that the cell has not read. */
function submit(peer: PeerContext, transmit: Ring): void {
  const { section } = peer;
  const open = (transmit.offered - transmit.harvested) & 0xffff;
  const frame = open < transmit.size ? peer.waiting.shift() : undefined;
  if (frame === undefined) return;
  const message = Buffer.alloc(messageBytes(frame));
  writeMessage(message, 0, MESSAGE.transmit, frame);
  scatter(section, transmit, message);
  transmit.offer(section, 0);
  peer.ring();
}
