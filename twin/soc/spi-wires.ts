// SPDX-License-Identifier: MIT
/**
 * The four wires between SPI0 and a chip, with faults: a line that is stuck, a chip select that does not arrive.
 *
 * A chip that is not selected does not drive MISO, which then reads the level of its pull. GPIO 9 is pulled down
 * after reset (BCM2711 ARM Peripherals, table 5-2). A chip ignores an instruction that it does not know, until chip
 * select rises.
 * Does not: model levels between 0 and 1, or times: see `misoLimitHertz` of spi0-behaviour.ts.
 */
import type { SpiDevice } from './spi-device.ts';

/** What is wrong with the wires. Absent: nothing. */
export interface WireFaults {
  /** MISO at the SPI0 end is short to ground (0) or to the supply (1). */
  readonly misoStuck?: 0 | 1;
  /** The same of MOSI at the chip's end. */
  readonly mosiStuck?: 0 | 1;
  /** CE0 at the chip's end: always high, or always low. */
  readonly selectStuck?: 'high' | 'low';
  /** SCLK does not reach the chip. */
  readonly clockBroken?: boolean;
}

const FLOATING = 0x00;

export class SpiWires implements SpiDevice {
  readonly #device: SpiDevice;
  readonly #faults: WireFaults;
  /** The chip takes part in this transaction. */
  #isHeard = false;

  constructor(device: SpiDevice, faults: WireFaults) {
    this.#device = device;
    this.#faults = faults;
  }

  select(nanos: number): void {
    const { mosiStuck, selectStuck, clockBroken } = this.#faults;
    // With all bits alike no instruction of the chip comes of it; held low, the first one never ends.
    const isDeaf = mosiStuck !== undefined || selectStuck !== undefined || clockBroken === true;
    this.#isHeard = !isDeaf;
    if (this.#isHeard) this.#device.select(nanos);
  }

  exchange(mosi: number, nanos: number): number {
    const sent = this.#isHeard ? this.#device.exchange(mosi, nanos) : FLOATING;
    const { misoStuck } = this.#faults;
    return misoStuck === undefined ? sent : misoStuck * 0xff;
  }

  deselect(nanos: number): void {
    if (this.#isHeard) this.#device.deselect(nanos);
    this.#isHeard = false;
  }
}
