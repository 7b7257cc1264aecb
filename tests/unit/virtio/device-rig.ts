// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The device's end of the ring on a rig: a scripted driver at the other end, a clock by hand.
 *
 * Does not: step the device but for register writes, each of which one step must acknowledge.
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { CanDevice } from '../../../src/virtio/can-device';
import { DEVICE, DRIVER, FakeClock, FakeLink, FakeSection, SECTION_BYTES, Wire } from './pair';
import { ScriptedDriver } from './scripted-driver';

export const TRANSMIT: u32 = 0;
export const RECEIVE: u32 = 1;
export const CONTROL: u32 = 2;

export const START: u32 = 0x0201;
export const STOP: u32 = 0x0202;

@final
export class DeviceRig {
  readonly clock: FakeClock;
  readonly wire: Wire;
  readonly section: FakeSection;
  readonly driver: ScriptedDriver;
  device: CanDevice<FakeSection, FakeLink, FakeClock>;
  readonly frame: Frame;

  constructor(sectionBytes: u32 = SECTION_BYTES) {
    const clock = new FakeClock();
    const wire = new Wire();
    const section = new FakeSection(sectionBytes);
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
    this.begin();
  }

  /** Another device takes the place of the rig's. */
  take(device: CanDevice<FakeSection, FakeLink, FakeClock>): void {
    this.device = device;
    this.wire.states[DRIVER] = 0;
    this.begin();
  }

  private begin(): void {
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
    expect(this.device.running).toBe(true);
    this.pass(5_000);
  }

  /** So many microseconds pass, and what is due then is done. */
  pass(micros: u64): void {
    this.clock.ticks += micros;
    this.device.step();
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

/** A rig whose device runs. */
export function runningDevice(): DeviceRig {
  const rig = new DeviceRig();
  rig.run();
  return rig;
}
