/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the device does of its own accord against the driver written by hand: ringing again, holding
 * frames back after START, bus-off.
 */
import { Status } from '../../../src/rt/status';
import { CONTROL, DeviceBench, RECEIVE, START, STOP, TRANSMIT } from './device-bench';
import { DRIVER, setFrame } from './pair';

/** Offsets of the transport header, and bit 0 of the configuration's status (virtio 1.4, CAN). */
const CONFIG_EVENT: u32 = 0x40;
const QUEUE_EVENT: u32 = 0x41;
const CONFIG_GENERATION: u32 = 0x48;
const CONFIG_STATUS: u32 = 0x4c;
const BUS_OFF: u32 = 1;
const OK: u32 = 0;
const NOT_OK: u32 = 1;

/** Both in microseconds, as the clock of the bench counts. */
const HOLD: u64 = 5_000;
const AGAIN: u64 = 5_000;

function control(bench: DeviceBench, type: u32): void {
  bench.driver.requestControl(type);
  bench.device.step();
  expect(bench.driver.controlResult()).toBe(OK);
}

describe('received frames that the driver leaves in the ring', () => {
  test('are rung for every 5 ms, without interrupts too, until it takes them', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.postReceive(0, 24);
    bench.driver.postReceive(1, 24);
    control(bench, START);
    bench.pass(HOLD);
    bench.section.write16(bench.driver.available(RECEIVE), 1);
    const bells = bench.wire.bells[DRIVER];
    expect(bench.device.submit(setFrame(bench.frame, 0x123, 0, 0))).toBe(Status.Ok);
    expect(bench.wire.bells[DRIVER]).toBe(bells, 'the driver wants no interrupt');

    bench.clock.ticks += AGAIN - 1;
    bench.device.step();
    expect(bench.wire.bells[DRIVER]).toBe(bells, 'too early');
    for (let round: u32 = 1; round <= 3; round++) {
      bench.section.write8(QUEUE_EVENT, 0);
      bench.clock.ticks += round === 1 ? 1 : AGAIN;
      bench.device.step();
      expect(bench.wire.bells[DRIVER]).toBe(bells + round, `round ${round}`);
      expect(bench.section.read8(QUEUE_EVENT)).toBe(1);
    }

    bench.driver.postReceive(0, 24);
    for (let round = 0; round < 3; round++) {
      bench.clock.ticks += AGAIN;
      bench.device.step();
    }
    expect(bench.wire.bells[DRIVER]).toBe(bells + 3, 'taken: nothing to ring for');
  });

  test('are not rung for after STOP, but for its answer, once', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.postReceive(0, 24);
    bench.driver.postReceive(1, 24);
    control(bench, START);
    bench.pass(HOLD);
    bench.device.submit(setFrame(bench.frame, 0x123, 0, 0));
    control(bench, STOP);
    const bells = bench.wire.bells[DRIVER];
    for (let round = 0; round < 3; round++) bench.pass(AGAIN);
    expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
  });
});

describe('an announcement that Linux may lose while it takes another back', () => {
  test('comes again after 5 ms: the answer to START and to STOP, which it waits for', () => {
    const bench = new DeviceBench();
    bench.run();
    for (let round = 0; round < 2; round++) {
      control(bench, round === 0 ? START : STOP);
      bench.section.write16(CONFIG_EVENT, 0);
      const bells = bench.wire.bells[DRIVER];
      bench.pass(AGAIN - 1);
      expect(bench.wire.bells[DRIVER]).toBe(bells, 'too early');
      bench.pass(1);
      expect(bench.wire.bells[DRIVER]).toBe(bells + 1);
      expect(bench.section.read8(QUEUE_EVENT)).toBe(1);
      bench.pass(2 * AGAIN);
      expect(bench.wire.bells[DRIVER]).toBe(bells + 1, 'once');
    }
  });

  test('comes again after 5 ms, 100 ms, 200 ms, up to every 12.8 s: bus-off, until START', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.device.noteBusOff(true, false);
    const bells = bench.wire.bells[DRIVER];
    for (let round: u32 = 1; round <= 11; round++) {
      bench.section.write16(CONFIG_EVENT, 0);
      const interval: u64 = round === 1 ? AGAIN : min<u64>(100_000 << (round - 2), 12_800_000);
      bench.pass(interval - 1);
      expect(bench.wire.bells[DRIVER]).toBe(bells + round - 1, 'too early');
      bench.pass(1);
      expect(bench.wire.bells[DRIVER]).toBe(bells + round);
      expect(bench.section.read8(CONFIG_EVENT)).toBe(1);
    }
    control(bench, START);
    bench.pass(AGAIN);
    bench.section.write16(CONFIG_EVENT, 0);
    bench.pass(20 * AGAIN);
    expect(bench.section.read8(CONFIG_EVENT)).toBe(0);
  });

  test('does not come for a bus-off while the interface is down, or from its STOP on', () => {
    for (let isFirst = 0; isFirst < 2; isFirst++) {
      const bench = new DeviceBench();
      bench.run();
      if (isFirst === 1) bench.device.noteBusOff(true, false);
      control(bench, STOP);
      bench.device.noteBusOff(true, false);
      bench.pass(AGAIN);
      bench.section.write16(CONFIG_EVENT, 0);
      const bells = bench.wire.bells[DRIVER];
      for (let round = 0; round < 30; round++) bench.pass(100_000);
      expect(bench.wire.bells[DRIVER]).toBe(bells);
    }
  });

  test('does not come after a reset', () => {
    const bench = new DeviceBench();
    bench.run();
    control(bench, START);
    bench.write32(0x44, 0);
    const bells = bench.wire.bells[DRIVER];
    bench.pass(2 * AGAIN);
    expect(bench.wire.bells[DRIVER]).toBe(bells);
  });
});

