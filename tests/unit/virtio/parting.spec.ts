// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * A back-end after a restart in place: what its driver waits for is answered, whatever the driver has made of
 * the section meanwhile. The queues are those of the driver written by hand.
 */
import { Parting } from '../../../src/virtio/parting';
import { CONTROL, DeviceRig, START, STOP, runningDevice } from './device-rig';
import { DEVICE, DRIVER, FakeClock, FakeLink, FakeSection } from './pair';

const OK: u32 = 0;
const NOT_OK: u32 = 1;
/** Offsets of the header. */
const WRITE_TRANSACTION: u32 = 0x08;
const QUEUE_SELECT: u32 = 0x1c;
const QUEUE_SIZE: u32 = 0x20;
const QUEUE_ENABLE: u32 = 0x26;
const QUEUE_DESCRIPTORS: u32 = 0x28;
const QUEUE_EVENT: u32 = 0x41;
const DEVICE_STATUS: u32 = 0x44;
/** Microseconds, as the clock of the rig counts: the interrupt again, the end, and the end of all patience. */
const AGAIN: u64 = 5_000;
const END: u64 = 10_000;
const PATIENCE: u64 = 100_000;

type Life = Parting<FakeSection, FakeLink, FakeClock>;

/** A session that runs; its device is never stepped again. */
function running(): DeviceRig {
  const rig = runningDevice();
  return rig;
}

function nextLife(rig: DeviceRig): Life {
  return new Parting<FakeSection, FakeLink, FakeClock>(
    rig.section,
    new FakeLink(rig.wire, DEVICE),
    rig.clock,
  );
}

function begun(rig: DeviceRig): Life {
  const life = nextLife(rig);
  expect(life.begin()).toBe(true);
  life.step();
  return life;
}

describe('an open control message', () => {
  test('is answered in the next life: START fails, STOP is done', () => {
    for (let index = 0; index < 2; index++) {
      const rig = running();
      const used = rig.driver.usedCount(CONTROL);
      rig.driver.requestControl(index === 0 ? START : STOP);
      const life = begun(rig);
      rig.section.write8(QUEUE_EVENT, 0);
      const bells = rig.wire.bells[DRIVER];
      expect(life.step()).toBe(true);
      expect(rig.driver.controlResult()).toBe(index === 0 ? NOT_OK : OK);
      expect(rig.driver.usedCount(CONTROL)).toBe(used + 1);
      expect(rig.driver.usedLength(CONTROL, used)).toBe(1);
      expect(rig.section.read8(QUEUE_EVENT)).toBe(1);
      expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
      expect(life.step()).toBe(false, 'nothing else is open');
    }
  });

  test('that was answered before the trap is only rung for', () => {
    const rig = running();
    const used = rig.driver.usedCount(CONTROL);
    const bells = rig.wire.bells[DRIVER];
    const life = begun(rig);
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
    expect(life.step()).toBe(false);
    expect(rig.driver.usedCount(CONTROL)).toBe(used);
  });
});

describe('the end of the parting', () => {
  test('comes 10 ms after the last answer, with a second ring half way', () => {
    const rig = running();
    rig.driver.requestControl(STOP);
    const life = begun(rig);
    rig.clock.ticks += 9_000;
    life.step();
    expect(rig.driver.controlResult()).toBe(OK);
    const bells = rig.wire.bells[DRIVER];
    rig.clock.ticks += AGAIN;
    life.step();
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
    rig.clock.ticks += END - AGAIN - 1;
    life.step();
    expect(life.isOn).toBe(true);
    rig.clock.ticks += 1;
    life.step();
    expect(life.isOn).toBe(false);
  });

  test('comes to a driver that asks on and on as well', () => {
    const rig = running();
    const life = begun(rig);
    const start = rig.clock.ticks;
    while (life.isOn && rig.clock.ticks < start + 2 * PATIENCE) {
      rig.driver.requestControl(START);
      rig.clock.ticks += 1_000;
      life.step();
    }
    expect(rig.clock.ticks - start).toBeLessThan(PATIENCE + END + 1);
  });

  test('comes at once when the driver leaves, or writes a register, which is acknowledged', () => {
    const left = running();
    const lonely = begun(left);
    left.wire.states[DRIVER] = 0;
    lonely.step();
    expect(lonely.isOn).toBe(false);

    const rig = running();
    const life = begun(rig);
    rig.driver.requestControl(START);
    rig.driver.write32(DEVICE_STATUS, 0);
    expect(life.writePending).toBe(true);
    life.step();
    expect(rig.section.read32(WRITE_TRANSACTION)).toBe(0);
    expect(life.isOn).toBe(false);
    expect(rig.driver.controlResult()).toBe(0xee, 'the queue may be gone');
  });

  test('comes with a ring that is impossible', () => {
    const rig = running();
    const life = begun(rig);
    rig.section.write16(rig.driver.available(CONTROL) + 2, 0x7000);
    life.step();
    expect(life.isOn).toBe(false);
  });
});

describe('no parting', () => {
  test('is begun without a driver, or where the header does not show its control queue', () => {
    for (let index: u32 = 0; index < 7; index++) {
      const rig = running();
      const section = rig.section;
      if (index === 0) rig.wire.states[DRIVER] = 0;
      if (index === 1) section.write32(DEVICE_STATUS, 0x0b);
      if (index === 2) section.write32(DEVICE_STATUS, 0x4f);
      if (index === 3) section.write32(QUEUE_SELECT, 1);
      if (index === 4) section.write16(QUEUE_ENABLE, 0);
      if (index === 5) section.write16(QUEUE_SIZE, 3);
      if (index === 6) section.write64(QUEUE_DESCRIPTORS, section.size());
      expect(nextLife(rig).begin()).toBe(false, `${index}`);
    }
  });
});
