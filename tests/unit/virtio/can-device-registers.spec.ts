// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The device's registers against a driver written by hand from the specification: the header it
 * lays out, and what it does at each register write.
 */
import { Status } from '../../../src/rt/status';
import { DeviceRig, runningDevice } from './device-rig';
import { DRIVER } from './pair';

describe('the header', () => {
  test('is laid out before READY, and only while the driver is 0', () => {
    const rig = new DeviceRig();
    expect(rig.driver.deviceState).toBe(1);
    expect(rig.section.read32(0x00)).toBe(1, 'revision');
    expect(rig.section.read32(0x04)).toBe(0x50, 'size');
    expect(rig.section.read32(0x08)).toBe(0, 'write_transaction');
    expect(rig.section.read32(0x44)).toBe(0, 'device_status');
    expect(rig.section.read16(0x40)).toBe(0, 'events');
    expect(rig.section.read32(0x48)).toBe(0, 'config_generation');
    expect(rig.section.read16(0x4c)).toBe(0, 'config.status');

    rig.wire.states[DRIVER] = 0;
    rig.device.step();
    expect(rig.driver.deviceState).toBe(0, 'the driver left');
    rig.wire.states[DRIVER] = 1;
    rig.device.step();
    expect(rig.driver.deviceState).toBe(0, 'and must be seen at 0 first');
    rig.wire.states[DRIVER] = 0;
    rig.device.step();
    expect(rig.driver.deviceState).toBe(1);
  });

  test('says DEVICE_NEEDS_RESET to a driver that has not noticed that the device went away', () => {
    const rig = runningDevice();
    rig.device.leave();
    expect(rig.driver.deviceState).toBe(0);
    rig.device.step();
    // Linux shows it as the status of the virtio device: 0x40 with what the driver has written.
    expect(rig.section.read32(0x44)).toBe(0x4f);
    // Linux waits for no acknowledgement of an end whose state is 0, and gets none.
    rig.driver.write32(0x44, 0);
    rig.device.step();
    expect(rig.section.read32(0x44)).toBe(0x40, 'as long as it stays');
    rig.wire.states[DRIVER] = 0;
    rig.device.step();
    expect(rig.driver.deviceState).toBe(1);
    expect(rig.section.read32(0x44)).toBe(0);
    expect(rig.section.read32(0x08)).toBe(0, 'what was written meanwhile is void');
  });

  test('is laid out again if it is lost while the driver is away', () => {
    const rig = new DeviceRig();
    rig.wire.states[DRIVER] = 0;
    rig.device.step();
    rig.device.step();
    memory.fill(rig.section.base, 0xa5, 64);
    rig.device.step();
    expect(rig.section.read32(0x00)).toBe(1);
    expect(rig.section.read32(0x04)).toBe(0x50);
    expect(rig.section.read32(0x08)).toBe(0);
    expect(rig.driver.deviceState).toBe(1);
    rig.driver.ready();
    rig.device.step();
    rig.run();
  });

  test('a driver that has left still gets its register writes acknowledged, without effect', () => {
    const rig = runningDevice();
    rig.wire.states[DRIVER] = 0;
    rig.device.step();
    rig.device.step();
    expect(rig.driver.deviceState).toBe(1, 'ready for the next');
    // Linux's order: reset, then each queue is selected and disabled; it spins for each of them.
    rig.write32(0x44, 0);
    for (let queue: u32 = 0; queue < 3; queue++) {
      rig.write32(0x1c, queue);
      rig.write32(0x24, 0);
      rig.write32(0x44, 0x0f);
    }
    expect(rig.device.transport.operating).toBe(false);
    expect(rig.device.transport.writePending).toBe(false);
    expect(rig.driver.deviceState).toBe(1);
    for (let queue = 0; queue < 3; queue++) rig.driver.availableIndex[queue] = 0;
    memory.fill(rig.section.base + 0x400, 0, 0x2000);
    rig.driver.ready();
    rig.device.step();
    rig.run();
  });

  test('the first write of a driver that comes during a step is served, not dismissed', () => {
    const rig = new DeviceRig();
    rig.wire.states[DRIVER] = 0;
    rig.device.step();
    rig.device.step();
    rig.driver.write32(0x10, 1);
    rig.wire.driverComes = true;
    rig.device.step();
    expect(rig.section.read32(0x08)).toBe(0x10, 'the state was read before the driver came');
    rig.device.step();
    rig.device.step();
    expect(rig.section.read32(0x08)).toBe(0);
    expect(rig.section.read32(0x0c)).toBe(0x13, 'the high word of the features');
  });

  test('features are offered by words', () => {
    const rig = new DeviceRig();
    rig.write32(0x10, 1);
    expect(rig.section.read32(0x0c)).toBe(0x13);
    rig.write32(0x10, 0);
    expect(rig.section.read32(0x0c)).toBe(0x80000d); // the 8 is this project's own
    rig.write32(0x10, 2);
    expect(rig.section.read32(0x0c)).toBe(0);
  });

  test('three queues are offered, 256, 256 and 4, vectors 0, and no more', () => {
    const rig = new DeviceRig();
    for (let queue: u32 = 0; queue < 5; queue++) {
      rig.write32(0x1c, queue);
      expect(rig.section.read16(0x20)).toBe(queue < 2 ? 256 : queue === 2 ? 4 : 0);
      expect(rig.section.read16(0x22)).toBe(0);
      expect(rig.section.read16(0x24)).toBe(0);
      expect(rig.section.read16(0x26)).toBe(0);
    }
    rig.write16(0x26, 1);
    expect(rig.section.read32(0x44)).toBe(0, 'enabling queue 4 does nothing');
  });

  test('a small section is offered smaller queues, so that buffers of both directions fit', () => {
    // Section bytes, entries: 64 bytes for a receive buffer and 128 for a request, and the rings.
    // prettier-ignore
    const sizes: StaticArray<u32> = [
      0x2000, 32, 0x4000, 64, 0x8000, 128, 0x10000, 256, 0x100000, 256,
    ];
    for (let index = 0; index < sizes.length; index += 2) {
      const rig = new DeviceRig(sizes[index]);
      for (let queue: u32 = 0; queue < 2; queue++) {
        rig.write32(0x1c, queue);
        expect(rig.section.read16(0x20)).toBe(sizes[index + 1], `${sizes[index]} bytes`);
      }
    }
  });

  test('unknown, read-only and configuration registers are just acknowledged', () => {
    const rig = new DeviceRig();
    rig.write32(0x00, 7);
    rig.write32(0x4c, 0xffff);
    rig.write32(0x9999_9998 & 0xfffc, 1);
    rig.section.write32(0x08, 0xffff_ffff);
    rig.device.step();
    expect(rig.section.read32(0x08)).toBe(0);
    expect(rig.driver.deviceState).toBe(1);
  });

  test('features that are not offered, or too few, are refused', () => {
    const rig = new DeviceRig();
    rig.acceptFeatures(0x0d, 0x13);
    expect(rig.section.read32(0x44)).toBe(0x0b);
    rig.acceptFeatures(0x0f, 0x13);
    expect(rig.section.read32(0x44)).toBe(0x03, 'CAN_FD was not offered');
    rig.acceptFeatures(0x0d, 0x11);
    expect(rig.section.read32(0x44)).toBe(0x03, 'ACCESS_PLATFORM is needed');
    rig.acceptFeatures(0x0d, 0x33);
    expect(rig.section.read32(0x44)).toBe(0x03, 'bit 37 was not offered');
    rig.acceptFeatures(0x0c, 0x13);
    expect(rig.section.read32(0x44)).toBe(0x03, 'CAN_CLASSIC is needed');
    rig.acceptFeatures(0x01, 0x03);
    expect(rig.section.read32(0x44)).toBe(0x0b, 'the others are not');
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
      const rig = new DeviceRig();
      rig.acceptFeatures(0x0d, 0x13);
      rig.write32(0x1c, 0);
      rig.write16(0x20, <u32>bad[index]);
      rig.write64(0x28, bad[index + 1]);
      rig.write64(0x30, bad[index + 2]);
      rig.write64(0x38, bad[index + 3]);
      const bells = rig.wire.bells[DRIVER];
      rig.write16(0x26, 1);
      expect(rig.section.read32(0x44)).toBe(0x4b, `case ${index / 4}`);
      expect(rig.section.read8(0x40)).toBe(1, 'config_event');
      expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
      rig.run();
    }
  });

  test('features are settled once they are found acceptable', () => {
    const rig = runningDevice();
    rig.write32(0x18, 0);
    rig.write32(0x14, 0x01);
    rig.driver.requestTransmit(0, 0x0000_0001, 0x2000, 0x10, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok, 'remote frames were agreed on');
  });

  test('DRIVER_OK without all three queues begins nothing', () => {
    const rig = new DeviceRig();
    rig.acceptFeatures(0x0d, 0x13);
    for (let queue: u32 = 0; queue < 2; queue++) {
      rig.selectQueue(queue, rig.driver.entries(queue));
      rig.write16(0x26, 1);
    }
    rig.write32(0x44, 0x0f);
    expect(rig.device.transport.operating).toBe(false);
    expect(rig.wire.bells[DRIVER]).toBe(0);
  });

  test('a queue may end where the section ends', () => {
    const rig = new DeviceRig();
    rig.acceptFeatures(0x0d, 0x13);
    rig.selectQueue(0, 8);
    rig.write64(0x28, 0x40000 - 16 * 8);
    rig.write16(0x26, 1);
    expect(rig.section.read32(0x44)).toBe(0x0b);
  });

  test('DRIVER_OK raises one configuration event, for a driver that lost interrupts before', () => {
    const rig = new DeviceRig();
    rig.acceptFeatures(0x0d, 0x13);
    for (let queue: u32 = 0; queue < 3; queue++) {
      rig.selectQueue(queue, rig.driver.entries(queue));
      rig.write16(0x26, 1);
    }
    expect(rig.wire.bells[DRIVER]).toBe(0);
    rig.write32(0x44, 0x0f);
    expect(rig.wire.bells[DRIVER]).toBe(1);
    expect(rig.section.read8(0x40)).toBe(1);
  });

  test('status 0 is a reset at any time: queues, features, START are forgotten', () => {
    const rig = runningDevice();
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    rig.section.write16(0x40, 0x0101);
    rig.section.write16(0x4c, 1);
    rig.write32(0x44, 0);
    expect(rig.section.read16(0x40)).toBe(0, 'both events');
    expect(rig.section.read16(0x4c)).toBe(0, 'config.status');
    expect(rig.device.running).toBe(false);
    expect(rig.device.receivedOpen).toBe(false);
    rig.device.finishReceived(true);
    expect(rig.driver.transmitResult(0)).toBe(0xee, 'a void request is not answered');
    rig.write32(0x1c, 0);
    expect(rig.section.read16(0x26)).toBe(0);
    expect(rig.driver.deviceState).toBe(1, 'still READY');
  });

  test('a 32-bit 0 in queue_enable, as Linux writes at its end, disables the queue', () => {
    const rig = runningDevice();
    rig.write32(0x1c, 0);
    rig.section.write32(0x24, 0);
    rig.write64(0x28, 0);
    rig.write16(0x26, 0);
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Empty);
  });
});
