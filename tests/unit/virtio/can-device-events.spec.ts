// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the device does of its own accord against the driver written by hand: ringing again, holding
 * frames back after START, bus-off.
 */
import { Status } from '../../../src/rt/status';
import { CONTROL, DeviceRig, RECEIVE, START, STOP, TRANSMIT, runningDevice } from './device-rig';
import { DRIVER, setFrame } from './pair';

/** Offsets of the transport header, and bit 0 of the configuration's status (virtio 1.4, CAN). */
const CONFIG_EVENT: u32 = 0x40;
const QUEUE_EVENT: u32 = 0x41;
const CONFIG_GENERATION: u32 = 0x48;
const CONFIG_STATUS: u32 = 0x4c;
const BUS_OFF: u32 = 1;
const OK: u32 = 0;
const NOT_OK: u32 = 1;

/** Both in microseconds, as the clock of the rig counts. */
const HOLD: u64 = 5_000;
const AGAIN: u64 = 5_000;

function control(rig: DeviceRig, type: u32): void {
  rig.driver.requestControl(type);
  rig.device.step();
  expect(rig.driver.controlResult()).toBe(OK);
}

describe('received frames that the driver leaves in the ring', () => {
  test('are rung for every 5 ms, without interrupts too, until it takes them', () => {
    const rig = runningDevice();
    rig.driver.postReceive(0, 24);
    rig.driver.postReceive(1, 24);
    control(rig, START);
    rig.pass(HOLD);
    rig.section.write16(rig.driver.available(RECEIVE), 1);
    const bells = rig.wire.bells[DRIVER];
    expect(rig.device.submit(setFrame(rig.frame, 0x123, 0, 0))).toBe(Status.Ok);
    expect(rig.wire.bells[DRIVER]).toBe(bells, 'the driver wants no interrupt');

    rig.clock.ticks += AGAIN - 1;
    rig.device.step();
    expect(rig.wire.bells[DRIVER]).toBe(bells, 'too early');
    for (let round: u32 = 1; round <= 3; round++) {
      rig.section.write8(QUEUE_EVENT, 0);
      rig.clock.ticks += round === 1 ? 1 : AGAIN;
      rig.device.step();
      expect(rig.wire.bells[DRIVER]).toBe(bells + round, `round ${round}`);
      expect(rig.section.read8(QUEUE_EVENT)).toBe(1);
    }

    rig.driver.postReceive(0, 24);
    for (let round = 0; round < 3; round++) {
      rig.clock.ticks += AGAIN;
      rig.device.step();
    }
    expect(rig.wire.bells[DRIVER]).toBe(bells + 3, 'taken: nothing to ring for');
  });

  test('are not rung for after STOP, but for its answer, once', () => {
    const rig = runningDevice();
    rig.driver.postReceive(0, 24);
    rig.driver.postReceive(1, 24);
    control(rig, START);
    rig.pass(HOLD);
    rig.device.submit(setFrame(rig.frame, 0x123, 0, 0));
    control(rig, STOP);
    const bells = rig.wire.bells[DRIVER];
    for (let round = 0; round < 3; round++) rig.pass(AGAIN);
    expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
  });
});

