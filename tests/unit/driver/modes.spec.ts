// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Modes of operation: what is written to CANCTRL and CNF2, and what each mode refuses.
 */
import { BusMode } from '../../../src/driver/mcp2515/modes';
import { Status } from '../../../src/rt/status';
import { controllerOn } from '../support/controller';
import { FakeChip, FakeClock } from '../support/fake-mcp2515';
import { newFrame } from '../support/frames';
import { transmit } from '../support/transmit';

const CANSTAT: u32 = 0x0e;
const CANINTE: u32 = 0x2b;
const CANINTF: u32 = 0x2c;
const CNF2: u32 = 0x29;

let chip = new FakeChip();
let clock = new FakeClock();
let can = controllerOn(chip, clock);

beforeEach(() => {
  chip = new FakeChip();
  clock = new FakeClock();
  can = controllerOn(chip, clock);
});

/** Starts; the CANCTRL bytes of the change of mode. */
function start(): string {
  can.configure(12_000_000, 500_000);
  chip.take();
  expect(can.start()).toBe(Status.Ok);
  return chip.take().substring(0, 11);
}

describe('the mode to run in', () => {
  test('is REQOP 000 normally, 011 listening, 010 in loopback', () => {
    expect(start()).toBe('05 0f f8 00');
    can.setup.modes.wanted = BusMode.ListenOnly;
    expect(start()).toBe('05 0f f8 60');
    can.setup.modes.wanted = BusMode.Loopback;
    expect(start()).toBe('05 0f f8 40');
  });

  test('has OSM in one-shot mode', () => {
    can.setup.modes.oneShot = true;
    expect(start()).toBe('05 0f f8 08');
  });

  test('samples three times with SAM, without changing the timing', () => {
    can.rate.tripleSampling = true;
    start();
    expect(chip.get(CNF2)).toBe(0xe3); // 12 MHz, 500 kbit/s: A3 and SAM
  });
});

describe('listen-only mode', () => {
  test('loads and sends nothing, and says so', () => {
    can.setup.modes.wanted = BusMode.ListenOnly;
    start();
    expect(transmit(can, 0, newFrame(0x123, 0, 0))).toBe(Status.ListenOnly);
    expect(chip.take().includes('81')).toBe(false);
    expect(can.transmitBusy(0)).toBe(false);
  });
});

/** Steps until the way is at its end or fails; what was sent, and the number of steps at most 20. */
function walk(expected: Status): string {
  for (let step = 0; step < 20; step++) {
    const status = can.sleepStep();
    if (status === Status.Busy) continue;
    expect(status).toBe(expected);
    return chip.take();
  }
  return 'no end';
}

