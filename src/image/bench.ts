// SPDX-License-Identifier: MIT
/**
 * Entry points into parts of the cell, to count their instructions against hand-written C.
 *
 * The parts are the cell's own, wired as the board wires them. The peer of the ring is this
 * project's device end, in the same module.
 * Does not: belong to the cell's image.
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

/** The same size as the cell's own ring to AGL. */
const FORWARD_RING_BITS: u32 = 8;
/** The most steps of both ends until frames can flow. */
const CONNECT_STEPS_MAXIMUM: u32 = 100_000;

/** Both ivshmem states of a link whose two ends are in this module. */
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

/** Adopts the rule image and connects the ring. Returns a Status; 0: ready. */
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

/** Address for the 13 registers of a receive buffer. */
export function registers(): usize {
  return BUFFER_REGISTERS;
}

/** Decodes the registers to a frame. Returns the number of data bytes. */
export function decode(): u32 {
  const length = decodeHeader(BUFFER_REGISTERS, frame);
  decodeData(BUFFER_REGISTERS, frame, length);
  return length;
}

/** Decides what to do with the frame, and makes its answer. */
export function lookUp(): u32 {
  return responder.decide(frame, answer);
}

/**
 * Puts the frame into the ring of the cell, from there into the ring to AGL, and takes it out
 * there.
 */
export function push(): u32 {
  if (ring.put(changetype<usize>(frame)) !== Status.Ok) return Status.Full;
  const status = driver.submit(changetype<Frame>(ring.front()));
  ring.discard();
  return status;
}

/** Does all of it: the cost of a forwarded frame without SPI. */
export function forward(): u32 {
  decode();
  return (lookUp() & DECISION_FORWARD) !== 0 ? push() : Status.Empty;
}

/** To compare results: byte `index` of the frame, the answer, or the last message sent. */
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
