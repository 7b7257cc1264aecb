// SPDX-License-Identifier: MIT
/** SPI0 and GPIO of the BCM2711: time on the wire, FIFOs, flags, what throws. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../twin/clock.ts';
import { Gpio } from '../../twin/soc/gpio.ts';
import { Spi0 } from '../../twin/soc/spi0.ts';
import type { Spi0Behaviour } from '../../twin/soc/spi0-behaviour.ts';
import { UnimplementedFeature, UnimplementedRegister } from '../../twin/unimplemented.ts';

// BCM2711 ARM peripherals, chapter 9.
const CS = 0x00;
const FIFO = 0x04;
const CLK = 0x08;
const CLEAR = 0x30;
const TA = 0x80;
const DONE = 1 << 16;
const RXD = 1 << 17;
const TXD = 1 << 18;
const RXR = 1 << 19;
const RXF = 1 << 20;

/** A device that answers every byte with its complement, and a log of everything on the lines. */
function makeSpi(behaviour: Partial<Spi0Behaviour> = {}) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const device = {
    select: (nanos: number) => void lines.push(`select ${nanos}`),
    exchange: (mosi: number, nanos: number) => {
      lines.push(`${mosi.toString(16)} ${nanos}`);
      return ~mosi & 0xff;
    },
    deselect: (nanos: number) => void lines.push(`deselect ${nanos}`),
  };
  const spi = new Spi0({ clock, coreClockHertz: 500e6, device, behaviour });
  return { clock, lines, device, spi };
}

