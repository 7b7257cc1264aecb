// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * SPI0, the INT pin and the counter, seen from the register side (BCM2711 ARM Peripherals).
 */
import { mmio_read32, mmio_write32 } from '../../../src/abi/bsp';
import { GenericTimer } from '../../../src/chip/arm/generic-timer';
import { GpioInputLine } from '../../../src/chip/bcm2711/gpio';
import { LowLevelEvent } from '../../../src/chip/bcm2711/low-level-event';
import { Spi0 } from '../../../src/chip/bcm2711/spi0';
import { deadlineAfterMicros, deadlinePassed } from '../../../src/hal/clock';
import { Status } from '../../../src/rt/status';

// Control addresses of the fake host.
const CONTROL_CLEAR: u32 = 0xf0000000;
const CONTROL_WRITES: u32 = 0xf0000004;
const CONTROL_SPI_STUCK: u32 = 0xf0000008;
const CONTROL_SPI_ANSWER: u32 = 0xf000000c;
const CONTROL_LINE_LOW_AFTER: u32 = 0xf000001c;
const CONTROL_WRITE_LOG: u32 = 0xf0010000;

const GPIO: u32 = 0xfe200000;
const GPLEV0: u32 = GPIO + 0x34;
const INTERRUPT_PIN: u32 = 25;
const SPI0: u32 = 0xfe204000;
const CLK: u32 = SPI0 + 0x08;
const TA: u32 = 0x80;
/** CLEAR_TX and CLEAR_RX, and DONE, as Linux's driver writes them at the end of each transfer. */
const CLEAR: u32 = 0x10030;
const CORE_CLOCK_HERTZ: u32 = 500_000_000;

const buffer: usize = memory.data(16, 8);

/** Device writes since the log was cleared: C = CS, F = FIFO, K = CLK, D = DLEN, each with its value. */
function writes(): string {
  let text = '';
  const count = mmio_read32(CONTROL_WRITES);
  for (let index: u32 = 0; index < count; index++) {
    const address = mmio_read32(CONTROL_WRITE_LOG + 8 * index);
    const value = mmio_read32(CONTROL_WRITE_LOG + 8 * index + 4);
    const offset = address - SPI0;
    const name =
      offset === 0 ? 'C' : offset === 4 ? 'F' : offset === 8 ? 'K' : offset === 12 ? 'D' : '?';
    text += (index > 0 ? ' ' : '') + name + value.toString(16);
  }
  return text;
}

function fill(text: string): void {
  for (let byte = 0; byte * 3 < text.length; byte++) {
    store<u8>(buffer + byte, U32.parseInt(text.substring(byte * 3, byte * 3 + 2), 16));
  }
}

function bytes(count: u32): string {
  let text = '';
  for (let byte: u32 = 0; byte < count; byte++) {
    text +=
      (byte > 0 ? ' ' : '') +
      load<u8>(buffer + byte)
        .toString(16)
        .padStart(2, '0');
  }
  return text;
}

const line = new GpioInputLine(GPIO, INTERRUPT_PIN);
let spi = new Spi0(SPI0, line);

beforeEach(() => {
  mmio_write32(CONTROL_SPI_STUCK, 0);
  spi = new Spi0(SPI0, line);
  mmio_write32(GPLEV0, 1 << INTERRUPT_PIN);
  spi.configure(CORE_CLOCK_HERTZ, 10_000_000);
  mmio_write32(CONTROL_CLEAR, 0);
});

describe('SPI clock', () => {
  test('is the highest one not above the wanted one, by an even divider', () => {
    const wanted: StaticArray<u32> = [10_000_000, 9_999_999, 8_000_000, 7_812_500, 1_000_000];
    const divider: StaticArray<u32> = [50, 52, 64, 64, 500];
    for (let index = 0; index < wanted.length; index++) {
      expect(spi.configure(CORE_CLOCK_HERTZ, wanted[index])).toBe(Status.Ok);
      expect(mmio_read32(CLK)).toBe(divider[index]);
      expect(spi.clockHertz).toBe(CORE_CLOCK_HERTZ / divider[index]);
      expect(spi.clockHertz).toBeLessThanOrEqual(wanted[index]);
    }
  });

  test('divider 65536 is written as 0, and there is none above it', () => {
    expect(spi.configure(655_360_000, 10_000)).toBe(Status.Ok);
    expect(mmio_read32(CLK)).toBe(0);
    expect(spi.clockHertz).toBe(10_000);
    expect(spi.configure(CORE_CLOCK_HERTZ, 7_629)).toBe(Status.SpiClockImpossible);
    expect(spi.configure(CORE_CLOCK_HERTZ, 1)).toBe(Status.SpiClockImpossible);
    expect(spi.configure(CORE_CLOCK_HERTZ, 0)).toBe(Status.SpiClockImpossible);
  });
});

describe('SPI set-up', () => {
  test('clears DLEN and takes a DONE back that somebody left', () => {
    spi.configure(CORE_CLOCK_HERTZ, 10_000_000);
    expect(writes()).toBe('K32 D0 C10030');
  });
});