describe('an announcement that Linux may lose while it takes another back', () => {
  test('comes again after 5 ms: the answer to START and to STOP, which it waits for', () => {
    const rig = runningDevice();
    for (let round = 0; round < 2; round++) {
      control(rig, round === 0 ? START : STOP);
      rig.section.write16(CONFIG_EVENT, 0);
      const bells = rig.wire.bells[DRIVER];
      rig.pass(AGAIN - 1);
      expect(rig.wire.bells[DRIVER]).toBe(bells, 'too early');
      rig.pass(1);
      expect(rig.wire.bells[DRIVER]).toBe(bells + 1);
      expect(rig.section.read8(QUEUE_EVENT)).toBe(1);
      rig.pass(2 * AGAIN);
      expect(rig.wire.bells[DRIVER]).toBe(bells + 1, 'once');
    }
  });

  test('comes again after 5 ms, 100 ms, 200 ms, up to every 12.8 s: bus-off, until START', () => {
    const rig = runningDevice();
    rig.device.noteBusOff(true, false);
    const bells = rig.wire.bells[DRIVER];
    for (let round: u32 = 1; round <= 11; round++) {
      rig.section.write16(CONFIG_EVENT, 0);
      const interval: u64 = round === 1 ? AGAIN : min<u64>(100_000 << (round - 2), 12_800_000);
      rig.pass(interval - 1);
      expect(rig.wire.bells[DRIVER]).toBe(bells + round - 1, 'too early');
      rig.pass(1);
      expect(rig.wire.bells[DRIVER]).toBe(bells + round);
      expect(rig.section.read8(CONFIG_EVENT)).toBe(1);
    }
    control(rig, START);
    rig.pass(AGAIN);
    rig.section.write16(CONFIG_EVENT, 0);
    rig.pass(20 * AGAIN);
    expect(rig.section.read8(CONFIG_EVENT)).toBe(0);
  });

  test('does not come for a bus-off while the interface is down, or from its STOP on', () => {
    for (let isFirst = 0; isFirst < 2; isFirst++) {
      const rig = runningDevice();
      if (isFirst === 1) rig.device.noteBusOff(true, false);
      control(rig, STOP);
      rig.device.noteBusOff(true, false);
      rig.pass(AGAIN);
      rig.section.write16(CONFIG_EVENT, 0);
      const bells = rig.wire.bells[DRIVER];
      for (let round = 0; round < 30; round++) rig.pass(100_000);
      expect(rig.wire.bells[DRIVER]).toBe(bells);
    }
  });

  test('does not come after a reset', () => {
    const rig = runningDevice();
    control(rig, START);
    rig.write32(0x44, 0);
    const bells = rig.wire.bells[DRIVER];
    rig.pass(2 * AGAIN);
    expect(rig.wire.bells[DRIVER]).toBe(bells);
  });
});

describe('STOP', () => {
  test('is answered when the driver has all requests back, one at each step', () => {
    const rig = runningDevice();
    for (let slot: u32 = 0; slot < 4; slot++) {
      rig.driver.requestTransmit(slot, 0x0000_0001, 0, 0x10, 0);
    }
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    rig.driver.requestControl(STOP);
    const answered = rig.driver.usedCount(CONTROL);
    for (let step: u32 = 1; step <= 3; step++) {
      rig.device.step();
      expect(rig.driver.usedCount(TRANSMIT)).toBe(step + 1, 'the open one, and one of the ring');
      expect(rig.driver.usedCount(CONTROL)).toBe(answered);
    }
    rig.device.step();
    expect(rig.driver.usedCount(CONTROL)).toBe(answered + 1);
    expect(rig.driver.controlResult()).toBe(OK);
    for (let slot: u32 = 0; slot < 4; slot++) {
      expect(rig.driver.transmitResult(slot)).toBe(NOT_OK);
      expect(rig.driver.usedHead(TRANSMIT, slot)).toBe(2 * slot);
      expect(rig.driver.usedLength(TRANSMIT, slot)).toBe(1);
    }
    expect(rig.device.running).toBe(false);
  });

  test('acknowledges a register write in a step of its own, before a control message', () => {
    const rig = runningDevice();
    const answered = rig.driver.usedCount(CONTROL);
    rig.driver.requestControl(STOP);
    rig.driver.write32(0x1c, 0);
    expect(rig.device.isAwaited).toBe(true);
    expect(rig.device.acknowledge()).toBe(true);
    expect(rig.section.read32(0x08)).toBe(0, 'write_transaction');
    rig.driver.write32(0x1c, 1);
    rig.device.step();
    expect(rig.section.read32(0x08)).toBe(0, 'write_transaction');
    expect(rig.driver.usedCount(CONTROL)).toBe(answered);
    rig.device.step();
    expect(rig.driver.usedCount(CONTROL)).toBe(answered + 1);
    expect(rig.device.acknowledge()).toBe(false);
  });

  test('with many requests open gives one back in a step, before it takes those of the ring or a START', () => {
    const rig = runningDevice();
    rig.device.openMaximum = 3;
    for (let slot: u32 = 0; slot < 4; slot++) {
      rig.driver.requestTransmit(slot, 0x0000_0001, 0, 0x10, 0);
    }
    for (let taken = 0; taken < 3; taken++) {
      expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    }
    const tag = rig.device.receivedTag;
    rig.driver.requestControl(STOP);
    const answered = rig.driver.usedCount(CONTROL);
    rig.device.step();
    expect(rig.driver.usedCount(TRANSMIT)).toBe(1);
    expect(rig.device.receivedWithdrawn).toBe(true);
    expect(rig.device.isWithdrawn(tag)).toBe(true, 'also one that is not given back yet');
    for (let given: u32 = 2; given <= 4; given++) {
      rig.driver.requestControl(START);
      rig.device.step();
      expect(rig.driver.usedCount(TRANSMIT)).toBe(given);
      expect(rig.device.running).toBe(false, 'a START waits');
    }
    expect(rig.driver.usedCount(CONTROL)).toBe(answered);
    rig.device.step();
    expect(rig.driver.usedCount(CONTROL)).toBe(answered + 1);
    rig.device.step();
    expect(rig.device.running).toBe(true);
  });

  test('that a reset interrupts is forgotten', () => {
    const rig = runningDevice();
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    rig.driver.requestTransmit(1, 0x0000_0001, 0, 0x10, 0);
    rig.driver.requestControl(STOP);
    rig.device.step();
    rig.write32(0x44, 0);
    memory.fill(rig.section.base + 0x400, 0, 0x2000);
    for (let queue = 0; queue < 3; queue++) rig.driver.availableIndex[queue] = 0;
    rig.run();
    expect(rig.driver.usedCount(CONTROL)).toBe(1, 'of START alone');
  });

  test('with an impossible ring of requests costs the session', () => {
    const rig = runningDevice();
    rig.section.write16(rig.driver.available(TRANSMIT) + 2, 9);
    rig.driver.requestControl(STOP);
    rig.device.step();
    expect(rig.driver.deviceState).toBe(0);
    expect(rig.device.transport.lastFault).toBe(Status.RingIndexBad);
  });
});