describe('SPI0', () => {
  it('takes 12.6 us for 14 bytes at 10 MHz: nine clocks a byte', () => {
    const { clock, lines, spi } = makeSpi();
    spi.write32(CLK, 50);
    spi.write32(CS, CLEAR);
    spi.write32(CS, TA);
    for (let index = 0; index < 14; index++) spi.write32(FIFO, index);
    clock.advanceTo(12_599);
    assert.equal(spi.read32(CS) & DONE, 0);
    clock.advanceTo(12_600);
    assert.equal(spi.read32(CS) & (DONE | RXD | TXD), DONE | RXD | TXD);
    spi.write32(CS, 0);
    assert.equal(lines[0], 'select 0');
    assert.equal(lines[1], '0 900');
    assert.equal(lines.at(-2), 'd 12600');
    assert.equal(lines.at(-1), 'deselect 12600');
  });

  it('rounds an odd divider down and reads 0 as 65536', () => {
    const { spi } = makeSpi();
    for (const [divider, nanos] of [
      [50, 900],
      [51, 900],
      [64, 1152],
      [500, 9000],
      [0, 1_179_648],
      [1, 1_179_648],
    ]) {
      spi.write32(CLK, divider);
      assert.equal(spi.byteNanos, nanos, `CDIV ${divider}`);
      assert.equal(spi.read32(CLK), divider);
    }
  });

  it('exchanges each byte at its own end, however late the guest looks', () => {
    const { clock, lines, spi } = makeSpi();
    spi.write32(CLK, 50);
    spi.write32(CS, TA);
    spi.write32(FIFO, 0x11);
    spi.write32(FIFO, 0x22);
    clock.elapse(10_000);
    assert.equal(spi.read32(FIFO), 0xee);
    assert.equal(spi.read32(FIFO), 0xdd);
    assert.deepEqual(lines, ['select 0', '11 900', '22 1800']);
    spi.write32(FIFO, 0x33);
    clock.advanceTo(20_000);
    assert.equal(lines.at(-1), '33 10900');
  });

  it('shows DONE with TA and nothing to do, and not without TA', () => {
    const { clock, spi } = makeSpi();
    assert.equal(spi.read32(CS), TXD | 0x1000, 'after reset');
    spi.write32(CLK, 50);
    spi.write32(CS, TA);
    assert.equal(spi.read32(CS), DONE | TXD | TA);
    spi.write32(FIFO, 0);
    assert.equal(spi.read32(CS), TXD | TA);
    clock.advanceTo(900);
    spi.write32(CS, 0);
    assert.equal(spi.read32(CS), TXD | RXD);
  });

  it('stalls when the receive FIFO is full and goes on when there is room', () => {
    const { clock, lines, spi } = makeSpi();
    spi.write32(CLK, 50);
    spi.write32(CS, TA);
    for (let index = 0; index < 65; index++) spi.write32(FIFO, index);
    assert.equal(spi.read32(CS) & TXD, 0, '64 bytes wait, one is on the wire');
    clock.advanceTo(47 * 900);
    spi.write32(FIFO, 65);
    assert.equal(spi.read32(CS) & RXR, 0);
    clock.advanceTo(48 * 900);
    assert.equal(spi.read32(CS) & (RXR | RXF), RXR);
    clock.advanceTo(100_000);
    assert.equal(spi.read32(CS) & (RXR | RXF | DONE), RXR | RXF);
    assert.equal(lines.length, 1 + 64);
    assert.equal(spi.read32(FIFO), 0xff);
    clock.advanceTo(200_000);
    assert.equal(lines.at(-1), '40 100900');
  });

  it('CLEAR_TX and CLEAR_RX empty the FIFOs', () => {
    const { clock, spi, lines } = makeSpi();
    spi.write32(CLK, 50);
    spi.write32(CS, TA);
    for (let index = 0; index < 4; index++) spi.write32(FIFO, index);
    clock.advanceTo(1000);
    spi.write32(CS, TA | CLEAR);
    assert.equal(spi.read32(CS) & RXD, 0);
    clock.advanceTo(10_000);
    assert.deepEqual(lines, ['select 0', '0 900', '1 1800'], 'the byte on the wire still ends');
    assert.equal(spi.read32(CS) & (DONE | RXD), DONE | RXD);
  });

  it('reads the idle level of MISO without a device, and behind the other chip select', () => {
    for (const missingDeviceByte of [0x00, 0xff] as const) {
      const clock = new VirtualClock();
      const spi = new Spi0({ clock, coreClockHertz: 500e6, missingDeviceByte });
      spi.write32(CLK, 50);
      spi.write32(CS, TA);
      spi.write32(FIFO, 0x55);
      clock.advanceTo(900);
      assert.equal(spi.read32(FIFO), missingDeviceByte);
    }
    const { clock, spi, lines } = makeSpi();
    spi.write32(CLK, 50);
    spi.write32(CS, TA | 1);
    spi.write32(FIFO, 0x55);
    clock.advanceTo(900);
    assert.equal(spi.read32(FIFO), 0xff);
    assert.deepEqual(lines, []);
  });

  it('tells the tap what is on the lines', () => {
    const { clock, spi } = makeSpi();
    const seen: unknown[] = [];
    spi.tap = {
      selected: (nanos) => seen.push(['selected', nanos]),
      byte: (mosi, miso, nanos) => seen.push([mosi, miso, nanos]),
      deselected: (nanos) => seen.push(['deselected', nanos]),
    };
    spi.write32(CLK, 50);
    spi.write32(CS, TA);
    spi.write32(FIFO, 0xa0);
    clock.advanceTo(1000);
    spi.write32(CS, 0);
    assert.deepEqual(seen, [
      ['selected', 0],
      [0xa0, 0x5f, 900],
      ['deselected', 1000],
    ]);
  });

  it('can exchange each byte when it is written, into a deeper FIFO', () => {
    const { lines, spi } = makeSpi({ clocksPerByte: 0, fifoBytes: 100 });
    spi.write32(CS, TA);
    for (let index = 0; index < 100; index++) spi.write32(FIFO, index);
    assert.equal(spi.read32(CS) & (DONE | RXD | RXF), DONE | RXD | RXF);
    assert.equal(lines[100], '63 0');
    assert.equal(spi.read32(FIFO), 0xff);
    assert.equal(spi.read32(CS) & RXF, 0);
  });

  it('can be some reads of CS late with RXD and DONE, each in its own way', () => {
    const { spi } = makeSpi({ clocksPerByte: 0, receiveLateReads: 1, doneLateReads: 2 });
    spi.write32(CS, TA);
    spi.write32(FIFO, 0x12);
    const flags = [0, 1, 2, 3].map(() => spi.read32(CS) & (DONE | RXD));
    assert.deepEqual(flags, [0, RXD, DONE | RXD, DONE | RXD]);
  });

  it('can show the CLEAR bits until the next write', () => {
    const { spi } = makeSpi({ clearsReadBack: true });
    spi.write32(CS, CLEAR);
    assert.equal(spi.read32(CS) & CLEAR, CLEAR);
    spi.write32(CS, TA);
    assert.equal(spi.read32(CS) & CLEAR, 0);
  });

  it('throws on every mode and misuse it does not model', () => {
    for (const bit of [2, 3, 6, 8, 9, 10, 11, 12, 13, 21, 22, 23, 24, 25]) {
      assert.throws(() => makeSpi().spi.write32(CS, 1 << bit), UnimplementedFeature, `bit ${bit}`);
    }
    const misuse = (act: (spi: Spi0, clock: VirtualClock) => void) => {
      const { clock, spi } = makeSpi();
      spi.write32(CLK, 50);
      spi.write32(CS, TA);
      assert.throws(() => act(spi, clock), UnimplementedFeature);
    };
    misuse((spi) => spi.read32(FIFO));
    misuse((spi) => spi.write32(CS, TA | 1));
    misuse((spi) => spi.write32(0x0c, 4));
    misuse((spi) => spi.read32(0x600));
    misuse((spi) => {
      spi.write32(FIFO, 0);
      spi.write32(CS, 0);
    });
    misuse((spi) => {
      spi.write32(FIFO, 0);
      spi.write32(CLK, 64);
    });
    misuse((spi) => {
      for (let index = 0; index < 66; index++) spi.write32(FIFO, 0);
    });
    misuse((spi) => {
      spi.write32(CS, 0);
      spi.write32(FIFO, 0);
    });
  });
});

