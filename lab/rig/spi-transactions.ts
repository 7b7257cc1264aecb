// SPDX-License-Identifier: MIT
/**
 * Records the bytes on the SPI lines as transactions, from chip select to chip select.
 *
 * It works from the lines alone.
 * Does not: interpret the bytes, or ask the firmware.
 */
import type { SpiTap } from '../../twin/soc/spi-device.ts';

export interface SpiTransaction {
  readonly selectNanos: number;
  readonly deselectNanos: number;
  readonly mosi: readonly number[];
  readonly miso: readonly number[];
  /** End of the last byte. */
  readonly lastByteNanos: number;
}

export class SpiRecorder implements SpiTap {
  /** Called at the end of each transaction that clocked at least one byte. */
  onTransaction?: (transaction: SpiTransaction) => void;
  /** End of every byte, ascending. Bytes between two moments are counted from it. */
  readonly #byteEnds: number[] = [];
  #selectNanos = 0;
  #mosi: number[] = [];
  #miso: number[] = [];
  #lastByteNanos = 0;

  selected(nanos: number): void {
    this.#selectNanos = nanos;
    this.#mosi = [];
    this.#miso = [];
  }

  byte(mosi: number, miso: number, endNanos: number): void {
    this.#mosi.push(mosi);
    this.#miso.push(miso);
    this.#lastByteNanos = endNanos;
    this.#byteEnds.push(endNanos);
  }

  deselected(nanos: number): void {
    if (this.#mosi.length === 0) return;
    this.onTransaction?.({
      selectNanos: this.#selectNanos,
      deselectNanos: nanos,
      mosi: this.#mosi,
      miso: this.#miso,
      lastByteNanos: this.#lastByteNanos,
    });
  }

  /** Number of bytes that end after `fromNanos` and at or before `toNanos`. */
  bytesBetween(fromNanos: number, toNanos: number): number {
    return this.#bytesUpTo(toNanos) - this.#bytesUpTo(fromNanos);
  }

  #bytesUpTo(nanos: number): number {
    let low = 0;
    let high = this.#byteEnds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#byteEnds[middle] ?? Infinity) <= nanos) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
