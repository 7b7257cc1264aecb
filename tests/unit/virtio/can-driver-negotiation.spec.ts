// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The driver's negotiation against a device written by hand from the specification: the order of
 * register writes, where queues lie, and every way in which it can end early.
 */
import { Status } from '../../../src/rt/status';
import { CanDriverState } from '../../../src/virtio/can-driver';
import { DriverPhase } from '../../../src/virtio/transport-driver';
import { CONTROL, DriverRig, ENOUGH, RECEIVE, TRANSMIT, runningDriver } from './driver-rig';
import { DEVICE, DRIVER, SECTION_BYTES, setFrame } from './pair';
import { ScriptedDevice } from './scripted-device';

const REMOTE: u32 = 0x40000000;

/** For tests that make many rigs: two pages. */
const SMALL_SECTION_BYTES: u32 = 0x2000;

function expectWrite(device: ScriptedDevice, index: i32, offset: u32, value: u64): void {
  expect(device.offsets[index]).toBe(offset, `offset of register write ${index}`);
  expect(device.values[index]).toBe(value, `value of register write ${index}`);
}

describe('negotiation', () => {
  test('nothing is written before the peer is READY', () => {
    const rig = new DriverRig();
    rig.section.accesses = 0;
    rig.step(100);
    expect(rig.wire.states[DRIVER]).toBe(0);
    expect(rig.wire.bells[DEVICE]).toBe(0);
    expect(rig.section.accesses).toBe(100, 'the device alone has looked');
  });

  test('a step without a peer has done something when it repeats the own state: at first, and after a second', () => {
    const rig = new DriverRig();
    expect(rig.driver.step()).toBe(true);
    for (let count = 0; count < 10; count++) expect(rig.driver.step()).toBe(false);
    rig.clock.ticks += 1_000_000;
    expect(rig.driver.step()).toBe(true);
    expect(rig.driver.step()).toBe(false);
  });

  test('a bus-off controller is started again after 100 ms', () => {
    const rig = runningDriver();
    const starts = rig.device.availableIndex(CONTROL);
    rig.section.write16(0x4c, 1); // configuration: status, BUS_OFF
    rig.section.write8(0x40, 1); // and its announcement
    rig.driver.step();
    expect(rig.driver.isPeerBusOff).toBe(true);
    rig.clock.ticks += 99_999;
    rig.driver.step();
    expect(rig.device.availableIndex(CONTROL)).toBe(starts);
    rig.clock.ticks += 1;
    rig.driver.step();
    expect(rig.device.availableIndex(CONTROL)).toBe(starts + 1);
  });

  test('registers are written in the order and with the values of the specification', () => {
    const rig = runningDriver();
    const device = rig.device;
    expectWrite(device, 0, 0x44, 0x00);
    expectWrite(device, 1, 0x44, 0x01);
    expectWrite(device, 2, 0x44, 0x03);
    expectWrite(device, 3, 0x10, 1);
    expectWrite(device, 4, 0x10, 0);
    expectWrite(device, 5, 0x18, 1);
    expectWrite(device, 6, 0x14, 0x13);
    expectWrite(device, 7, 0x18, 0);
    expectWrite(device, 8, 0x14, 0x0d);
    expectWrite(device, 9, 0x44, 0x0b);
    let index = 10;
    for (let queue: u32 = 0; queue < 3; queue++) {
      expectWrite(device, index, 0x1c, queue);
      expectWrite(device, index + 1, 0x20, queue === 2 ? 2 : 256);
      expectWrite(device, index + 2, 0x24, 0);
      expect(device.offsets[index + 3]).toBe(0x28);
      expect(device.offsets[index + 4]).toBe(0x30);
      expect(device.offsets[index + 5]).toBe(0x38);
      expectWrite(device, index + 6, 0x26, 1);
      index += 7;
    }
    expectWrite(device, index, 0x44, 0x0f);
    expect(device.count).toBe(index + 1);
  });

  test('each register write rings the doorbell once', () => {
    const rig = runningDriver();
    // The START and every receive buffer offered before the queue was enabled add one at most.
    expect(rig.wire.bells[DEVICE]).toBe(<u32>rig.device.count + 1);
  });

  test('queues lie in the section, aligned, apart, and cleared of what was there', () => {
    const rig = new DriverRig();
    memory.fill(rig.section.base, 0xa5, SECTION_BYTES);
    rig.run();
    const device = rig.device;
    let end: u32 = 0x50;
    for (let queue: u32 = 0; queue < 3; queue++) {
      const size = device.sizes[queue];
      expect(device.descriptors[queue] % 16).toBe(0);
      expect(device.available[queue] % 2).toBe(0);
      expect(device.used[queue] % 4).toBe(0);
      expect(device.descriptors[queue] >= end).toBe(true);
      expect(device.available[queue] >= device.descriptors[queue] + 16 * size).toBe(true);
      expect(device.used[queue] >= device.available[queue] + 6 + 2 * size).toBe(true);
      end = device.used[queue] + 6 + 8 * size;
      expect(end <= SECTION_BYTES).toBe(true);
      expect(rig.section.read16(device.available[queue])).toBe(1, 'no interrupts wanted');
    }
    expect(rig.section.read16(device.used[TRANSMIT] + 2)).toBe(0);
  });

  test('the whole receive ring is posted, each buffer writable and of 24 bytes', () => {
    const rig = runningDriver();
    const device = rig.device;
    expect(device.availableIndex(RECEIVE)).toBe(256);
    for (let index: u32 = 0; index < 256; index++) {
      const head = device.head(RECEIVE, index);
      expect(device.length(RECEIVE, head)).toBe(24);
      expect(device.flags(RECEIVE, head)).toBe(2);
      expect(device.next(RECEIVE, head)).toBe(0);
    }
  });

  test('a smaller ring, and one that is no power of two, is used as far as it goes', () => {
    const rig = new DriverRig();
    rig.device.offeredSize = 100;
    rig.run();
    expect(rig.device.sizes[TRANSMIT]).toBe(64);
    expect(rig.device.sizes[RECEIVE]).toBe(64);
  });

  test('missing features, a refusal, a strange header and no queue each have their status', () => {
    let rig = new DriverRig();
    rig.device.featuresHigh = 0x11;
    rig.device.present();
    rig.step(20);
    rig.expectGivenUp(Status.FeaturesRefused);

    rig = new DriverRig();
    rig.device.featuresLow = 0x0c;
    rig.device.present();
    rig.step(20);
    rig.expectGivenUp(Status.FeaturesRefused);

    rig = new DriverRig();
    rig.device.refuseFeatures = true;
    rig.device.present();
    rig.step(30);
    rig.expectGivenUp(Status.FeaturesRefused);

    rig = new DriverRig();
    rig.device.present();
    rig.section.write32(0x00, 0);
    rig.step();
    rig.expectGivenUp(Status.TransportRevision);

    rig = new DriverRig();
    rig.device.present();
    rig.section.write32(0x04, 0x4c);
    rig.step();
    rig.expectGivenUp(Status.TransportRevision);

    rig = new DriverRig();
    rig.device.present();
    rig.section.write32(0x04, 0x104);
    rig.step();
    rig.expectGivenUp(Status.TransportRevision);

    rig = new DriverRig();
    rig.device.offeredSize = 0;
    rig.device.present();
    rig.step(30);
    rig.expectGivenUp(Status.QueueTooSmall);

    rig = new DriverRig();
    rig.device.queuesEnabled = true;
    rig.device.present();
    rig.step(30);
    rig.expectGivenUp(Status.QueueTooSmall);
  });

  test('a register write of a former life is left to be acknowledged first', () => {
    const rig = new DriverRig();
    rig.device.silentFrom = 0;
    rig.device.present();
    rig.section.write32(0x08, 0x1c);
    rig.step(50);
    expect(rig.section.read32(0x08)).toBe(0x1c);
    rig.section.write32(0x08, 0);
    rig.step();
    expect(rig.section.read32(0x08)).toBe(0x44, 'the reset');
  });

  test('only what is offered is accepted', () => {
    const rig = new DriverRig();
    rig.device.featuresLow = 0xff7f_fff3; // neither RTR_FRAMES nor this project's bit 23
    rig.device.featuresHigh = 0xffff_ffef;
    rig.run();
    expectWrite(rig.device, 6, 0x14, 0x03);
    expectWrite(rig.device, 8, 0x14, 0x01);
    const remote = setFrame(rig.frame, REMOTE | 0x10, 2, 0);
    expect(rig.driver.submit(remote)).toBe(Status.MessageBad, 'no RTR_FRAMES');
    const error = setFrame(rig.frame, 0x2000_0040, 8, 0);
    expect(rig.driver.errorFramesAccepted).toBe(false);
    expect(rig.driver.submit(error)).toBe(Status.MessageBad, 'no error messages');
  });

  test('at any register write a silent device costs 100 ms, then the session', () => {
    for (let silentFrom = 0; silentFrom < 32; silentFrom++) {
      const rig = new DriverRig(SMALL_SECTION_BYTES);
      rig.device.silentFrom = silentFrom;
      rig.device.present();
      for (let count = 0; count < ENOUGH && rig.device.count < silentFrom; count++) rig.step();
      rig.step(ENOUGH);
      expect(rig.driver.transport.phase).toBe(DriverPhase.Negotiating);
      rig.clock.ticks += 100_000;
      rig.step();
      rig.expectGivenUp(Status.TransactionTimeout);
      // And it comes back when the device does.
      rig.device.silentFrom = i32.MAX_VALUE;
      rig.clock.ticks += 100_000;
      rig.run();
    }
  });

  test('at any step a peer that leaves is noticed at once, and its return starts anew', () => {
    const measure = new DriverRig(SMALL_SECTION_BYTES);
    measure.run();
    const steps = measure.clock.ticks - 1000;
    for (let leaving: u64 = 1; leaving < steps; leaving++) {
      const rig = new DriverRig(SMALL_SECTION_BYTES);
      rig.device.present();
      rig.step(<i32>leaving);
      rig.wire.states[DEVICE] = 0;
      rig.driver.step();
      rig.driver.step();
      expect(rig.wire.states[DRIVER]).toBe(0);
      rig.device.count = 0;
      rig.run();
    }
  });

  test('a START that comes back without its result is refused', () => {
    const rig = new DriverRig();
    rig.negotiate();
    rig.device.putUsed(CONTROL, 0, rig.device.head(CONTROL, 0), 1);
    rig.step();
    rig.expectGivenUp(Status.ControlRefused);
  });

  test('a START that is refused or not answered ends the session', () => {
    let rig = new DriverRig();
    rig.negotiate();
    rig.device.answerStart(1);
    rig.step();
    rig.expectGivenUp(Status.ControlRefused);
    expect(rig.driver.state).toBe(CanDriverState.Offline);

    rig = new DriverRig();
    rig.negotiate();
    rig.clock.ticks += 1_000_000;
    rig.step();
    rig.expectGivenUp(Status.TransactionTimeout);
  });
});