describe('GPIO', () => {
  it('has pins 8 to 11 on SPI0 (ALT0) and the interrupt pin as an input', () => {
    const gpio = new Gpio();
    // GPFSEL0 bits 24..29 and GPFSEL1 bits 0..5 hold 4, 4; GPFSEL2 bits 15..17 hold 0.
    assert.equal(gpio.read32(0x00), (4 << 24) | (4 << 27));
    assert.equal(gpio.read32(0x04), 4 | (4 << 3));
    assert.equal(gpio.read32(0x08), 0);
  });

  it('shows the level of GPIO25 in bit 25 of GPLEV0', () => {
    const gpio = new Gpio();
    assert.equal((gpio.read32(0x34) >>> 25) & 1, 1, 'pulled up');
    gpio.setLevel(25, false);
    assert.equal((gpio.read32(0x34) >>> 25) & 1, 0);
    gpio.setLevel(31, true);
    gpio.setLevel(32, true);
    assert.equal(gpio.read32(0x34) >>> 31, 1);
    assert.equal(gpio.read32(0x38), 1);
  });

  it('throws on other registers, on writes and on pins that do not exist', () => {
    const gpio = new Gpio();
    // GPREN0: rising edges are not watched.
    assert.throws(() => gpio.read32(0x4c), UnimplementedRegister);
    assert.throws(() => gpio.write32(0x4c, 1), UnimplementedRegister);
    assert.throws(() => gpio.read32(0x36), UnimplementedRegister);
    assert.throws(() => gpio.write32(0x1c, 1), UnimplementedRegister);
    assert.throws(() => gpio.write32(0x00, 0), UnimplementedFeature);
    assert.throws(() => gpio.setLevel(58, true), RangeError);
  });
});
