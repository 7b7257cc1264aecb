// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The check of the wires to the chip, the bit rate of a crystal that is not its nominal one, and how long the chip may
 * take for the crystal to be measured.
 *
 * Sources: DS20001801J, register 3-8 (data bytes of TXB0 from 36h on), section 12 (READ STATUS may be clocked on: the chip
 * repeats its answer), section 5 (a quantum is two periods of the crystal for each step of the prescaler).
 */
import { BitRate } from '../../../src/driver/mcp2515/bit-rate';
import { CrystalMeter } from '../../../src/driver/mcp2515/crystal-meter';
import { LinkCheck } from '../../../src/driver/mcp2515/link-check';
import { Setup } from '../../../src/driver/mcp2515/setup';
import { Status } from '../../../src/rt/status';
import { FakeChip, FakeClock } from '../support/fake-mcp2515';

let chip = new FakeChip();
let clock = new FakeClock();
let setup = new Setup<FakeChip, FakeClock>(chip, clock);
let check = new LinkCheck<FakeChip, FakeClock>(chip, clock, setup);

beforeEach(() => {
  chip = new FakeChip();
  clock = new FakeClock();
  clock.perLook = 0;
  chip.clock = clock;
  setup = new Setup<FakeChip, FakeClock>(chip, clock);
  check = new LinkCheck<FakeChip, FakeClock>(chip, clock, setup);
});

describe('the time of bytes on SPI', () => {
  test('is that of READ STATUS clocked on, the shortest of three', () => {
    chip.ticksPerByte = 8;
    clock.now = 5_000;
    expect(check.transactionTicks()).toBe(16 * 8);
    const one = 'a0' + ' 00'.repeat(15);
    expect(chip.take()).toBe(`${one}|${one}|${one}`);
    expect(check.bytesTicks()).toBe(15 * 8);
    expect(check.lookingByteTicks()).toBe(8);
    expect(chip.yields).toBe(false, 'no transaction gives way after that');
  });

  test('is not known if the block has stopped', () => {
    chip.ticksPerByte = 8;
    chip.transactionsLeft = 0;
    expect(check.transactionTicks()).toBe(0);
    expect(check.lookingByteTicks()).toBe(0);
  });
});

describe('reading back', () => {
  test('is 32 times eight bytes in the data of TXB0', () => {
    expect(check.readBack()).toBe(Status.Ok);
    expect(chip.bytes).toBe(32 * 20);
    const zeros = ' 00'.repeat(8);
    expect(chip.take().startsWith(`02 36${zeros}|03 36${zeros}|02 36${' ff'.repeat(8)}`)).toBe(
      true,
    );
  });

  test('names the byte that differs', () => {
    chip.brokenRegister = 0x39;
    chip.set(0x39, 0x20);
    expect(check.readBack()).toBe(Status.RegisterVerifyMismatch);
    expect(setup.faultRegister).toBe(0x39);
    expect(setup.faultExpected).toBe(0x00);
    expect(setup.faultRead).toBe(0x20);
  });

  test('of a block that stops says so', () => {
    chip.transactionsLeft = 5;
    expect(check.readBack()).toBe(Status.SpiTimeout);
  });
});

describe('the bit rate of a measured crystal', () => {
  test('is what it makes of the registers that the nominal one has', () => {
    const rate = new BitRate();
    rate.realOscillatorHertz = 12_060_000;
    expect(rate.calculate(12_000_000, 500_000)).toBe(Status.Ok);
    expect(rate.realBitrate).toBe(502_500);
    expect(rate.errorPermille).toBe(5);
    expect(rate.isDoubtful).toBe(false);
    rate.realOscillatorHertz = 11_939_000;
    rate.calculate(12_000_000, 500_000);
    expect(rate.isDoubtful).toBe(true, '5.08 thousandths too slow');
  });

  test('differs by thousandths, rounded to the nearest', () => {
    const rate = new BitRate();
    rate.realOscillatorHertz = 12_006_000; // 500,250 bit/s
    rate.calculate(12_000_000, 500_000);
    expect(rate.errorPermille).toBe(1);
    rate.realOscillatorHertz = 12_005_976; // 500,249 bit/s
    rate.calculate(12_000_000, 500_000);
    expect(rate.errorPermille).toBe(0);
  });
});

/** A clock by which the core stalls once, for `stall` ticks, after `from`. */
class StallingClock extends FakeClock {
  from: u64 = u64.MAX_VALUE;
  stall: u64 = 0;

  override nowTicks(): u64 {
    if (this.now >= this.from) {
      this.from = u64.MAX_VALUE;
      this.now += this.stall;
    }
    return super.nowTicks();
  }
}

describe('the measurement of a crystal', () => {
  test('is made once, and again when the core has stalled just then', () => {
    const rate = new BitRate();
    rate.calculate(12_000_000, 500_000);
    for (let stall: u64 = 0; stall <= 60; stall += 60) {
      const stalling = new StallingClock();
      stalling.perLook = 2;
      const other = new FakeChip();
      other.clock = stalling;
      const registers: StaticArray<u8> = [0x01, 0xa3, 0x00]; // CNF3, CNF2, CNF1: 12 MHz, 500 kbit/s
      for (let at = 0; at < 3; at++) other.set(0x28 + at, registers[at]);
      const modes = new Setup<FakeChip, FakeClock>(other, stalling).modes;
      const meter = new CrystalMeter<FakeChip, FakeClock>(other, stalling, modes);
      // 68 bits of 2 us: the end of the first frame, which comes 131 before that of the next.
      stalling.from = 130;
      stalling.stall = stall;
      expect(meter.measure(rate.timing)).toBe(Status.Ok);
      expect(other.sent.split('|87|').length).toBe(stall === 0 ? 2 : 3, 'parts between RTS of all');
      expect(abs<f64>((meter.hertz as f64) / 12_000_000 - 1)).toBeLessThan(0.01);
    }
  });

  test('waits for loopback mode as long as 1,000 bits take with the slowest crystal, 1 MHz', () => {
    const rate = new BitRate();
    rate.calculate(12_000_000, 500_000);
    clock.perLook = 10;
    const meter = new CrystalMeter<FakeChip, FakeClock>(chip, clock, setup.modes);
    chip.modeStuck = true;
    expect(meter.measure(rate.timing)).not.toBe(Status.Ok);
    // 24 periods a bit: 1,000 bits are 24 ms.
    expect(clock.now >= 24_000 && clock.now < 26_000).toBe(true, `${clock.now}`);
  });
});
