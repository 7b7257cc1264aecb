// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Batches of the driver against a device written by hand from the specification: how often the device is told, what
 * ends a batch, and what comes again.
 */
import { allocateFrames, Frame, FRAME_BYTES } from '../../../src/can/frame';
import { Status } from '../../../src/rt/status';
import { BatchDriver } from '../../../src/virtio/batch-driver';
import { BATCH_FRAMES } from '../../../src/virtio/frame-batches';
import { DriverRig, RECEIVE, TRANSMIT } from './driver-rig';
import { DEVICE, DRIVER, FakeClock, FakeLink, FakeSection, setFrame } from './pair';

/** A rig whose driver moves frames in batches. */
class Batches {
  readonly rig: DriverRig;
  readonly frames: usize = allocateFrames(BATCH_FRAMES);
  readonly driver: BatchDriver<FakeSection, FakeLink, FakeClock>;

  constructor(entries: u32 = 256) {
    const rig = new DriverRig();
    const link = new FakeLink(rig.wire, DRIVER);
    const driver = new BatchDriver<FakeSection, FakeLink, FakeClock>(rig.section, link, rig.clock);
    this.rig = rig;
    this.driver = driver;
    rig.driver = driver;
    rig.device.offeredSize = entries;
    rig.run();
  }

  frame(index: u32): Frame {
    return changetype<Frame>(this.frames + index * FRAME_BYTES);
  }

  fill(count: u32): void {
    for (let index: u32 = 0; index < count; index++) {
      setFrame(this.frame(index), 0x100 + index, 8, index);
    }
  }

  /** The device puts a message into the receive buffer that was offered as number `index`. */
  receives(index: u32, word0: u32, identifier: u32): void {
    const device = this.rig.device;
    const head = device.head(RECEIVE, index);
    const at = device.address(RECEIVE, head);
    const section = this.rig.section;
    section.write32(at, word0);
    section.write32(at + 4, 0);
    section.write32(at + 8, 0);
    section.write32(at + 12, identifier);
    device.putUsed(RECEIVE, index, head, 16 + min<u32>(word0 >> 16, 8));
  }
}

/** A message of type RX (0x0101) and 0 bytes; one with a length that no frame has. */
const GOOD: u32 = 0x0000_0101;
const TOO_LONG: u32 = 0x0009_0101;

describe('a batch that the driver gives', () => {
  test('is told once, however many frames it has; none is not told', () => {
    const pair = new Batches();
    const rig = pair.rig;
    pair.fill(3);
    expect(pair.driver.room()).toBe(8, 'as many as a batch has');
    let bells = rig.wire.bells[DEVICE];
    expect(pair.driver.give(pair.frames, 1)).toBe(1);
    expect(rig.wire.bells[DEVICE]).toBe(++bells, 'one frame');
    expect(pair.driver.give(pair.frames, 3)).toBe(3);
    expect(rig.wire.bells[DEVICE]).toBe(++bells, 'three');
    expect(rig.device.availableIndex(TRANSMIT)).toBe(4);
    expect(pair.driver.counters.sent).toBe(4);
    setFrame(pair.frame(0), 0x10, 9, 0);
    expect(pair.driver.give(pair.frames, 1)).toBe(1, 'it cannot be carried');
    expect(pair.driver.give(pair.frames, 0)).toBe(0);
    expect(rig.wire.bells[DEVICE]).toBe(bells, 'nothing');
    expect(pair.driver.counters.droppedUnsupported).toBe(1);
    expect(pair.driver.counters.sent).toBe(4);
  });

  test('finds room without a store while there is some', () => {
    const pair = new Batches();
    pair.rig.section.order = '';
    pair.rig.section.recording = true;
    expect(pair.driver.room()).toBe(8);
    pair.rig.section.recording = false;
    expect(pair.rig.section.order.includes('s')).toBe(false);
  });

  test('ends where the queue is full; then the device announces what it has sent', () => {
    const pair = new Batches(8);
    const rig = pair.rig;
    // Two descriptors a request: 4 of them in 8 entries.
    expect(pair.driver.room()).toBe(4);
    pair.fill(5);
    expect(pair.driver.give(pair.frames, 5)).toBe(4);
    expect(pair.driver.room()).toBe(0);
    expect(rig.section.read16(rig.device.available[TRANSMIT])).toBe(0, 'interrupts');
    const head = rig.device.head(TRANSMIT, 0);
    rig.section.write8(rig.device.address(TRANSMIT, rig.device.next(TRANSMIT, head)), 0);
    rig.device.putUsed(TRANSMIT, 0, head, 1);
    expect(pair.driver.room()).toBe(1);
    expect(pair.driver.counters.transmitted).toBe(1);
    expect(pair.driver.room()).toBe(1);
    expect(rig.section.read16(rig.device.available[TRANSMIT])).toBe(1, 'polled again');
  });

  test('has 2 s from the first frame on', () => {
    const pair = new Batches();
    const rig = pair.rig;
    rig.clock.ticks += 10_000_000;
    pair.fill(1);
    pair.driver.give(pair.frames, 1);
    rig.clock.ticks += 1_999_990;
    pair.driver.step();
    expect(pair.driver.running).toBe(true);
    rig.clock.ticks += 10;
    pair.driver.step();
    expect(pair.driver.transport.lastFault).toBe(Status.TransactionTimeout);
  });
});

describe('a batch that the driver takes', () => {
  test('ends before an impossible message, which is dropped and counted when it is the first', () => {
    const pair = new Batches();
    const rig = pair.rig;
    pair.receives(0, GOOD, 0x10);
    pair.receives(1, TOO_LONG, 0x11);
    pair.receives(2, GOOD, 0x12);
    const offered = rig.device.availableIndex(RECEIVE);
    let bells = rig.wire.bells[DEVICE];
    expect(pair.driver.take(pair.frames)).toBe(1);
    expect(pair.frame(0).identifier).toBe(0x10);
    expect(pair.driver.counters.malformed).toBe(0);
    pair.driver.finishTaken(1, true);
    expect(rig.wire.bells[DEVICE]).toBe(++bells);
    expect(rig.device.availableIndex(RECEIVE)).toBe(offered + 1);

    expect(pair.driver.take(pair.frames)).toBe(1);
    expect(pair.frame(0).identifier).toBe(0x12);
    expect(pair.driver.counters.malformed).toBe(1);
    expect(rig.wire.bells[DEVICE]).toBe(++bells, 'the buffer of the impossible one');
    pair.driver.finishTaken(0, true);
    expect(rig.wire.bells[DEVICE]).toBe(bells);
    expect(pair.driver.take(pair.frames)).toBe(1, 'again');
    expect(pair.frame(0).identifier).toBe(0x12);
    pair.driver.finishTaken(1, true);
    expect(pair.driver.counters.received).toBe(2);
    expect(rig.device.availableIndex(RECEIVE)).toBe(offered + 3);
    expect(pair.driver.running).toBe(true);
  });

  test('ends the session at a chain that the device does not hold', () => {
    const pair = new Batches();
    pair.rig.device.putUsed(RECEIVE, 0, 300, 16);
    expect(pair.driver.take(pair.frames)).toBe(0);
    expect(pair.driver.counters.violations).toBe(1);
    expect(pair.driver.running).toBe(false);
  });
});
