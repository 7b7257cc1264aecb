// SPDX-License-Identifier: MIT
/**
 * Entry points into parts of the cell, to count their instructions against hand-written C.
 *
 * Does not: belong to the cell's image. The parts are the cell's own, wired as the board wires them;
 * the peer of the ring is this project's device end, in the same module.
 */
import { memory_read8 } from '../abi/bsp';
import * as RPI4 from '../board/rpi4';
import { allocateFrames, Frame } from '../can/frame';
import { GenericTimer } from '../chip/arm/generic-timer';
import { decodeData, decodeHeader } from '../driver/mcp2515/frame-codec';
import { BUFFER_REGISTERS } from '../driver/mcp2515/instructions';
import { PeerLink } from '../hal/peer-link';
import { SharedSection } from '../jailhouse/shared-section';
import { DECISION_FORWARD, Responder } from '../responder/responder';
import { RULES_HEADER_BYTES, RuleTable } from '../responder/rule-table';
import { RecordRing } from '../rt/ring';
import { Status } from '../rt/status';
import { CanDevice } from '../virtio/can-device';
import { CanDriver } from '../virtio/can-driver';
import { AVAILABLE_RING, DESCRIPTOR_BYTES } from '../virtio/split-queue';

/** As the cell's own ring to AGL. */
const FORWARD_RING_BITS: u32 = 8;
/** Steps of both ends until frames can flow. */
const CONNECT_STEPS_MAXIMUM: u32 = 100_000;

/** Both states of a link whose ends are in one module. */
@final
class LinkEnd extends PeerLink {
  other: LinkEnd | null = null;
  private state: u32 = 0;

  override peerState(): u32 {
    const other = this.other;
    return other === null ? 0 : other.state;
  }

  override setOwnState(state: u32): void {
    this.state = state;
  }

  override notifyPeer(): void {}
}

const clock = new GenericTimer();
const section = new SharedSection(RPI4.IVSHMEM_SECTION_ADDRESS, RPI4.IVSHMEM_SECTION_BYTES);
const near = new LinkEnd();
const far = new LinkEnd();
const driver = new CanDriver<SharedSection, LinkEnd, GenericTimer>(section, near, clock);
const device = new CanDevice<SharedSection, LinkEnd, GenericTimer>(section, far, clock);
const responder = new Responder(new RuleTable());
const ring = new RecordRing(FORWARD_RING_BITS);
const frame = changetype<Frame>(allocateFrames(1));
const answer = changetype<Frame>(allocateFrames(1));

/** Adopts the rule image and brings up the ring. 0: ready; else a Status. */
export function prepare(): u32 {
  near.other = far;
  far.other = near;
  const table = responder.table;
  copyImage(table.staging, RULES_HEADER_BYTES);
  copyImage(table.staging, table.stagedBytes);
  const status = table.adopt();
  if (status !== Status.Ok) return status;
  for (let step: u32 = 0; step < CONNECT_STEPS_MAXIMUM; step++) {
    if (driver.canSubmit() && device.delivering) return Status.Ok;
    driver.step();
    device.step();
  }
  return Status.PeerNotReady;
}

/** Where the 13 registers of a receive buffer are to be put. */
export function registers(): usize {
  return BUFFER_REGISTERS;
}

/** Registers to frame. Returns the number of data bytes. */
export function decode(): u32 {
  const length = decodeHeader(BUFFER_REGISTERS, frame);
  decodeData(BUFFER_REGISTERS, frame, length);
  return length;
}

/** What is to be done with the frame, and its answer. */
export function lookUp(): u32 {
  return responder.decide(frame, answer);
}

/** The frame into the ring of the cell, to AGL from there, and out of the ring. */
export function push(): u32 {
  if (ring.put(changetype<usize>(frame)) !== Status.Ok) return Status.Full;
  const status = driver.submit(changetype<Frame>(ring.front()));
  ring.discard();
  return status;
}

/** All of it: what a forwarded frame costs beside SPI. */
export function forward(): u32 {
  decode();
  return (lookUp() & DECISION_FORWARD) !== 0 ? push() : Status.Empty;
}

/** For comparison of results: a byte of the frame, the answer, or the message sent last. */
export function resultByte(index: u32): u32 {
  if (index < 16) return load<u8>(changetype<usize>(frame) + index);
  if (index < 32) return load<u8>(changetype<usize>(answer) + index - 16);
  const queue = device.transport.transmitQueue;
  const last = (driver.counters.sent - 1) & (queue.size - 1);
  const head = section.read16(queue.availableOffset + AVAILABLE_RING + 2 * last);
  const message = section.read32(queue.descriptorOffset + head * DESCRIPTOR_BYTES);
  return section.read8(message + index - 32);
}

function copyImage(destination: usize, bytes: u32): void {
  for (let index: u32 = 0; index < bytes; index++) {
    store<u8>(destination + index, memory_read8(RPI4.RULES_ADDRESS + index));
  }
}
