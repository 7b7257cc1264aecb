/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The device's end against a driver written by hand from the specification: the header it lays
 * out, what it does at each register write, results, and what a hostile driver can do (nothing).
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { Status } from '../../../src/rt/status';
import { CanDevice } from '../../../src/virtio/can-device';
import { DevicePhase } from '../../../src/virtio/transport-device';
import {
  DEVICE,
  DRIVER,
  FakeClock,
  FakeLink,
  FakeSection,
  SECTION_BYTES,
  setFrame,
  Wire,
} from './pair';
import { ENTRIES, ScriptedDriver } from './scripted-driver';

const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;
const TRANSMIT: u32 = 0;
const RECEIVE: u32 = 1;
const CONTROL: u32 = 2;
const START: u32 = 0x0201;
const STOP: u32 = 0x0202;

@final
class Bench {
  readonly clock: FakeClock;
  readonly wire: Wire;
  readonly section: FakeSection;
  readonly driver: ScriptedDriver;
  readonly device: CanDevice<FakeSection, FakeLink, FakeClock>;
  readonly frame: Frame;

  constructor() {
    const clock = new FakeClock();
    const wire = new Wire();
    const section = new FakeSection(SECTION_BYTES);
    memory.fill(section.base, 0xa5, 0x400);
    this.device = new CanDevice<FakeSection, FakeLink, FakeClock>(
      section,
      new FakeLink(wire, DEVICE),
      clock,
    );
    this.clock = clock;
    this.wire = wire;
    this.section = section;
    this.driver = new ScriptedDriver(section, wire);
    this.frame = changetype<Frame>(allocateFrames(1));
    this.device.step();
    this.driver.ready();
    this.device.step();
  }

  /** One register write, which one step acknowledges. */
  write16(offset: u32, value: u32): void {
    this.driver.write16(offset, value);
    this.acknowledge();
  }

  write32(offset: u32, value: u32): void {
    this.driver.write32(offset, value);
    this.acknowledge();
  }

  write64(offset: u32, value: u64): void {
    this.driver.write64(offset, value);
    this.acknowledge();
  }

  selectQueue(queue: u32, entries: u32): void {
    this.write32(0x1c, queue);
    this.write16(0x20, entries);
    this.write64(0x28, this.driver.descriptors(queue));
    this.write64(0x30, this.driver.available(queue));
    this.write64(0x38, this.driver.used(queue));
  }

  /** The whole sequence of Linux's driver, and START. */
  run(): void {
    this.acceptFeatures(0x0d, 0x13);
    for (let queue: u32 = 0; queue < 3; queue++) {
      this.selectQueue(queue, this.driver.entries(queue));
      this.write16(0x26, 1);
    }
    this.write32(0x44, 0x0f);
    this.driver.requestControl(START);
    this.device.step();
    expect(this.device.started).toBe(true);
    this.clock.ticks += 5_000;
  }

  acceptFeatures(low: u32, high: u32): void {
    this.write32(0x44, 0x00);
    this.write32(0x44, 0x01);
    this.write32(0x44, 0x03);
    this.write32(0x18, 1);
    this.write32(0x14, high);
    this.write32(0x18, 0);
    this.write32(0x14, low);
    this.write32(0x44, 0x0b);
  }

  private acknowledge(): void {
    this.device.step();
    expect(this.section.read32(0x08)).toBe(0, 'acknowledged in one step');
  }
}