describe('sleep', () => {
  test('is REQOP 001 with WAKIE, one transaction a step, and nothing can be sent meanwhile', () => {
    start();
    can.beginSleep();
    expect(can.transmitBusy(0)).toBe(true);
    expect(can.sleepStep()).toBe(Status.Busy);
    expect(chip.take()).toBe('05 2c 40 00');
    expect(walk(Status.Ok)).toBe('05 2b 40 40|05 0f e0 20|03 0e 00|a0 00');
    expect(can.asleep).toBe(true);
    expect(can.transmitBusy(0)).toBe(true);
    expect(can.checkAsleep()).toBe(Status.Ok);
  });

  test('has no frame for a line that only says that the chip wakes', () => {
    start();
    can.beginSleep();
    walk(Status.Ok);
    expect(can.wakePending).toBe(false);
    chip.set(CANINTF, 0x40);
    expect(can.wakePending).toBe(true);
    expect(can.attention()).toBe(false);
    expect(chip.take()).toBe('');
  });

  test('still gives the frame that came in before', () => {
    start();
    can.beginSleep();
    can.sleepStep();
    chip.fill(0, '20 20 00 00 01 aa 00 00 00 00 00 00 00');
    walk(Status.Ok);
    expect(can.attention()).toBe(true);
    expect(can.receive(newFrame(0, 0, 0))).toBe(Status.Ok);
    expect(can.attention()).toBe(false);
  });

  test('ends by the bus in listen-only mode, and goes on in the mode it came from', () => {
    start();
    can.beginSleep();
    walk(Status.Ok);
    chip.set(CANINTF, 0x40);
    chip.set(CANSTAT, 0x60); // as the chip wakes
    expect(can.checkAsleep()).toBe(Status.Busy);
    chip.take();
    can.beginWake(true);
    expect(walk(Status.Ok)).toBe('03 0e 00|05 2b 40 00|05 2c 40 00|05 0f f8 00');
    expect(can.asleep).toBe(false);
    expect(chip.get(CANINTE) & 0x40).toBe(0);
    expect(chip.get(CANINTF) & 0x40).toBe(0);
    expect(can.joined()).toBe(Status.Ok);
    expect(can.send(0, true)).toBe(Status.Ok);
    chip.fill(0, '20 20 00 00 01 aa 00 00 00 00 00 00 00');
    expect(can.attention()).toBe(true);
  });

  test('ends by the cell, which sets WAKIF itself', () => {
    start();
    can.beginSleep();
    walk(Status.Ok);
    can.beginWake(false);
    can.sleepStep();
    expect(chip.take()).toBe('05 2c 40 40');
    chip.set(CANSTAT, 0x60);
    expect(walk(Status.Ok)).toBe('03 0e 00|05 2b 40 00|05 2c 40 00|05 0f f8 00');
  });

  test('that does not end is given up after 10 ms', () => {
    start();
    can.beginSleep();
    walk(Status.Ok);
    clock.now = 0;
    can.beginWake(true);
    let status = can.sleepStep();
    for (let step = 0; step < 2_000 && status === Status.Busy; step++) status = can.sleepStep();
    expect(status).toBe(Status.Timeout);
    expect(clock.now >= 10_000 && clock.now < 12_000).toBe(true);
  });

  test('that the bus ends before it was seen goes on to the mode it came from', () => {
    start();
    can.beginSleep();
    for (let step = 0; step < 3; step++) can.sleepStep();
    chip.set(CANSTAT, 0x60);
    let status = can.sleepStep();
    for (let step = 0; step < 2_000 && status === Status.Busy; step++) status = can.sleepStep();
    expect(status).toBe(Status.Ok);
    expect(can.asleep).toBe(false);
    expect(chip.take().endsWith('05 2b 40 00|05 2c 40 00|05 0f f8 00')).toBe(true);
  });

  test('that does not begin is given up after 1,000 bit times', () => {
    start();
    chip.modeStuck = true;
    clock.now = 0;
    can.beginSleep();
    let status = can.sleepStep();
    for (let step = 0; step < 2_000 && status === Status.Busy; step++) status = can.sleepStep();
    expect(status).toBe(Status.Timeout);
    expect(clock.now >= 2_000 && clock.now < 3_000).toBe(true);
  });

  test('is left by RESET when the cell stops: no mode can be asked for', () => {
    start();
    can.beginSleep();
    walk(Status.Ok);
    expect(can.stop()).toBe(Status.Ok);
    expect(chip.take()).toBe('c0|03 0e 00');
  });
});

describe('setting up in steps', () => {
  test('takes at most one transaction of 10 bytes each, and takes no frame meanwhile', () => {
    start();
    can.beginConfigure(12_000_000, 500_000);
    chip.take();
    let steps = 0;
    let longest: u32 = 0;
    let status: Status;
    do {
      chip.set(CANINTF, chip.get(CANINTF) | 1);
      expect(can.attention()).toBe(false);
      status = can.configureStep();
      steps++;
      longest = chip.bytes > longest ? chip.bytes : longest;
      expect(chip.take().includes('|')).toBe(false);
    } while (status === Status.Busy && steps < 1_000);
    expect(status).toBe(Status.Ok);
    expect(longest).toBe(10);
    expect(can.transmitBusy(0)).toBe(true, 'not on the bus yet');
  });
});