describe('frames for the driver', () => {
  test('wait 5 ms after every START, so that its polling has begun', () => {
    const rig = runningDevice();
    rig.driver.postReceive(0, 24);
    control(rig, STOP);
    expect(rig.device.canSubmit()).toBe(false, 'stopped');
    control(rig, START);
    expect(rig.device.canSubmit()).toBe(false, 'at once');
    rig.clock.ticks += HOLD - 1;
    expect(rig.device.canSubmit()).toBe(false, 'a microsecond early');
    expect(rig.device.submit(setFrame(rig.frame, 1, 0, 0))).toBe(Status.PeerNotReady);
    rig.clock.ticks += 1;
    expect(rig.device.canSubmit()).toBe(true);
    expect(rig.device.submit(setFrame(rig.frame, 1, 0, 0))).toBe(Status.Ok);
    expect(rig.driver.usedCount(RECEIVE)).toBe(1);
  });
});

describe('bus-off', () => {
  test('is a status bit and a configuration event, and flushes all requests NOT_OK', () => {
    const rig = runningDevice();
    rig.driver.postReceive(0, 24);
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    rig.driver.requestTransmit(1, 0x0000_0001, 0, 0x11, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    rig.section.write8(CONFIG_EVENT, 0);
    const bells = rig.wire.bells[DRIVER];
    const generation = rig.section.read32(CONFIG_GENERATION);

    rig.device.noteBusOff(true, false);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
    expect(rig.section.read32(CONFIG_GENERATION)).toBe(generation + 2, 'odd in between');
    expect(rig.section.read8(CONFIG_EVENT)).toBe(1);
    expect(rig.wire.bells[DRIVER]).toBeGreaterThan(bells);
    expect(rig.driver.transmitResult(0)).toBe(NOT_OK, 'the one in the controller');
    expect(rig.device.receive(rig.frame)).toBe(Status.PeerNotReady);
    expect(rig.driver.transmitResult(1)).toBe(NOT_OK, 'the one in the ring');
    expect(rig.driver.usedCount(TRANSMIT)).toBe(2);
    expect(rig.device.running).toBe(false);
    expect(rig.device.submit(setFrame(rig.frame, 1, 0, 0))).toBe(Status.PeerNotReady);
    expect(rig.device.transport.operating).toBe(true, 'the session goes on');
  });

  test('gives many open requests back one at a time, before a START is taken', () => {
    const rig = runningDevice();
    rig.device.openMaximum = 3;
    for (let slot: u32 = 0; slot < 3; slot++) {
      rig.driver.requestTransmit(slot, 0x0000_0001, 0, 0x10, 0);
      expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    }
    rig.device.noteBusOff(true, false);
    expect(rig.driver.usedCount(TRANSMIT)).toBe(1);
    rig.driver.requestControl(START);
    rig.device.step();
    expect(rig.driver.usedCount(TRANSMIT)).toBe(2);
    rig.device.step();
    expect(rig.driver.usedCount(TRANSMIT)).toBe(3);
    expect(rig.device.running).toBe(false);
    rig.device.step();
    expect(rig.device.running).toBe(true);
  });

  test('right after START is said 5 ms later, when Linux no longer takes itself for stopped', () => {
    const rig = runningDevice();
    control(rig, START);
    rig.clock.ticks += HOLD - 1;
    rig.device.noteBusOff(true, false);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(0);
    expect(rig.device.running).toBe(true);
    rig.clock.ticks += 1;
    rig.device.noteBusOff(true, false);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
  });

  test('of an interface that is down is said at once', () => {
    const rig = runningDevice();
    control(rig, STOP);
    rig.device.noteBusOff(true, false);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
  });

  test('that is for good makes START fail, until it is over', () => {
    const rig = runningDevice();
    rig.device.noteBusOff(true, true);
    rig.driver.requestControl(START);
    rig.device.step();
    expect(rig.driver.controlResult()).toBe(NOT_OK);
    expect(rig.device.running).toBe(false);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(BUS_OFF, 'still');
    rig.driver.requestControl(STOP);
    rig.device.step();
    expect(rig.driver.controlResult()).toBe(OK);
    rig.device.noteBusOff(false, false);
    control(rig, START);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(0);
  });

  test('is said once, and over with the next START', () => {
    const rig = runningDevice();
    rig.device.noteBusOff(true, false);
    const bells = rig.wire.bells[DRIVER];
    rig.device.noteBusOff(true, false);
    expect(rig.wire.bells[DRIVER]).toBe(bells);

    rig.driver.requestControl(START);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
    rig.device.step();
    expect(rig.driver.controlResult()).toBe(OK);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(0);
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(rig.device.receive(rig.frame)).toBe(Status.Ok);
    rig.device.finishReceived(true);
    expect(rig.driver.transmitResult(0)).toBe(OK);
    rig.pass(HOLD);
    rig.device.noteBusOff(true, false);
    expect(rig.section.read16(CONFIG_STATUS)).toBe(BUS_OFF, 'and can come again');
  });
});

describe('a control message is open', () => {
  test('from when it is in the ring until 5 ms after its answer', () => {
    for (let round = 0; round < 2; round++) {
      const rig = runningDevice();
      expect(rig.device.isControlOpen).toBe(false);
      rig.driver.requestControl(round === 0 ? START : STOP);
      expect(rig.device.isControlOpen).toBe(true, 'not looked at');
      rig.device.step();
      expect(rig.driver.controlResult()).toBe(OK);
      rig.pass(AGAIN - 1);
      expect(rig.device.isControlOpen).toBe(true, 'its interrupt may not be taken');
      rig.pass(1);
      expect(rig.device.isControlOpen).toBe(false);
    }
  });

  test('while STOP gives requests back, and not after a reset', () => {
    const rig = runningDevice();
    rig.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    rig.driver.requestControl(STOP);
    rig.device.step();
    expect(rig.device.isControlOpen).toBe(true);
    rig.write32(0x44, 0);
    expect(rig.device.isControlOpen).toBe(false);
  });
});
