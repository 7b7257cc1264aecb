// SPDX-License-Identifier: MIT
/**
 * The lines of the board as a VCD: SCK MOSI MISO CS INT and the CAN bus (RX of a transceiver: recessive 1).
 *
 * SPI mode 0,0: data is stable before SCK rises, and the ninth clock time of a byte is idle. It keeps every
 * edge in memory, so it is for short runs.
 */
import type { SpiTap } from '../soc/spi-device.ts';
import { VcdWriter } from './vcd.ts';

const CLOCKS_PER_BYTE = 9;
const DATA_BITS = 8;

export class BoardTrace implements SpiTap {
  readonly #vcd = new VcdWriter([
    { name: 'SCK', initial: 0 },
    { name: 'MOSI', initial: 0 },
    { name: 'MISO', initial: 1 },
    { name: 'CS', initial: 1 },
    { name: 'INT', initial: 1 },
    { name: 'CAN', initial: 1 },
  ]);

  selected(nanos: number): void {
    this.#vcd.change('CS', nanos, 0);
  }

  deselected(nanos: number): void {
    this.#vcd.change('CS', nanos, 1);
  }

  byte(mosi: number, miso: number, endNanos: number, byteNanos: number): void {
    const clock = byteNanos / CLOCKS_PER_BYTE;
    for (let bit = 0; bit < DATA_BITS; bit++) {
      const start = endNanos - byteNanos + bit * clock;
      const shift = DATA_BITS - 1 - bit;
      this.#vcd.change('MOSI', start, (mosi >> shift) & 1);
      this.#vcd.change('MISO', start, (miso >> shift) & 1);
      this.#vcd.change('SCK', start + clock / 2, 1);
      this.#vcd.change('SCK', start + clock, 0);
    }
  }

  /** The chip's INT changes. */
  interrupt(low: boolean, nanos: number): void {
    this.#vcd.change('INT', nanos, low ? 0 : 1);
  }

  /** Adds the CAN bus from `startNanos` on, one level per bit. */
  bits(levels: Uint8Array, startNanos: number, bitNanos: number): void {
    levels.forEach((level, bit) => {
      this.#vcd.change('CAN', startNanos + bit * bitNanos, level);
    });
    this.#vcd.change('CAN', startNanos + levels.length * bitNanos, 1);
  }

  text(): string {
    return this.#vcd.text();
  }
}
