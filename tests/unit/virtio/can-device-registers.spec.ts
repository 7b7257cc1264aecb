/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The device's registers against a driver written by hand from the specification: the header it
 * lays out, and what it does at each register write.
 */
import { Status } from '../../../src/rt/status';
import { DeviceBench } from './device-bench';
import { DRIVER } from './pair';

describe('the header', () => {
  test('is laid out before READY, and only while the driver is 0', () => {
    const bench = new DeviceBench();
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

  test('says DEVICE_NEEDS_RESET to a driver that has not noticed that the device went away', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.device.leave();
    expect(bench.driver.deviceState).toBe(0);
    bench.device.step();
    // Linux shows it as the status of the virtio device: 0x40 with what the driver has written.
    expect(bench.section.read32(0x44)).toBe(0x4f);
    // Linux waits for no acknowledgement of an end whose state is 0, and gets none.
    bench.driver.write32(0x44, 0);
    bench.device.step();
    expect(bench.section.read32(0x44)).toBe(0x40, 'as long as it stays');
    bench.wire.states[DRIVER] = 0;
    bench.device.step();
    expect(bench.driver.deviceState).toBe(1);
    expect(bench.section.read32(0x44)).toBe(0);
    expect(bench.section.read32(0x08)).toBe(0, 'what was written meanwhile is void');
  });

  test('is laid out again if it is lost while the driver is away', () => {
    const bench = new DeviceBench();
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

  test('a driver that has left still gets its register writes acknowledged, without effect', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.wire.states[DRIVER] = 0;
    bench.device.step();
    bench.device.step();
    expect(bench.driver.deviceState).toBe(1, 'ready for the next');
    // Linux's order: reset, then each queue is selected and disabled; it spins for each of them.
    bench.write32(0x44, 0);
    for (let queue: u32 = 0; queue < 3; queue++) {
      bench.write32(0x1c, queue);
      bench.write32(0x24, 0);
      bench.write32(0x44, 0x0f);
    }
    expect(bench.device.transport.operating).toBe(false);
    expect(bench.device.transport.writePending).toBe(false);
    expect(bench.driver.deviceState).toBe(1);
    for (let queue = 0; queue < 3; queue++) bench.driver.availableIndex[queue] = 0;
    memory.fill(bench.section.base + 0x400, 0, 0x2000);
    bench.driver.ready();
    bench.device.step();
    bench.run();
  });

  test('the first write of a driver that comes during a step is served, not dismissed', () => {
    const bench = new DeviceBench();
    bench.wire.states[DRIVER] = 0;
    bench.device.step();
    bench.device.step();
    bench.driver.write32(0x10, 1);
    bench.wire.driverComes = true;
    bench.device.step();
    expect(bench.section.read32(0x08)).toBe(0x10, 'the state was read before the driver came');
    bench.device.step();
    bench.device.step();
    expect(bench.section.read32(0x08)).toBe(0);
    expect(bench.section.read32(0x0c)).toBe(0x13, 'the high word of the features');
  });

  test('features are offered by words', () => {
    const bench = new DeviceBench();
    bench.write32(0x10, 1);
    expect(bench.section.read32(0x0c)).toBe(0x13);
    bench.write32(0x10, 0);
    expect(bench.section.read32(0x0c)).toBe(0x80000d); // the 8 is this project's own
    bench.write32(0x10, 2);
    expect(bench.section.read32(0x0c)).toBe(0);
  });

  test('three queues are offered, 256, 256 and 4, vectors 0, and no more', () => {
    const bench = new DeviceBench();
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

  test('a small section is offered smaller queues, so that buffers of both directions fit', () => {
    // Section bytes, entries: 64 bytes for a receive buffer and 128 for a request, and the rings.
    // prettier-ignore
    const sizes: StaticArray<u32> = [
      0x2000, 32, 0x4000, 64, 0x8000, 128, 0x10000, 256, 0x100000, 256,
    ];
    for (let index = 0; index < sizes.length; index += 2) {
      const bench = new DeviceBench(sizes[index]);
      for (let queue: u32 = 0; queue < 2; queue++) {
        bench.write32(0x1c, queue);
        expect(bench.section.read16(0x20)).toBe(sizes[index + 1], `${sizes[index]} bytes`);
      }
    }
  });

  test('unknown, read-only and configuration registers are just acknowledged', () => {
    const bench = new DeviceBench();
    bench.write32(0x00, 7);
    bench.write32(0x4c, 0xffff);
    bench.write32(0x9999_9998 & 0xfffc, 1);
    bench.section.write32(0x08, 0xffff_ffff);
    bench.device.step();
    expect(bench.section.read32(0x08)).toBe(0);
    expect(bench.driver.deviceState).toBe(1);
  });

  test('features that are not offered, or too few, are refused', () => {
    const bench = new DeviceBench();
    bench.acceptFeatures(0x0d, 0x13);
    expect(bench.section.read32(0x44)).toBe(0x0b);
    bench.acceptFeatures(0x0f, 0x13);
    expect(bench.section.read32(0x44)).toBe(0x03, 'CAN_FD was not offered');
    bench.acceptFeatures(0x0d, 0x11);
    expect(bench.section.read32(0x44)).toBe(0x03, 'ACCESS_PLATFORM is needed');
    bench.acceptFeatures(0x0d, 0x33);
    expect(bench.section.read32(0x44)).toBe(0x03, 'bit 37 was not offered');
    bench.acceptFeatures(0x0c, 0x13);
    expect(bench.section.read32(0x44)).toBe(0x03, 'CAN_CLASSIC is needed');
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
      const bench = new DeviceBench();
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

  test('features are settled once they are found acceptable', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.write32(0x18, 0);
    bench.write32(0x14, 0x01);
    bench.driver.requestTransmit(0, 0x0000_0001, 0x2000, 0x10, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok, 'remote frames were agreed on');
  });

  test('DRIVER_OK without all three queues begins nothing', () => {
    const bench = new DeviceBench();
    bench.acceptFeatures(0x0d, 0x13);
    for (let queue: u32 = 0; queue < 2; queue++) {
      bench.selectQueue(queue, bench.driver.entries(queue));
      bench.write16(0x26, 1);
    }
    bench.write32(0x44, 0x0f);
    expect(bench.device.transport.operating).toBe(false);
    expect(bench.wire.bells[DRIVER]).toBe(0);
  });

  test('a queue may end where the section ends', () => {
    const bench = new DeviceBench();
    bench.acceptFeatures(0x0d, 0x13);
    bench.selectQueue(0, 8);
    bench.write64(0x28, 0x40000 - 16 * 8);
    bench.write16(0x26, 1);
    expect(bench.section.read32(0x44)).toBe(0x0b);
  });

  test('DRIVER_OK raises one configuration event, for a driver that lost interrupts before', () => {
    const bench = new DeviceBench();
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
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    bench.section.write16(0x40, 0x0101);
    bench.section.write16(0x4c, 1);
    bench.write32(0x44, 0);
    expect(bench.section.read16(0x40)).toBe(0, 'both events');
    expect(bench.section.read16(0x4c)).toBe(0, 'config.status');
    expect(bench.device.running).toBe(false);
    expect(bench.device.receivedOpen).toBe(false);
    bench.device.finishReceived(true);
    expect(bench.driver.transmitResult(0)).toBe(0xee, 'a void request is not answered');
    bench.write32(0x1c, 0);
    expect(bench.section.read16(0x26)).toBe(0);
    expect(bench.driver.deviceState).toBe(1, 'still READY');
  });

  test('a 32-bit 0 in queue_enable, as Linux writes at its end, disables the queue', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.write32(0x1c, 0);
    bench.section.write32(0x24, 0);
    bench.write64(0x28, 0);
    bench.write16(0x26, 0);
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Empty);
  });
});