describe('the header', () => {
  test('is laid out before READY, and only while the driver is 0', () => {
    const bench = new Bench();
    expect(bench.driver.deviceState).toBe(1);
    expect(bench.section.read32(0x00)).toBe(1, 'revision');
    expect(bench.section.read32(0x04)).toBe(0x50, 'size');
    expect(bench.section.read32(0x08)).toBe(0, 'write_transaction');
    expect(bench.section.read32(0x44)).toBe(0, 'device_status');
    expect(bench.section.read16(0x40)).toBe(0, 'events');
    expect(bench.section.read32(0x48)).toBe(0, 'config_generation');
    expect(bench.section.read16(0x4c)).toBe(0, 'config.status');

    bench.wire.states[DRIVER] = 0;
    bench.device.step();
    expect(bench.driver.deviceState).toBe(0, 'the driver left');
    bench.wire.states[DRIVER] = 1;
    bench.device.step();
    expect(bench.driver.deviceState).toBe(0, 'and must be seen at 0 first');
    bench.wire.states[DRIVER] = 0;
    bench.device.step();
    expect(bench.driver.deviceState).toBe(1);
  });

  test('is laid out again if it is lost while the driver is away', () => {
    const bench = new Bench();
    bench.wire.states[DRIVER] = 0;
    bench.device.step();
    bench.device.step();
    memory.fill(bench.section.base, 0xa5, 64);
    bench.device.step();
    expect(bench.section.read32(0x00)).toBe(1);
    expect(bench.section.read32(0x04)).toBe(0x50);
    expect(bench.section.read32(0x08)).toBe(0);
    expect(bench.driver.deviceState).toBe(1);
    bench.driver.ready();
    bench.device.step();
    bench.run();
  });

  test('features are offered by words', () => {
    const bench = new Bench();
    bench.write32(0x10, 1);
    expect(bench.section.read32(0x0c)).toBe(0x13);
    bench.write32(0x10, 0);
    expect(bench.section.read32(0x0c)).toBe(0x0d);
    bench.write32(0x10, 2);
    expect(bench.section.read32(0x0c)).toBe(0);
  });

  test('three queues are offered, 256, 256 and 4, vectors 0, and no more', () => {
    const bench = new Bench();
    for (let queue: u32 = 0; queue < 5; queue++) {
      bench.write32(0x1c, queue);
      expect(bench.section.read16(0x20)).toBe(queue < 2 ? 256 : queue === 2 ? 4 : 0);
      expect(bench.section.read16(0x22)).toBe(0);
      expect(bench.section.read16(0x24)).toBe(0);
      expect(bench.section.read16(0x26)).toBe(0);
    }
    bench.write16(0x26, 1);
    expect(bench.section.read32(0x44)).toBe(0, 'enabling queue 4 does nothing');
  });

  test('unknown, read-only and configuration registers are just acknowledged', () => {
    const bench = new Bench();
    bench.write32(0x00, 7);
    bench.write32(0x4c, 0xffff);
    bench.write32(0x9999_9998 & 0xfffc, 1);
    bench.section.write32(0x08, 0xffff_ffff);
    bench.device.step();
    expect(bench.section.read32(0x08)).toBe(0);
    expect(bench.driver.deviceState).toBe(1);
  });

  test('features that are not offered, or too few, are refused', () => {
    const bench = new Bench();
    bench.acceptFeatures(0x0d, 0x13);
    expect(bench.section.read32(0x44)).toBe(0x0b);
    bench.acceptFeatures(0x0f, 0x13);
    expect(bench.section.read32(0x44)).toBe(0x03, 'CAN_FD was not offered');
    bench.acceptFeatures(0x0d, 0x11);
    expect(bench.section.read32(0x44)).toBe(0x03, 'ACCESS_PLATFORM is needed');
    bench.acceptFeatures(0x01, 0x03);
    expect(bench.section.read32(0x44)).toBe(0x0b, 'the others are not');
  });

  test('a queue that cannot be asks for a reset by status and configuration event', () => {
    // Size, descriptors, available, used.
    // prettier-ignore
    const bad: StaticArray<u64> = [
      0, 0x400, 0x500, 0x600,
      3, 0x400, 0x500, 0x600,
      512, 0x1000, 0x8000, 0x9000,
      8, 0x408, 0x500, 0x600,
      8, 0x400, 0x501, 0x600,
      8, 0x400, 0x500, 0x602,
      8, 0x3fff0, 0x500, 0x600,
      8, 0x400, 0x3fff8, 0x600,
      8, 0x400, 0x500, 0x3fffc,
      8, 0x1_0000_0400, 0x500, 0x600,
      8, u64.MAX_VALUE - 15, 0x500, 0x600,
    ];
    for (let index = 0; index < bad.length; index += 4) {
      const bench = new Bench();
      bench.acceptFeatures(0x0d, 0x13);
      bench.write32(0x1c, 0);
      bench.write16(0x20, <u32>bad[index]);
      bench.write64(0x28, bad[index + 1]);
      bench.write64(0x30, bad[index + 2]);
      bench.write64(0x38, bad[index + 3]);
      const bells = bench.wire.bells[DRIVER];
      bench.write16(0x26, 1);
      expect(bench.section.read32(0x44)).toBe(0x4b, `case ${index / 4}`);
      expect(bench.section.read8(0x40)).toBe(1, 'config_event');
      expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
      bench.run();
    }
  });

  test('DRIVER_OK raises one configuration event, for a driver that lost interrupts before', () => {
    const bench = new Bench();
    bench.acceptFeatures(0x0d, 0x13);
    for (let queue: u32 = 0; queue < 3; queue++) {
      bench.selectQueue(queue, bench.driver.entries(queue));
      bench.write16(0x26, 1);
    }
    expect(bench.wire.bells[DRIVER]).toBe(0);
    bench.write32(0x44, 0x0f);
    expect(bench.wire.bells[DRIVER]).toBe(1);
    expect(bench.section.read8(0x40)).toBe(1);
  });

  test('status 0 is a reset at any time: queues, features, START are forgotten', () => {
    const bench = new Bench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Ok);
    bench.write32(0x44, 0);
    expect(bench.device.started).toBe(false);
    expect(bench.device.transmitOpen).toBe(false);
    bench.device.finishTransmit(true);
    expect(bench.driver.transmitResult(0)).toBe(0xee, 'a void request is not answered');
    bench.write32(0x1c, 0);
    expect(bench.section.read16(0x26)).toBe(0);
    expect(bench.driver.deviceState).toBe(1, 'still READY');
  });

  test('a 32-bit 0 in queue_enable, as Linux writes at its end, disables the queue', () => {
    const bench = new Bench();
    bench.run();
    bench.write32(0x1c, 0);
    bench.section.write32(0x24, 0);
    bench.write64(0x28, 0);
    bench.write16(0x26, 0);
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Empty);
  });
});