describe('STOP', () => {
  test('is answered when the driver has all requests back, one at each step', () => {
    const bench = new DeviceBench();
    bench.run();
    for (let slot: u32 = 0; slot < 4; slot++) {
      bench.driver.requestTransmit(slot, 0x0000_0001, 0, 0x10, 0);
    }
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    bench.driver.requestControl(STOP);
    const answered = bench.driver.usedCount(CONTROL);
    for (let step: u32 = 1; step <= 3; step++) {
      bench.device.step();
      expect(bench.driver.usedCount(TRANSMIT)).toBe(step + 1, 'the open one, and one of the ring');
      expect(bench.driver.usedCount(CONTROL)).toBe(answered);
    }
    bench.device.step();
    expect(bench.driver.usedCount(CONTROL)).toBe(answered + 1);
    expect(bench.driver.controlResult()).toBe(OK);
    for (let slot: u32 = 0; slot < 4; slot++) {
      expect(bench.driver.transmitResult(slot)).toBe(NOT_OK);
      expect(bench.driver.usedHead(TRANSMIT, slot)).toBe(2 * slot);
      expect(bench.driver.usedLength(TRANSMIT, slot)).toBe(1);
    }
    expect(bench.device.running).toBe(false);
  });

  test('that a reset interrupts is forgotten', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    bench.driver.requestTransmit(1, 0x0000_0001, 0, 0x10, 0);
    bench.driver.requestControl(STOP);
    bench.device.step();
    bench.write32(0x44, 0);
    memory.fill(bench.section.base + 0x400, 0, 0x2000);
    for (let queue = 0; queue < 3; queue++) bench.driver.availableIndex[queue] = 0;
    bench.run();
    expect(bench.driver.usedCount(CONTROL)).toBe(1, 'of START alone');
  });

  test('with an impossible ring of requests costs the session', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.section.write16(bench.driver.available(TRANSMIT) + 2, 9);
    bench.driver.requestControl(STOP);
    bench.device.step();
    expect(bench.driver.deviceState).toBe(0);
    expect(bench.device.transport.lastFault).toBe(Status.RingIndexBad);
  });
});

describe('frames for the driver', () => {
  test('wait 5 ms after every START, so that its polling has begun', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.postReceive(0, 24);
    control(bench, STOP);
    expect(bench.device.canSubmit()).toBe(false, 'stopped');
    control(bench, START);
    expect(bench.device.canSubmit()).toBe(false, 'at once');
    bench.clock.ticks += HOLD - 1;
    expect(bench.device.canSubmit()).toBe(false, 'a microsecond early');
    expect(bench.device.submit(setFrame(bench.frame, 1, 0, 0))).toBe(Status.PeerNotReady);
    bench.clock.ticks += 1;
    expect(bench.device.canSubmit()).toBe(true);
    expect(bench.device.submit(setFrame(bench.frame, 1, 0, 0))).toBe(Status.Ok);
    expect(bench.driver.usedCount(RECEIVE)).toBe(1);
  });
});

