/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Modes of operation: what is written to CANCTRL and CNF2, and what each mode refuses.
 */
import { Mcp2515 } from '../../../src/driver/mcp2515/controller';
import { BusMode } from '../../../src/driver/mcp2515/modes';
import { Status } from '../../../src/rt/status';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';
import { newFrame } from '../support/frames';

const CANSTAT: u32 = 0x0e;
const CANINTE: u32 = 0x2b;
const CANINTF: u32 = 0x2c;
const CNF2: u32 = 0x29;

let chip = new FakeChip();
let clock = new FakeClock();
let can = new Mcp2515<FakeChip, FakeLine, FakeClock>(chip, new FakeLine(chip), clock);

beforeEach(() => {
  chip = new FakeChip();
  clock = new FakeClock();
  can = new Mcp2515<FakeChip, FakeLine, FakeClock>(chip, new FakeLine(chip), clock);
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
    expect(can.transmit(0, newFrame(0x123, 0, 0))).toBe(Status.ListenOnly);
    expect(chip.take().includes('81')).toBe(false);
    expect(can.transmitBusy(0)).toBe(false);
  });
});

describe('sleep', () => {
  test('is REQOP 001, and nothing can be sent meanwhile', () => {
    start();
    expect(can.sleep()).toBe(Status.Ok);
    expect(chip.take()).toBe('05 0f e0 20|03 0e 00');
    expect(can.send(0)).toBe(Status.Busy);
  });

  test('ends by WAKIF, in listen-only mode, and goes on in the mode it came from', () => {
    start();
    can.sleep();
    chip.take();
    chip.set(CANSTAT, 0x60); // as the chip wakes
    expect(can.wake()).toBe(Status.Ok);
    expect(chip.take()).toBe(
      '05 2b 40 40|05 2c 40 40|03 0e 00|05 2b 40 00|05 2c 40 00|' +
        '05 0f f8 00|03 0e 00|03 28 00 00 00 00 00 00 00 00',
    );
    expect(chip.get(CANINTE) & 0x40).toBe(0);
    expect(chip.get(CANINTF) & 0x40).toBe(0);
    expect(can.send(0)).toBe(Status.Ok);
  });

  test('that does not end is given up after 10 ms', () => {
    start();
    can.sleep();
    clock.now = 0;
    expect(can.wake()).toBe(Status.ChipNotInNormalMode);
    expect(clock.now >= 10_000 && clock.now < 12_000).toBe(true);
  });

  test('and wake of a controller that was never configured are refused', () => {
    expect(can.sleep()).toBe(Status.ChipNotInConfigurationMode);
    expect(can.wake()).toBe(Status.ChipNotInConfigurationMode);
    expect(chip.take()).toBe('');
  });
});