describe('requests', () => {
  test('START and STOP are done however often; another message is not', () => {
    const bench = new Bench();
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

  test('a transmit request becomes a frame and is used when it is finished, not before', () => {
    const bench = new Bench();
    bench.run();
    bench.driver.requestTransmit(1, 0x0003_0001, 0x8000, 0x1234567, 0x332211);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(EXTENDED | 0x1234567);
    expect(bench.frame.length).toBe(3);
    expect(bench.frame.data).toBe(0x332211);
    expect(bench.driver.usedCount(TRANSMIT)).toBe(0);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Busy);
    bench.device.finishTransmit(true);
    expect(bench.driver.usedCount(TRANSMIT)).toBe(1);
    expect(bench.driver.usedHead(TRANSMIT, 0)).toBe(2);
    expect(bench.driver.usedLength(TRANSMIT, 0)).toBe(1);
    expect(bench.driver.transmitResult(1)).toBe(0);
  });

  test('impossible messages are answered NOT_OK and not sent', () => {
    const bench = new Bench();
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
      expect(bench.device.takeTransmit(bench.frame)).toBe(Status.MessageBad, `case ${index / 3}`);
      expect(bench.driver.transmitResult(0)).toBe(1);
    }
    expect(bench.driver.usedCount(TRANSMIT)).toBe(7);
    expect(bench.device.counters.malformed).toBe(7);
    expect(bench.device.started).toBe(true);
  });

  test('a remote frame needs its feature', () => {
    const bench = new Bench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0004_0001, 0x2000, 0x10, u64.MAX_VALUE);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(REMOTE | 0x10);
    expect(bench.frame.length).toBe(4);
    expect(bench.frame.data).toBe(0);

    const without = new Bench();
    without.acceptFeatures(0x01, 0x13);
    for (let queue: u32 = 0; queue < 3; queue++) {
      without.selectQueue(queue, without.driver.entries(queue));
      without.write16(0x26, 1);
    }
    without.write32(0x44, 0x0f);
    without.driver.requestControl(START);
    without.device.step();
    without.driver.requestTransmit(0, 0x0004_0001, 0x2000, 0x10, 0);
    expect(without.device.takeTransmit(without.frame)).toBe(Status.MessageBad);
    expect(without.driver.transmitResult(0)).toBe(1);
  });

  test('stopped, everything is answered NOT_OK, the open request too', () => {
    const bench = new Bench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    bench.driver.requestTransmit(1, 0x0000_0001, 0, 0x11, 0);
    bench.device.takeTransmit(bench.frame);
    bench.driver.requestControl(STOP);
    bench.device.step();
    expect(bench.driver.transmitResult(0)).toBe(1);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.MessageBad);
    expect(bench.driver.transmitResult(1)).toBe(1);
    expect(bench.device.deliver(bench.frame)).toBe(Status.PeerNotReady);
  });

  test('a message may lie across buffers of any size and alignment', () => {
    const bench = new Bench();
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
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Ok);
    expect(bench.frame.identifier).toBe(0x155);
    expect(bench.frame.data).toBe(0xbbaa);
    bench.device.finishTransmit(true);
    expect(bench.section.read8(at + 40)).toBe(0);
    expect(bench.driver.usedHead(TRANSMIT, 0)).toBe(5);
  });

  test('frames are delivered with used length 16 + length, of a remote frame too', () => {
    const bench = new Bench();
    bench.run();
    bench.driver.postReceive(3, 24);
    bench.driver.postReceive(4, 80);
    expect(bench.device.canDeliver()).toBe(true);
    const data = setFrame(bench.frame, EXTENDED | 0x18fef121, 5, 0x1122334455);
    expect(bench.device.deliver(data)).toBe(Status.Ok);
    expect(bench.driver.usedHead(RECEIVE, 0)).toBe(3);
    expect(bench.driver.usedLength(RECEIVE, 0)).toBe(21);
    const at = bench.driver.buffer(1, 3);
    expect(bench.section.read64(at)).toBe(0x0005_0101);
    expect(bench.section.read64(at + 8)).toBe(0x18fef121_00008000);
    expect(bench.section.read8(at + 16)).toBe(0x55);
    expect(bench.section.read8(at + 20)).toBe(0x11);

    bench.device.deliver(setFrame(bench.frame, REMOTE | 0x123, 8, 0));
    expect(bench.driver.usedHead(RECEIVE, 1)).toBe(4);
    expect(bench.driver.usedLength(RECEIVE, 1)).toBe(24);
    const next = bench.driver.buffer(1, 4);
    expect(bench.section.read64(next)).toBe(0x0008_0101);
    expect(bench.section.read64(next + 8)).toBe(0x123_00002000);
    expect(bench.section.read64(next + 16)).toBe(0);
    expect(bench.device.canDeliver()).toBe(false);
  });

  test('an interrupt comes with queue_event, and not when the driver wants none', () => {
    const bench = new Bench();
    bench.run();
    bench.section.write16(0x40, 0);
    bench.driver.postReceive(0, 24);
    bench.driver.postReceive(1, 24);
    const bells = bench.wire.bells[DRIVER];
    bench.device.deliver(setFrame(bench.frame, 1, 0, 0));
    expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
    expect(bench.section.read8(0x41)).toBe(1, 'queue_event');
    bench.section.write8(0x41, 0);
    bench.section.write16(bench.driver.available(RECEIVE), 1);
    bench.device.deliver(setFrame(bench.frame, 2, 0, 0));
    expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
    expect(bench.section.read8(0x41)).toBe(0);
  });
});

