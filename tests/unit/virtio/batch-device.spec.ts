// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Batches of the device against a driver written by hand from the specification: what is refused in the middle of a
 * batch, while stopped, and without a buffer.
 */
import { allocateFrames, Frame, FRAME_BYTES } from '../../../src/can/frame';
import { BatchDevice } from '../../../src/virtio/batch-device';
import { BATCH_FRAMES } from '../../../src/virtio/frame-batches';
import { CONTROL, DeviceRig, RECEIVE, STOP, TRANSMIT } from './device-rig';
import { DEVICE, DRIVER, FakeClock, FakeLink, FakeSection, setFrame } from './pair';

/** A message of type 1 and 0 bytes; one with a length that no frame has. */
const GOOD: u32 = 0x0000_0001;
const TOO_LONG: u32 = 0x0009_0001;

/** A rig whose device moves frames in batches. */
class Batches {
  readonly rig: DeviceRig;
  readonly frames: usize = allocateFrames(BATCH_FRAMES);
  readonly device: BatchDevice<FakeSection, FakeLink, FakeClock>;

  constructor() {
    const rig = new DeviceRig();
    const link = new FakeLink(rig.wire, DEVICE);
    const device = new BatchDevice<FakeSection, FakeLink, FakeClock>(rig.section, link, rig.clock);
    this.rig = rig;
    this.device = device;
    rig.take(device);
    rig.run();
  }

  frame(index: u32): Frame {
    return changetype<Frame>(this.frames + index * FRAME_BYTES);
  }
}

describe('a batch that the device takes', () => {
  test('ends before an impossible request, which is refused and counted when it is the first', () => {
    const pair = new Batches();
    const driver = pair.rig.driver;
    driver.requestTransmit(0, GOOD, 0, 0x10, 0);
    driver.requestTransmit(1, TOO_LONG, 0, 0x11, 0);
    driver.requestTransmit(2, GOOD, 0, 0x12, 0);
    expect(pair.device.take(pair.frames)).toBe(1);
    expect(pair.frame(0).identifier).toBe(0x10);
    expect(pair.device.counters.malformed).toBe(0);
    pair.device.finishTaken(1, true);
    expect(driver.usedCount(TRANSMIT)).toBe(1);
    expect(driver.transmitResult(0)).toBe(0);
    expect(driver.transmitResult(1)).toBe(0xee, 'not answered yet');

    expect(pair.device.take(pair.frames)).toBe(1);
    expect(pair.frame(0).identifier).toBe(0x12);
    expect(driver.transmitResult(1)).toBe(1);
    expect(pair.device.counters.malformed).toBe(1);
    expect(pair.device.running).toBe(true);
    pair.device.finishTaken(1, false);
    expect(driver.transmitResult(2)).toBe(1);
    expect(driver.usedCount(TRANSMIT)).toBe(3);
    expect(driver.usedHead(TRANSMIT, 1)).toBe(2);
    expect(driver.usedLength(TRANSMIT, 2)).toBe(1);
    expect(pair.device.counters.received).toBe(2);
    expect(pair.device.counters.transmitted).toBe(1);
    expect(pair.device.counters.refused).toBe(2);
  });

  test('is empty while the controller is stopped: its requests are refused, and nothing is wrong with them', () => {
    const pair = new Batches();
    const driver = pair.rig.driver;
    driver.requestControl(STOP);
    pair.device.step();
    expect(driver.controlResult()).toBe(0);
    driver.requestTransmit(0, GOOD, 0, 0x10, 0);
    expect(pair.device.take(pair.frames)).toBe(0);
    expect(driver.transmitResult(0)).toBe(1);
    expect(pair.device.counters.malformed).toBe(0);
    expect(pair.device.counters.refused).toBe(1);
    expect(driver.usedCount(CONTROL)).toBe(2, 'START and STOP');
  });

  test('tells the driver once of all its ends, and not of none', () => {
    const pair = new Batches();
    const rig = pair.rig;
    rig.driver.requestTransmit(0, GOOD, 0, 0x10, 0);
    rig.driver.requestTransmit(1, GOOD, 0, 0x11, 0);
    expect(pair.device.take(pair.frames)).toBe(2);
    const bells = rig.wire.bells[DRIVER];
    pair.device.finishTaken(0, false);
    expect(rig.wire.bells[DRIVER]).toBe(bells);
    expect(rig.driver.usedCount(TRANSMIT)).toBe(0);
    expect(pair.device.take(pair.frames)).toBe(2, 'both again');
    pair.device.finishTaken(2, true);
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
    expect(rig.driver.usedCount(TRANSMIT)).toBe(2);
  });

  test('that was not handed over is no work; a control message is', () => {
    const pair = new Batches();
    const driver = pair.rig.driver;
    driver.requestTransmit(0, GOOD, 0, 0x10, 0);
    expect(pair.device.allowKicks()).toBe(true, 'a request waits');
    expect(pair.device.take(pair.frames)).toBe(1);
    pair.device.finishTaken(0, false);
    expect(pair.device.allowKicks()).toBe(false);
    driver.requestControl(STOP);
    expect(pair.device.allowKicks()).toBe(true);
  });
});

describe('a batch that the device gives', () => {
  test('ends at the last buffer; what the ring cannot carry is counted, and the driver told once', () => {
    const pair = new Batches();
    const rig = pair.rig;
    expect(pair.device.room()).toBe(0);
    rig.driver.postReceive(0, 24);
    rig.driver.postReceive(1, 24);
    expect(pair.device.room()).toBe(2);
    setFrame(pair.frame(0), 0x10, 9, 0);
    for (let index: u32 = 1; index < 4; index++)
      setFrame(pair.frame(index), 0x10 + index, 8, index);
    const bells = rig.wire.bells[DRIVER];
    expect(pair.device.give(pair.frames, 4)).toBe(3);
    expect(rig.driver.usedCount(RECEIVE)).toBe(2);
    expect(rig.section.read32(rig.driver.buffer(RECEIVE, 1) + 12)).toBe(0x12);
    expect(pair.device.counters.droppedUnsupported).toBe(1);
    expect(pair.device.counters.sent).toBe(2);
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
  });

  test('of nothing that the ring can carry rings no bell', () => {
    const pair = new Batches();
    const rig = pair.rig;
    rig.driver.postReceive(0, 24);
    setFrame(pair.frame(0), 0x10, 9, 0);
    rig.section.write8(0x41, 0);
    const bells = rig.wire.bells[DRIVER];
    expect(pair.device.give(pair.frames, 1)).toBe(1);
    expect(rig.wire.bells[DRIVER]).toBe(bells);
    expect(rig.section.read8(0x41)).toBe(0, 'queue_event');
    expect(rig.driver.usedCount(RECEIVE)).toBe(0);
  });

  test('of one frame is told as well', () => {
    const pair = new Batches();
    const rig = pair.rig;
    rig.driver.postReceive(0, 24);
    setFrame(pair.frame(0), 0x10, 8, 0);
    const bells = rig.wire.bells[DRIVER];
    expect(pair.device.give(pair.frames, 1)).toBe(1);
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
    expect(pair.device.counters.sent).toBe(1);
  });

  test('has no room before the driver polls, 5 ms after START', () => {
    const pair = new Batches();
    const rig = pair.rig;
    rig.driver.requestControl(0x0201);
    pair.device.step();
    rig.driver.postReceive(0, 24);
    rig.clock.ticks += 4_999;
    expect(pair.device.room()).toBe(0);
    rig.clock.ticks += 1;
    expect(pair.device.room()).toBe(1);
  });
});
