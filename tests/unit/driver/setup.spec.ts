// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Setting the chip up, and every way in which it can refuse.
 */
import { Status } from '../../../src/rt/status';
import { controllerOn } from '../support/controller';
import { FakeChip, FakeClock } from '../support/fake-mcp2515';

const CANSTAT: u32 = 0x0e;
const CANINTE: u32 = 0x2b;

let chip = new FakeChip();
let clock = new FakeClock();
let can = controllerOn(chip, clock);

beforeEach(() => {
  chip = new FakeChip();
  clock = new FakeClock();
  can = controllerOn(chip, clock);
});

/** The registers from `address` on, in hexadecimal. */
function registers(address: u32, count: u32): string {
  let text = '';
  for (let index: u32 = 0; index < count; index++) {
    text +=
      (index > 0 ? ' ' : '') +
      chip
        .get(address + index)
        .toString(16)
        .padStart(2, '0');
  }
  return text;
}

describe('configure', () => {
  test('leaves the chip in configuration mode with the registers for 500 kbit/s at 12 MHz', () => {
    expect(can.configure(12_000_000, 500_000)).toBe(Status.Ok);
    expect(chip.get(CANSTAT) & 0xe0).toBe(0x80);
    expect(registers(0x28, 3)).toBe('01 a3 00'); // CNF3 CNF2 CNF1
    expect(chip.get(CANINTE)).toBe(0x03); // RX0IE, RX1IE; errors and sent frames are asked for
    expect(chip.get(0x60) & 0x64).toBe(0x04); // RXB0CTRL: by filters, rollover
    expect(chip.get(0x70) & 0x60).toBe(0x00); // RXB1CTRL: by filters
    // TXB0CTRL.TXP: the lowest, and not 0, which is what a reset leaves.
    expect(chip.get(0x30) & 3).toBe(1);
    expect(chip.get(0x40) & 3).toBe(2);
    expect(chip.get(0x50) & 3).toBe(3);
  });

  test('lets every identifier through: masks zero, one filter for each form', () => {
    can.configure(16_000_000, 250_000);
    expect(registers(0x20, 8)).toBe('00 00 00 00 00 00 00 00');
    expect(registers(0x00, 12)).toBe('00 00 00 00 00 08 00 00 00 00 00 00');
    expect(registers(0x10, 12)).toBe('00 08 00 00 00 00 00 00 00 08 00 00');
  });

  test('begins with RESET, is quiet while the oscillator starts, then asks for the mode', () => {
    can.configure(12_000_000, 500_000);
    expect(chip.sent.startsWith('c0|03 0e 00|02 00')).toBe(true);
    expect(clock.now).toBeGreaterThanOrEqual(100);
  });

  test('reads back what it wrote', () => {
    can.configure(12_000_000, 500_000);
    // RXF5 has four registers; behind them is TEC (table 11-1).
    expect(chip.sent.includes('|02 18 00 08 00 00|03 18 00 00 00 00|')).toBe(true);
    expect(chip.sent.includes('|02 28 01 a3 00 03|03 28 00 00 00 00|')).toBe(true);
  });

  test('refuses an impossible bit rate before it touches the chip', () => {
    expect(can.configure(8_000_000, 1_000_000)).toBe(Status.BitRateImpossible);
    expect(chip.sent).toBe('');
  });

  test('tells a line stuck low from a line that nobody drives', () => {
    chip.silentValue = 0x00;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.ChipSilentLow);
    chip.silentValue = 0xff;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.ChipSilentHigh);
    expect(can.setup.faultRegister).toBe(CANSTAT);
    expect(can.setup.faultExpected).toBe(0x80);
    expect(can.setup.faultRead).toBe(0xff);
  });

  test('waits a bounded time for configuration mode', () => {
    chip.modeStuck = true;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.ChipNotInConfigurationMode);
    expect(clock.now).toBeLessThan(20_000); // microseconds
  });

  test('names the register that reads back wrong', () => {
    chip.brokenRegister = 0x29; // CNF2
    expect(can.configure(12_000_000, 500_000)).toBe(Status.RegisterVerifyMismatch);
    expect(can.setup.faultRegister).toBe(0x29);
    expect(can.setup.faultExpected).toBe(0xa3);
    expect(can.setup.faultRead).toBe(0xa5);
    expect(clock.now >= 10_000 && clock.now < 20_000).toBe(true);
  });

  test('does not compare what is read-only: FILHIT0 and BUKT1 of RXB0CTRL (register 4-1)', () => {
    chip.readOnly = 0x60;
    chip.readOnlyBits = 0x03;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.Ok);
  });

  test('compares TXP, by which it tells a chip that was reset', () => {
    chip.brokenRegister = 0x40; // TXB1CTRL, 0 after RESET
    expect(can.configure(12_000_000, 500_000)).toBe(Status.RegisterVerifyMismatch);
    expect(can.setup.faultRegister).toBe(0x40);
  });

  test('writes again, for 10 ms, what a chip whose oscillator is starting does not take', () => {
    chip.writesIgnored = 20;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.Ok);
    expect(chip.get(0x29)).toBe(0xa3); // CNF2
    expect(clock.now).toBeLessThan(10_000); // microseconds
  });

  test('reports an SPI block that does not work', () => {
    chip.transactionsLeft = 0;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.SpiTimeout);
    chip.transactionsLeft = 5;
    expect(can.configure(12_000_000, 500_000)).toBe(Status.SpiTimeout);
  });
});

describe('start and stop', () => {
  test('start asks for normal mode and sees it come', () => {
    can.configure(12_000_000, 500_000);
    chip.take();
    expect(can.start()).toBe(Status.Ok);
    expect(chip.take()).toBe('05 0f f8 00|03 0e 00|03 28 00 00 00 00 00 00 00 00');
    expect(chip.get(CANSTAT) & 0xe0).toBe(0);
  });

  test('start gives up after 1,000 bit times', () => {
    can.configure(12_000_000, 500_000);
    chip.modeStuck = true;
    clock.now = 0;
    expect(can.start()).toBe(Status.ChipNotInNormalMode);
    expect(clock.now >= 2_000 && clock.now < 3_000).toBe(true);
  });

  test('start without configure is refused', () => {
    expect(can.start()).toBe(Status.ChipNotInConfigurationMode);
    expect(chip.sent).toBe('');
  });

  test('stop goes back to configuration mode', () => {
    can.configure(12_000_000, 500_000);
    can.start();
    chip.take();
    expect(can.stop()).toBe(Status.Ok);
    expect(chip.take()).toBe('05 0f e0 80|03 0e 00');
    expect(chip.get(CANSTAT) & 0xe0).toBe(0x80);
  });

  test('stop resets a chip that does not leave the bus', () => {
    can.configure(12_000_000, 500_000);
    can.start();
    chip.modeStuck = true;
    chip.take();
    can.stop();
    expect(chip.take().includes('|c0|')).toBe(true);
  });

  test('stop without configure does nothing', () => {
    expect(can.stop()).toBe(Status.Ok);
    expect(chip.sent).toBe('');
  });
});