describe('a hostile driver', () => {
  /** The kinds of impossible transmit rings below. */
  const kinds = 9;

  test('loses its session by an impossible ring, and the device starts over', () => {
    for (let kind = 0; kind < kinds; kind++) {
      const bench = new Bench();
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
      expect(bench.device.takeTransmit(bench.frame)).toBe(reason, `kind ${kind}`);
      expect(driver.deviceState).toBe(0);
      expect(bench.device.transport.phase).toBe(DevicePhase.Withdrawn);
      expect(bench.device.counters.violations).toBe(1);
      expect(bench.device.started).toBe(false);
      bench.wire.states[DRIVER] = 0;
      bench.device.step();
      expect(driver.deviceState).toBe(1);
    }
  });

  test('loses its session by a receive buffer that is too small or not writable', () => {
    for (let kind = 0; kind < 2; kind++) {
      const bench = new Bench();
      bench.run();
      if (kind === 0) {
        bench.driver.postReceive(0, 20);
      } else {
        bench.driver.describe(RECEIVE, 0, bench.driver.buffer(1, 0), 24, 0, 0);
        bench.driver.offer(RECEIVE, 0);
      }
      const full = setFrame(bench.frame, 1, 8, 0);
      expect(bench.device.deliver(full)).toBe(Status.RingLengthBad);
      expect(bench.driver.deviceState).toBe(0);
    }
  });

  test('cannot move a queue by overwriting the header', () => {
    const bench = new Bench();
    bench.run();
    bench.section.write64(0x28, u64.MAX_VALUE);
    bench.section.write64(0x30, u64.MAX_VALUE);
    bench.section.write16(0x20, 0xffff);
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.takeTransmit(bench.frame)).toBe(Status.Ok);
  });

  test('that announces registers without end costs one per step', () => {
    const bench = new Bench();
    bench.run();
    for (let count = 0; count < 100; count++) {
      bench.section.write32(0x08, 0x44 + 4 * count);
      bench.section.accesses = 0;
      bench.device.step();
      expect(bench.section.accesses <= 16).toBe(true);
      if (!bench.device.started) bench.run();
    }
  });
});