describe('bus-off', () => {
  test('is a status bit and a configuration event, and flushes all requests NOT_OK', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.postReceive(0, 24);
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    bench.driver.requestTransmit(1, 0x0000_0001, 0, 0x11, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    bench.section.write8(CONFIG_EVENT, 0);
    const bells = bench.wire.bells[DRIVER];
    const generation = bench.section.read32(CONFIG_GENERATION);

    bench.device.noteBusOff(true, false);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
    expect(bench.section.read32(CONFIG_GENERATION)).toBe(generation + 2, 'odd in between');
    expect(bench.section.read8(CONFIG_EVENT)).toBe(1);
    expect(bench.wire.bells[DRIVER]).toBeGreaterThan(bells);
    expect(bench.driver.transmitResult(0)).toBe(NOT_OK, 'the one in the controller');
    expect(bench.device.receive(bench.frame)).toBe(Status.PeerNotReady);
    expect(bench.driver.transmitResult(1)).toBe(NOT_OK, 'the one in the ring');
    expect(bench.driver.usedCount(TRANSMIT)).toBe(2);
    expect(bench.device.running).toBe(false);
    expect(bench.device.submit(setFrame(bench.frame, 1, 0, 0))).toBe(Status.PeerNotReady);
    expect(bench.device.transport.operating).toBe(true, 'the session goes on');
  });

  test('right after START is said 5 ms later, when Linux no longer takes itself for stopped', () => {
    const bench = new DeviceBench();
    bench.run();
    control(bench, START);
    bench.clock.ticks += HOLD - 1;
    bench.device.noteBusOff(true, false);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(0);
    expect(bench.device.running).toBe(true);
    bench.clock.ticks += 1;
    bench.device.noteBusOff(true, false);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
  });

  test('of an interface that is down is said at once', () => {
    const bench = new DeviceBench();
    bench.run();
    control(bench, STOP);
    bench.device.noteBusOff(true, false);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
  });

  test('that is for good makes START fail, until it is over', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.device.noteBusOff(true, true);
    bench.driver.requestControl(START);
    bench.device.step();
    expect(bench.driver.controlResult()).toBe(NOT_OK);
    expect(bench.device.running).toBe(false);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(BUS_OFF, 'still');
    bench.driver.requestControl(STOP);
    bench.device.step();
    expect(bench.driver.controlResult()).toBe(OK);
    bench.device.noteBusOff(false, false);
    control(bench, START);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(0);
  });

  test('is said once, and over with the next START', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.device.noteBusOff(true, false);
    const bells = bench.wire.bells[DRIVER];
    bench.device.noteBusOff(true, false);
    expect(bench.wire.bells[DRIVER]).toBe(bells);

    bench.driver.requestControl(START);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(BUS_OFF);
    bench.device.step();
    expect(bench.driver.controlResult()).toBe(OK);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(0);
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    expect(bench.device.receive(bench.frame)).toBe(Status.Ok);
    bench.device.finishReceived(true);
    expect(bench.driver.transmitResult(0)).toBe(OK);
    bench.pass(HOLD);
    bench.device.noteBusOff(true, false);
    expect(bench.section.read16(CONFIG_STATUS)).toBe(BUS_OFF, 'and can come again');
  });
});

describe('a control message is open', () => {
  test('from when it is in the ring until 5 ms after its answer', () => {
    for (let round = 0; round < 2; round++) {
      const bench = new DeviceBench();
      bench.run();
      expect(bench.device.isControlOpen).toBe(false);
      bench.driver.requestControl(round === 0 ? START : STOP);
      expect(bench.device.isControlOpen).toBe(true, 'not looked at');
      bench.device.step();
      expect(bench.driver.controlResult()).toBe(OK);
      bench.pass(AGAIN - 1);
      expect(bench.device.isControlOpen).toBe(true, 'its interrupt may not be taken');
      bench.pass(1);
      expect(bench.device.isControlOpen).toBe(false);
    }
  });

  test('while STOP gives requests back, and not after a reset', () => {
    const bench = new DeviceBench();
    bench.run();
    bench.driver.requestTransmit(0, 0x0000_0001, 0, 0x10, 0);
    bench.driver.requestControl(STOP);
    bench.device.step();
    expect(bench.device.isControlOpen).toBe(true);
    bench.write32(0x44, 0);
    expect(bench.device.isControlOpen).toBe(false);
  });
});