describe('SPI transfer', () => {
  test('asserts chip select, sends, takes the answer, releases', () => {
    fill('a0 00');
    mmio_write32(CONTROL_SPI_ANSWER, 0xff);
    mmio_write32(CONTROL_SPI_ANSWER, 0x01);
    expect(spi.transfer(buffer, 2)).toBe(Status.Ok);
    expect(writes()).toBe(`C${TA.toString(16)} Fa0 F0 C${CLEAR.toString(16)}`);
    expect(bytes(2)).toBe('ff 01');
  });

  test('carries 16 bytes in place', () => {
    fill('00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f');
    spi.transfer(buffer, 16);
    expect(bytes(16)).toBe('ff fe fd fc fb fa f9 f8 f7 f6 f5 f4 f3 f2 f1 f0');
  });

  test('in two parts keeps chip select asserted in between', () => {
    fill('90 00 00 00 00 00 11 22');
    expect(spi.begin(buffer, 6)).toBe(Status.Ok);
    expect(writes()).toBe('C80 F90 F0 F0 F0 F0 F0');
    expect(spi.end(buffer + 6, 2)).toBe(Status.Ok);
    expect(writes()).toBe('C80 F90 F0 F0 F0 F0 F0 F11 F22 C10030');
    expect(bytes(8)).toBe('6f ff ff ff ff ff ee dd');
  });

  test('may have an empty second part', () => {
    fill('90');
    spi.begin(buffer, 1);
    expect(spi.end(buffer + 1, 0)).toBe(Status.Ok);
    expect(writes()).toBe('C80 F90 C10030');
  });

  test('gives up on a block that does not finish, and releases chip select', () => {
    mmio_write32(CONTROL_SPI_STUCK, 1);
    expect(spi.transfer(buffer, 2)).toBe(Status.SpiTimeout);
    expect(writes().endsWith(' C10030')).toBe(true);
  });
});

describe('waiting for a block that works', () => {
  const CONTROL_SPI_READS_TO_DONE: u32 = 0xf0000030;
  const CONTROL_TICKS_PER_READ: u32 = 0xf0000014;

  afterEach(() => {
    mmio_write32(CONTROL_SPI_READS_TO_DONE, 0);
    mmio_write32(CONTROL_TICKS_PER_READ, 54);
  });

  test('does not depend on how many reads of CS fit into its time', () => {
    mmio_write32(CONTROL_TICKS_PER_READ, 1);
    mmio_write32(CONTROL_SPI_READS_TO_DONE, 100_000);
    fill('a0 00');
    expect(spi.transfer(buffer, 2)).toBe(Status.Ok);
    expect(bytes(2)).toBe('5f ff');
    mmio_write32(CONTROL_SPI_READS_TO_DONE, 100_000);
    expect(spi.send(buffer, 1)).toBe(Status.Ok);
  });

  test('looks once more after the core has stood still for a second', () => {
    mmio_write32(CONTROL_TICKS_PER_READ, 54_000_000);
    mmio_write32(CONTROL_SPI_READS_TO_DONE, 10_001);
    fill('a0 00');
    expect(spi.transfer(buffer, 2)).toBe(Status.Ok);
    expect(bytes(2)).toBe('5f ff');
  });

  test('ends when it is done and the bytes never come', () => {
    mmio_write32(CONTROL_SPI_STUCK, 2);
    expect(spi.transfer(buffer, 2)).toBe(Status.SpiTimeout);
    expect(writes().endsWith(' C10030')).toBe(true);
  });
});

describe('sending without an answer', () => {
  test('clocks the bytes under one chip select and leaves the FIFO empty', () => {
    fill('84');
    expect(spi.send(buffer, 1)).toBe(Status.Ok);
    expect(writes()).toBe('C80 F84 C10030');
    fill('a0 00');
    spi.transfer(buffer, 2);
    expect(bytes(2)).toBe('5f ff');
  });

  test('gives up on a block that does not finish, and gives way when asked to', () => {
    mmio_write32(CONTROL_SPI_STUCK, 1);
    expect(spi.send(buffer, 2)).toBe(Status.SpiTimeout);
    mmio_write32(CONTROL_SPI_STUCK, 0);
    spi.yields = true;
    mmio_write32(GPLEV0, 0);
    expect(spi.send(buffer, 2)).toBe(Status.Busy);
  });
});

