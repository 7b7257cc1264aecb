// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The device's queues against a driver written by hand from the specification: requests, results,
 * delivered frames, and what a hostile driver can do (nothing).
 */
import { Status } from '../../../src/rt/status';
import { DevicePhase } from '../../../src/virtio/transport-device';
import { CONTROL, DeviceRig, RECEIVE, START, STOP, TRANSMIT, runningDevice } from './device-rig';
import { DRIVER, SECTION_BYTES, setFrame } from './pair';
import { ENTRIES } from './scripted-driver';

const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;

describe('requests', () => {
  test('START and STOP are done however often; another message is not', () => {
    const rig = runningDevice();
    // prettier-ignore
    const messages: StaticArray<u32> = [START, 0, STOP, 0, STOP, 0, START, 0, 0x0203, 1, 0, 1];
    for (let index = 0; index < messages.length; index += 2) {
      rig.driver.requestControl(messages[index]);
      rig.device.step();
      expect(rig.driver.controlResult()).toBe(messages[index + 1], `message ${index / 2}`);
    }
    expect(rig.driver.usedCount(CONTROL)).toBe(7);
    expect(rig.driver.usedLength(CONTROL, 6)).toBe(1);
    expect(rig.driver.usedHead(CONTROL, 6)).toBe(0);
  });

  test('half a control message is none', () => {
    const rig = runningDevice();
    rig.driver.requestControl(START);
    rig.driver.describe(CONTROL, 0, rig.driver.buffer(CONTROL, 0), 1, 1, 1);
    rig.device.step();
    expect(rig.driver.controlResult()).toBe(1);
  });

  test('requests go round the ring in the order they end', () => {
    const rig = runningDevice();
    for (let count: u32 = 0; count < 3 * ENTRIES; count++) {
      const slot = count % 3;
      rig.driver.requestTransmit(slot, 0x0000_0001, 0, count, 0);
      expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
      expect(rig.frame.identifier).toBe(count);
      rig.device.finishReceived(true);
      expect(rig.driver.usedCount(TRANSMIT)).toBe(count + 1);
      expect(rig.driver.usedHead(TRANSMIT, count)).toBe(2 * slot);
    }
  });

  test('an interrupt tells that a request has ended, and of the answer to a control message', () => {
    const rig = runningDevice();
    for (let round: u32 = 0; round < 2; round++) {
      const flags = round;
      const wanted = 1 - round;
      rig.section.write16(rig.driver.available(TRANSMIT), flags);
      rig.section.write16(rig.driver.available(CONTROL), flags);
      rig.section.write8(0x41, 0);
      const bells = rig.wire.bells[DRIVER];
      rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
      rig.device.receive(rig.frame);
      rig.device.finishReceived(true);
      expect(rig.wire.bells[DRIVER]).toBe(bells + wanted, 'request');
      expect(rig.section.read8(0x41)).toBe(wanted, 'queue_event');
      rig.driver.requestControl(START);
      rig.device.step();
      expect(rig.wire.bells[DRIVER]).toBe(bells + 2 * wanted, 'control message');
    }
  });

  test('a transmit request becomes a frame and is used when it is finished, not before', () => {
    const rig = runningDevice();
    rig.driver.requestTransmit(1, 0x0003_0001, 0x8000, 0x1234567, 0x332211);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    expect(rig.frame.identifier).toBe(EXTENDED | 0x1234567);
    expect(rig.frame.length).toBe(3);
    expect(rig.frame.data).toBe(0x332211);
    expect(rig.driver.usedCount(TRANSMIT)).toBe(0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Busy);
    rig.device.finishReceived(true);
    expect(rig.driver.usedCount(TRANSMIT)).toBe(1);
    expect(rig.driver.usedHead(TRANSMIT, 0)).toBe(2);
    expect(rig.driver.usedLength(TRANSMIT, 0)).toBe(1);
    expect(rig.driver.transmitResult(1)).toBe(0);
  });

  test('impossible messages are answered NOT_OK and not sent', () => {
    const rig = runningDevice();
    // Type and length, flags, identifier.
    // prettier-ignore
    const bad: StaticArray<u32> = [
      0x0000_0101, 0, 0x10,
      0x0009_0001, 0, 0x10,
      0x0040_0001, 0x4000, 0x10,
      0x0000_0001, 0x4000, 0x10,
      0x0000_0001, 0x0001, 0x10,
      0x0000_0001, 0, 0x800,
      0x0000_0001, 0x8000, 0x20000000,
    ];
    for (let index = 0; index < bad.length; index += 3) {
      rig.driver.requestTransmit(0, bad[index], bad[index + 1], bad[index + 2], 0);
      expect(rig.device.receive(rig.frame)).toBe(Status.MessageBad, `case ${index / 3}`);
      expect(rig.driver.transmitResult(0)).toBe(1);
    }
    expect(rig.driver.usedCount(TRANSMIT)).toBe(7);
    expect(rig.device.counters.malformed).toBe(7);
    expect(rig.device.running).toBe(true);
  });

  test('a remote frame needs its feature', () => {
    const rig = runningDevice();
    rig.driver.requestTransmit(0, 0x0004_0001, 0x2000, 0x10, u64.MAX_VALUE);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    expect(rig.frame.identifier).toBe(REMOTE | 0x10);
    expect(rig.frame.length).toBe(4);
    expect(rig.frame.data).toBe(0);

    const without = new DeviceRig();
    without.acceptFeatures(0x01, 0x13);
    for (let queue: u32 = 0; queue < 3; queue++) {
      without.selectQueue(queue, without.driver.entries(queue));
      without.write16(0x26, 1);
    }
    without.write32(0x44, 0x0f);
    without.driver.requestControl(START);
    without.device.step();
    without.driver.requestTransmit(0, 0x0004_0001, 0x2000, 0x10, 0);
    expect(without.device.receive(without.frame)).toBe(Status.MessageBad);
    expect(without.driver.transmitResult(0)).toBe(1);
  });

  test('stopped, everything is answered NOT_OK, the open request too', () => {
    const rig = runningDevice();
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    rig.driver.requestTransmit(1, 0x0000_0001, 0, 0x11, 0);
    rig.device.receive(rig.frame);
    rig.driver.requestControl(STOP);
    rig.device.step();
    rig.device.step();
    expect(rig.driver.controlResult()).toBe(0);
    expect(rig.driver.transmitResult(0)).toBe(1);
    expect(rig.driver.transmitResult(1)).toBe(1);
    rig.driver.requestTransmit(2, 0x0000_0001, 0, 0x12, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.PeerNotReady, 'too late');
    expect(rig.driver.transmitResult(2)).toBe(1);
    expect(rig.device.submit(rig.frame)).toBe(Status.PeerNotReady);
  });

  test('a message may lie across buffers of any size and alignment', () => {
    const rig = runningDevice();
    const at = rig.driver.buffer(0, 0) + 1;
    // 0x0002_0001, reserved, flags, identifier 0x155, data 0xbbaa: cut after 3, 10 and 17 bytes.
    // prettier-ignore
    const bytes: StaticArray<u32> = [
      1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x55, 0x01, 0, 0, 0xaa, 0xbb,
    ];
    for (let index: u32 = 0; index < 18; index++) {
      rig.section.write8(at + index, bytes[index]);
    }
    rig.driver.describe(TRANSMIT, 5, at, 3, 1, 2);
    rig.driver.describe(TRANSMIT, 2, at + 3, 7, 1, 7);
    rig.driver.describe(TRANSMIT, 7, at + 10, 7, 1, 1);
    rig.driver.describe(TRANSMIT, 1, at + 17, 1, 1, 0);
    rig.driver.describe(TRANSMIT, 0, at + 40, 1, 2, 0);
    rig.driver.offer(TRANSMIT, 5);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    expect(rig.frame.identifier).toBe(0x155);
    expect(rig.frame.data).toBe(0xbbaa);
    rig.device.finishReceived(true);
    expect(rig.section.read8(at + 40)).toBe(0);
    expect(rig.driver.usedHead(TRANSMIT, 0)).toBe(5);
  });

  test('frames are delivered with used length 16 + length, of a remote frame too', () => {
    const rig = runningDevice();
    rig.driver.postReceive(3, 24);
    rig.driver.postReceive(4, 80);
    expect(rig.device.canSubmit()).toBe(true);
    const data = setFrame(rig.frame, EXTENDED | 0x18fef121, 5, 0x1122334455);
    expect(rig.device.submit(data)).toBe(Status.Ok);
    expect(rig.driver.usedHead(RECEIVE, 0)).toBe(3);
    expect(rig.driver.usedLength(RECEIVE, 0)).toBe(21);
    const at = rig.driver.buffer(1, 3);
    expect(rig.section.read64(at)).toBe(0x0005_0101);
    expect(rig.section.read64(at + 8)).toBe(0x18fef121_00008000);
    expect(rig.section.read8(at + 16)).toBe(0x55);
    expect(rig.section.read8(at + 20)).toBe(0x11);

    rig.device.submit(setFrame(rig.frame, REMOTE | 0x123, 8, 0));
    expect(rig.driver.usedHead(RECEIVE, 1)).toBe(4);
    expect(rig.driver.usedLength(RECEIVE, 1)).toBe(24);
    const next = rig.driver.buffer(1, 4);
    expect(rig.section.read64(next)).toBe(0x0008_0101);
    expect(rig.section.read64(next + 8)).toBe(0x123_00002000);
    expect(rig.section.read64(next + 16)).toBe(0);
    expect(rig.device.canSubmit()).toBe(false);
  });

  test('an interrupt comes with queue_event, and not when the driver wants none', () => {
    const rig = runningDevice();
    rig.section.write16(0x40, 0);
    rig.driver.postReceive(0, 24);
    rig.driver.postReceive(1, 24);
    const bells = rig.wire.bells[DRIVER];
    rig.device.submit(setFrame(rig.frame, 1, 0, 0));
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
    expect(rig.section.read8(0x41)).toBe(1, 'queue_event');
    rig.section.write8(0x41, 0);
    rig.section.write16(rig.driver.available(RECEIVE), 1);
    rig.device.submit(setFrame(rig.frame, 2, 0, 0));
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
    expect(rig.section.read8(0x41)).toBe(0);
  });
});

