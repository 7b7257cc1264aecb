/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The device's queues against a driver written by hand from the specification: requests, results,
 * delivered frames, and what a hostile driver can do (nothing).
 */
import { Status } from '../../../src/rt/status';
import { DevicePhase } from '../../../src/virtio/transport-device';
import { CONTROL, DeviceBench, RECEIVE, START, STOP, TRANSMIT } from './device-bench';
import { DRIVER, SECTION_BYTES, setFrame } from './pair';
import { ENTRIES } from './scripted-driver';

const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;

describe('requests', () => {
  test('START and STOP are done however often; another message is not', () => {
    const bench = new DeviceBench();
    bench.run();
    // prettier-ignore
    const messages: StaticArray<u32> = [START, 0, STOP, 0, STOP, 0, START, 0, 0x0203, 1, 0, 1];
    for (let index = 0; index < messages.length; index += 2) {
      bench.driver.requestControl(messages[index]);
      bench.device.step();
      expect(bench.driver.controlResult()).toBe(messages[index + 1], `message ${index / 2}`);
    }
    expect(bench.driver.usedCount(CONTROL)).toBe(7);
    expect(bench.driver.usedLength(CONTROL, 6)).toBe(1);
    expect(bench.driver.usedHead(CONTROL, 6)).toBe(0);
  });

  test('half a control message is none', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestControl(START);
    bench.driver.describe(CONTROL, 0, bench.driver.buffer(CONTROL, 0), 1, 1, 1);
    bench.device.step();
    expect(bench.driver.controlResult()).toBe(1);
  });

  test('requests go round the ring in the order they end', () => {
    const bench = new DeviceBench();
    bench.run();
    for (let count: u32 = 0; count < 3 * ENTRIES; count++) {
      const slot = count % 3;
      bench.driver.requestTransmit(slot, 0x0000_0001, 0, count, 0);
      expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
      expect(bench.frame.identifier).toBe(count);
      bench.device.finishReceived(true);
      expect(bench.driver.usedCount(TRANSMIT)).toBe(count + 1);
      expect(bench.driver.usedHead(TRANSMIT, count)).toBe(2 * slot);
    }
  });

  test('an interrupt tells that a request has ended, and of the answer to a control message', () => {
    const bench = new DeviceBench();
    bench.run();
    for (let round: u32 = 0; round < 2; round++) {
      const flags = round;
      const wanted = 1 - round;
      bench.section.write16(bench.driver.available(TRANSMIT), flags);
      bench.section.write16(bench.driver.available(CONTROL), flags);
      bench.section.write8(0x41, 0);
      const bells = bench.wire.bells[DRIVER];
      bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
      bench.device.receive(bench.frame);
      bench.device.finishReceived(true);
      expect(bench.wire.bells[DRIVER]).toBe(bells + wanted, 'request');
      expect(bench.section.read8(0x41)).toBe(wanted, 'queue_event');
      bench.driver.requestControl(START);
      bench.device.step();
      expect(bench.wire.bells[DRIVER]).toBe(bells + 2 * wanted, 'control message');
    }
  });

  test('a transmit request becomes a frame and is used when it is finished, not before', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestTransmit(1, 0x0003_0001, 0x8000, 0x1234567, 0x332211);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(EXTENDED | 0x1234567);
    expect(bench.frame.length).toBe(3);
    expect(bench.frame.data).toBe(0x332211);
    expect(bench.driver.usedCount(TRANSMIT)).toBe(0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Busy);
    bench.device.finishReceived(true);
    expect(bench.driver.usedCount(TRANSMIT)).toBe(1);
    expect(bench.driver.usedHead(TRANSMIT, 0)).toBe(2);
    expect(bench.driver.usedLength(TRANSMIT, 0)).toBe(1);
    expect(bench.driver.transmitResult(1)).toBe(0);
  });

  test('impossible messages are answered NOT_OK and not sent', () => {
    const bench = new DeviceBench();
    bench.run();
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
      bench.driver.requestTransmit(0, bad[index], bad[index + 1], bad[index + 2], 0);
      expect(bench.device.receive(bench.frame)).toBe(Status.MessageBad, `case ${index / 3}`);
      expect(bench.driver.transmitResult(0)).toBe(1);
    }
    expect(bench.driver.usedCount(TRANSMIT)).toBe(7);
    expect(bench.device.counters.malformed).toBe(7);
    expect(bench.device.running).toBe(true);
  });

  test('a remote frame needs its feature', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0004_0001, 0x2000, 0x10, u64.MAX_VALUE);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(REMOTE | 0x10);
    expect(bench.frame.length).toBe(4);
    expect(bench.frame.data).toBe(0);

    const without = new DeviceBench();
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
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    bench.driver.requestTransmit(1, 0x0000_0001, 0, 0x11, 0);
    bench.device.receive(bench.frame);
    bench.driver.requestControl(STOP);
    bench.device.step();
    bench.device.step();
    expect(bench.driver.controlResult()).toBe(0);
    expect(bench.driver.transmitResult(0)).toBe(1);
    expect(bench.driver.transmitResult(1)).toBe(1);
    bench.driver.requestTransmit(2, 0x0000_0001, 0, 0x12, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.PeerNotReady, 'too late');
    expect(bench.driver.transmitResult(2)).toBe(1);
    expect(bench.device.submit(bench.frame)).toBe(Status.PeerNotReady);
  });

  test('a message may lie across buffers of any size and alignment', () => {
    const bench = new DeviceBench();
    bench.run();
    const at = bench.driver.buffer(0, 0) + 1;
    // 0x0002_0001, reserved, flags, identifier 0x155, data 0xbbaa: cut after 3, 10 and 17 bytes.
    // prettier-ignore
    const bytes: StaticArray<u32> = [
      1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x55, 0x01, 0, 0, 0xaa, 0xbb,
    ];
    for (let index: u32 = 0; index < 18; index++) {
      bench.section.write8(at + index, bytes[index]);
    }
    bench.driver.describe(TRANSMIT, 5, at, 3, 1, 2);
    bench.driver.describe(TRANSMIT, 2, at + 3, 7, 1, 7);
    bench.driver.describe(TRANSMIT, 7, at + 10, 7, 1, 1);
    bench.driver.describe(TRANSMIT, 1, at + 17, 1, 1, 0);
    bench.driver.describe(TRANSMIT, 0, at + 40, 1, 2, 0);
    bench.driver.offer(TRANSMIT, 5);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(0x155);
    expect(bench.frame.data).toBe(0xbbaa);
    bench.device.finishReceived(true);
    expect(bench.section.read8(at + 40)).toBe(0);
    expect(bench.driver.usedHead(TRANSMIT, 0)).toBe(5);
  });

  test('frames are delivered with used length 16 + length, of a remote frame too', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.postReceive(3, 24);
    bench.driver.postReceive(4, 80);
    expect(bench.device.canSubmit()).toBe(true);
    const data = setFrame(bench.frame, EXTENDED | 0x18fef121, 5, 0x1122334455);
    expect(bench.device.submit(data)).toBe(Status.Ok);
    expect(bench.driver.usedHead(RECEIVE, 0)).toBe(3);
    expect(bench.driver.usedLength(RECEIVE, 0)).toBe(21);
    const at = bench.driver.buffer(1, 3);
    expect(bench.section.read64(at)).toBe(0x0005_0101);
    expect(bench.section.read64(at + 8)).toBe(0x18fef121_00008000);
    expect(bench.section.read8(at + 16)).toBe(0x55);
    expect(bench.section.read8(at + 20)).toBe(0x11);

    bench.device.submit(setFrame(bench.frame, REMOTE | 0x123, 8, 0));
    expect(bench.driver.usedHead(RECEIVE, 1)).toBe(4);
    expect(bench.driver.usedLength(RECEIVE, 1)).toBe(24);
    const next = bench.driver.buffer(1, 4);
    expect(bench.section.read64(next)).toBe(0x0008_0101);
    expect(bench.section.read64(next + 8)).toBe(0x123_00002000);
    expect(bench.section.read64(next + 16)).toBe(0);
    expect(bench.device.canSubmit()).toBe(false);
  });

  test('an interrupt comes with queue_event, and not when the driver wants none', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.section.write16(0x40, 0);
    bench.driver.postReceive(0, 24);
    bench.driver.postReceive(1, 24);
    const bells = bench.wire.bells[DRIVER];
    bench.device.submit(setFrame(bench.frame, 1, 0, 0));
    expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
    expect(bench.section.read8(0x41)).toBe(1, 'queue_event');
    bench.section.write8(0x41, 0);
    bench.section.write16(bench.driver.available(RECEIVE), 1);
    bench.device.submit(setFrame(bench.frame, 2, 0, 0));
    expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
    expect(bench.section.read8(0x41)).toBe(0);
  });
});