describe('a transfer that yields', () => {
  test('goes through while the line is high', () => {
    spi.yields = true;
    fill('03 2c 00 00');
    expect(spi.transfer(buffer, 4)).toBe(Status.Ok);
    expect(writes()).toBe('C80 F3 F2c F0 F0 C10030');
    expect(bytes(4)).toBe('fc d3 ff ff');
  });

  test('ends after the byte during which the line falls, with chip select released', () => {
    spi.yields = true;
    mmio_write32(CONTROL_LINE_LOW_AFTER, 2);
    fill('40 01 02 03 04');
    expect(spi.transfer(buffer, 5)).toBe(Status.Busy);
    expect(writes()).toBe('C80 F40 F1 C10030');
    expect(spi.unsent).toBe(4);
  });

  test('during whose last byte the line falls is done, if it is an order: RTS must not go out twice', () => {
    spi.yields = true;
    mmio_write32(CONTROL_LINE_LOW_AFTER, 1);
    fill('81');
    expect(spi.send(buffer, 1)).toBe(Status.Ok);
    expect(writes()).toBe('C80 F81 C10030');
  });

  test('does not begin while the line is low', () => {
    spi.yields = true;
    mmio_write32(GPLEV0, 0);
    mmio_write32(CONTROL_CLEAR, 0);
    fill('a0 00');
    expect(spi.transfer(buffer, 2)).toBe(Status.Busy);
    expect(writes().includes('F')).toBe(false);
  });

  test('touches no register when somebody is known to ask; others go through', () => {
    spi.lineWasAsserted = true;
    fill('a0 00');
    expect(spi.transfer(buffer, 2)).toBe(Status.Ok);
    spi.yields = true;
    mmio_write32(CONTROL_CLEAR, 0);
    expect(spi.transfer(buffer, 2)).toBe(Status.Busy);
    expect(writes()).toBe('');
  });

  test('is one that was asked to: others are not broken off', () => {
    mmio_write32(CONTROL_LINE_LOW_AFTER, 1);
    fill('a0 00');
    expect(spi.transfer(buffer, 2)).toBe(Status.Ok);
  });
});

describe('GPIO line', () => {
  test('is asserted while its pin is low', () => {
    const line = new GpioInputLine(GPIO, 25);
    mmio_write32(GPIO + 0x34, 0xffffffff);
    expect(line.isAsserted()).toBe(false);
    mmio_write32(GPIO + 0x34, ~(1 << 25));
    expect(line.isAsserted()).toBe(true);
    mmio_write32(GPIO + 0x34, 1 << 25);
    expect(line.isAsserted()).toBe(false);
  });

  test('finds pins 32 and up in the second register', () => {
    const line = new GpioInputLine(GPIO, 40);
    mmio_write32(GPIO + 0x34, 0);
    mmio_write32(GPIO + 0x38, 1 << 8);
    expect(line.isAsserted()).toBe(false);
    mmio_write32(GPIO + 0x38, 0);
    expect(line.isAsserted()).toBe(true);
  });

  test('writes nothing', () => {
    mmio_write32(CONTROL_CLEAR, 0);
    new GpioInputLine(GPIO, 25).isAsserted();
    expect(mmio_read32(CONTROL_WRITES)).toBe(0);
  });
});

describe('low-level event of a pin', () => {
  const GPEDS0: u32 = GPIO + 0x40;
  const GPLEN0: u32 = GPIO + 0x70;
  const PIN_25: u32 = 1 << 25;

  test("is switched on and off beside other pins' bits", () => {
    const event = new LowLevelEvent(GPIO, 25);
    mmio_write32(GPLEN0, 0x21);
    expect(event.isArmed()).toBe(false);
    event.arm();
    expect(mmio_read32(GPLEN0)).toBe(PIN_25 | 0x21);
    expect(event.isArmed()).toBe(true);
    event.disarm();
    expect(mmio_read32(GPLEN0)).toBe(0x21);
    expect(mmio_read32(GPEDS0)).toBe(PIN_25, 'and forgotten');
  });

  test('is cleared by its own bit alone: ones clear', () => {
    const event = new LowLevelEvent(GPIO, 25);
    mmio_write32(GPEDS0, 0xffffffff);
    expect(event.foreignEvents()).toBe(~PIN_25);
    event.clear();
    expect(mmio_read32(GPEDS0)).toBe(PIN_25);
    expect(event.foreignEvents()).toBe(0);
  });
});

describe('generic timer', () => {
  test('sleeps until a tick', () => {
    const CONTROL_SLEEPS: u32 = 0xf0000028;
    const before = mmio_read32(CONTROL_SLEEPS);
    new GenericTimer().sleepUntil(0x1_2345_6789);
    expect(mmio_read32(CONTROL_SLEEPS)).toBe(before + 1);
    expect(mmio_read32(CONTROL_SLEEPS + 4)).toBe(0x2345_6789);
  });

  test('goes forward at the rate the core says', () => {
    const clock = new GenericTimer();
    expect(clock.ticksPerSecond()).toBe(54_000_000);
    const before = clock.nowTicks();
    expect(clock.nowTicks()).toBeGreaterThan(before);
  });

  test('a deadline passes after its time', () => {
    const clock = new GenericTimer(); // one microsecond per look
    const deadlineTicks = deadlineAfterMicros(clock, 3);
    expect(deadlinePassed(clock, deadlineTicks)).toBe(false);
    expect(deadlinePassed(clock, deadlineTicks)).toBe(false);
    expect(deadlinePassed(clock, deadlineTicks)).toBe(true);
  });
});
