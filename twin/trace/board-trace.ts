// SPDX-License-Identifier: MIT
/**
 * The lines of the board as a VCD: SCK MOSI MISO CS INT, the chip's CAN_TX and CAN_RX (recessive 1), and marks
 * that whoever has judged the run adds: REQUEST, DECISION, RTS, ANSWER.
 *
 * SPI mode 0,0: data is stable before SCK rises, and the ninth clock time of a byte is idle. It keeps every
 * edge in memory, so it is for short runs.
 */
import type { SpiTap } from '../soc/spi-device.ts';
import { VcdWriter } from './vcd.ts';

const CLOCKS_PER_BYTE = 9;
const DATA_BITS = 8;
const LINES = [
  { name: 'SCK', initial: 0 },
  { name: 'MOSI', initial: 0 },
  { name: 'MISO', initial: 1 },
  { name: 'CS', initial: 1 },
  { name: 'INT', initial: 1 },
  { name: 'CAN_TX', initial: 1 },
  { name: 'CAN_RX', initial: 1 },
  { name: 'REQUEST', initial: 0 },
  { name: 'DECISION', initial: 0 },
  { name: 'RTS', initial: 0 },
  { name: 'ANSWER', initial: 0 },
] as const;

/** A time in which something is so, as a signal of its own. */
export type Mark = 'REQUEST' | 'DECISION' | 'RTS' | 'ANSWER';

/** One instruction on the SPI lines. */
export interface TracedInstruction {
  readonly selectNanos: number;
  readonly instruction: number;
  /** End of its last byte. */
  lastByteNanos: number;
}

export class BoardTrace implements SpiTap {
  /** Every instruction, in order. */
  readonly instructions: TracedInstruction[] = [];
  readonly #vcd = new VcdWriter(LINES);
  #selectNanos = 0;
  #isFirstByte = true;

  selected(nanos: number): void {
    this.#vcd.change('CS', nanos, 0);
    this.#selectNanos = nanos;
    this.#isFirstByte = true;
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
    const last = this.instructions.at(-1);
    if (!this.#isFirstByte && last !== undefined) last.lastByteNanos = endNanos;
    else {
      const selectNanos = this.#selectNanos;
      this.instructions.push({ selectNanos, instruction: mosi, lastByteNanos: endNanos });
    }
    this.#isFirstByte = false;
  }

  /** The chip's INT changes. */
  interrupt(low: boolean, nanos: number): void {
    this.#vcd.change('INT', nanos, low ? 0 : 1);
  }

  /** Adds the CAN bus from `startNanos` on, one level per bit: the wire, and what the chip drives. */
  bits(levels: Uint8Array, driven: Uint8Array, startNanos: number, bitNanos: number): void {
    for (const [name, line] of [
      ['CAN_RX', levels],
      ['CAN_TX', driven],
    ] as const) {
      line.forEach((level, bit) => this.#vcd.change(name, startNanos + bit * bitNanos, level));
      this.#vcd.change(name, startNanos + line.length * bitNanos, 1);
    }
  }

  /** The mark is high from one time to the other. Times that overlap become one. */
  mark(name: Mark, fromNanos: number, toNanos: number): void {
    this.#vcd.change(name, fromNanos, 1);
    this.#vcd.change(name, toNanos, 0);
  }

  text(): string {
    return this.#vcd.text();
  }
}