describe('a hostile driver', () => {
  /** The kinds of impossible transmit rings below. */
  const kinds = 9;

  test('loses its session by an impossible ring, and the device starts over', () => {
    for (let kind = 0; kind < kinds; kind++) {
      const bench = new DeviceBench();
      bench.run();
      const driver = bench.driver;
      let reason: Status = Status.RingIndexBad;
      driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
      if (kind === 0) {
        bench.section.write16(driver.available(TRANSMIT) + 2, ENTRIES + 1);
      } else if (kind === 1) {
        bench.section.write16(driver.available(TRANSMIT) + 4, <u32>ENTRIES);
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
      expect(bench.device.receive(bench.frame)).toBe(reason, `kind ${kind}`);
      expect(driver.deviceState).toBe(0);
      expect(bench.device.transport.phase).toBe(DevicePhase.Withdrawn);
      expect(bench.device.counters.violations).toBe(1);
      expect(bench.device.running).toBe(false);
      bench.wire.states[DRIVER] = 0;
      bench.device.step();
      expect(driver.deviceState).toBe(1);
    }
  });

  test('loses its session by a receive buffer that is too small or not writable', () => {
    for (let kind = 0; kind < 2; kind++) {
      const bench = new DeviceBench();
      bench.run();
      if (kind === 0) {
        bench.driver.postReceive(0, 20);
      } else {
        bench.driver.describe(RECEIVE, 0, bench.driver.buffer(1, 0), 24, 0, 0);
        bench.driver.offer(RECEIVE, 0);
      }
      const full = setFrame(bench.frame, 1, 8, 0);
      expect(bench.device.submit(full)).toBe(Status.RingLengthBad);
      expect(bench.driver.deviceState).toBe(0);
    }
  });

  test('cannot move a queue by overwriting the header', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.section.write64(0x28, u64.MAX_VALUE);
    bench.section.write64(0x30, u64.MAX_VALUE);
    bench.section.write16(0x20, 0xffff);
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
  });

  test('that announces registers without end costs one per step', () => {
    const bench = new DeviceBench();
    bench.run();
    for (let count = 0; count < 100; count++) {
      bench.section.write32(0x08, 0x44 + 4 * count);
      bench.section.accesses = 0;
      bench.device.step();
      expect(bench.section.accesses <= 16).toBe(true);
      if (!bench.device.running) bench.run();
    }
  });
});