describe('a hostile driver', () => {
  /** The kinds of impossible transmit rings below. */
  const kinds = 9;

  test('loses its session by an impossible ring, and the device starts over', () => {
    for (let kind = 0; kind < kinds; kind++) {
      const rig = runningDevice();
      const driver = rig.driver;
      let reason: Status = Status.RingIndexBad;
      driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
      if (kind === 0) {
        rig.section.write16(driver.available(TRANSMIT) + 2, ENTRIES + 1);
      } else if (kind === 1) {
        rig.section.write16(driver.available(TRANSMIT) + 4, <u32>ENTRIES);
      } else if (kind === 2) {
        driver.describe(TRANSMIT, 0, driver.buffer(0, 0), 16, 1, 0);
      } else if (kind === 3) {
        driver.describe(TRANSMIT, 0, driver.buffer(0, 0), 16, 1, 0xffff);
      } else {
        reason = Status.RingLengthBad;
        const address = driver.buffer(0, 0);
        if (kind === 4) driver.describe(TRANSMIT, 0, address, 16, 4, 0);
        if (kind === 5) driver.describe(TRANSMIT, 0, SECTION_BYTES - 8, 16, 1, 1);
        if (kind === 6) driver.describe(TRANSMIT, 0, 0x1_0000_0000, 16, 1, 1);
        if (kind === 7) driver.describe(TRANSMIT, 0, address, 0xffff_ffff, 1, 1);
        if (kind === 8) driver.describe(TRANSMIT, 0, address, 1, 3, 2);
        if (kind === 8) driver.describe(TRANSMIT, 2, address, 1, 0, 0);
      }
      expect(rig.device.receive(rig.frame)).toBe(reason, `kind ${kind}`);
      expect(driver.deviceState).toBe(0);
      expect(rig.device.transport.phase).toBe(DevicePhase.Withdrawn);
      expect(rig.device.counters.violations).toBe(1);
      expect(rig.device.running).toBe(false);
      rig.wire.states[DRIVER] = 0;
      rig.device.step();
      expect(driver.deviceState).toBe(1);
    }
  });

  test('loses its session by a receive buffer that is too small or not writable', () => {
    for (let kind = 0; kind < 2; kind++) {
      const rig = runningDevice();
      if (kind === 0) {
        rig.driver.postReceive(0, 20);
      } else {
        rig.driver.describe(RECEIVE, 0, rig.driver.buffer(1, 0), 24, 0, 0);
        rig.driver.offer(RECEIVE, 0);
      }
      const full = setFrame(rig.frame, 1, 8, 0);
      expect(rig.device.submit(full)).toBe(Status.RingLengthBad);
      expect(rig.driver.deviceState).toBe(0);
    }
  });

  test('cannot move a queue by overwriting the header', () => {
    const rig = runningDevice();
    rig.section.write64(0x28, u64.MAX_VALUE);
    rig.section.write64(0x30, u64.MAX_VALUE);
    rig.section.write16(0x20, 0xffff);
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
  });

  test('that announces registers without end costs one per step', () => {
    const rig = runningDevice();
    for (let count = 0; count < 100; count++) {
      rig.section.write32(0x08, 0x44 + 4 * count);
      rig.section.accesses = 0;
      rig.device.step();
      expect(rig.section.accesses <= 16).toBe(true);
      if (!rig.device.running) rig.run();
    }
  });
});
