// SPDX-License-Identifier: MIT
/**
 * The last instructions on the SPI lines with the time of each byte, so that the lines can be drawn as an
 * oscilloscope shows them.
 *
 * Does not: draw (page/lines-view.ts), or keep more than one screen.
 */
import { instructionText } from '../../lab/rig/spi-names.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import type { LinesLook, LinesTransaction } from '../protocol.ts';
import { Ring } from './ring.ts';

const KEPT_TRANSACTIONS = 32;
const KEPT_EDGES = 64;
/** On one screen. More bytes could not be told apart. */
const SHOWN_BYTES = 26;
/** A longer pause ends the group of instructions that is shown. */
const PAUSE_NANOS = 60_000;
const MARGIN_NANOS = 1_000;

interface Open {
  readonly selectNanos: number;
  readonly bytes: LinesTransaction['bytes'][number][];
}

export class SpiLines implements SpiTap {
  readonly #transactions = new Ring<LinesTransaction>(KEPT_TRANSACTIONS);
  readonly #edges = new Ring<{ low: boolean; nanos: number }>(KEPT_EDGES);
  #open: Open | undefined;
  #isNew = false;

  selected(nanos: number): void {
    this.#open = { selectNanos: nanos, bytes: [] };
  }

  byte(mosi: number, miso: number, endNanos: number, byteNanos: number): void {
    this.#open?.bytes.push({ mosi, miso, fromNanos: endNanos - byteNanos, toNanos: endNanos });
  }

  deselected(nanos: number): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.bytes.length === 0) return;
    const text = instructionText({
      mosi: open.bytes.map(({ mosi }) => mosi),
      miso: open.bytes.map(({ miso }) => miso),
    });
    this.#transactions.push({ ...open, deselectNanos: nanos, text });
    this.#isNew = true;
  }

  interrupt(low: boolean, nanos: number): void {
    this.#edges.push({ low, nanos });
  }

  /** The last group of instructions that fits one screen. Undefined: nothing new since the last call. */
  take(): LinesLook | undefined {
    if (!this.#isNew) return undefined;
    this.#isNew = false;
    const all = this.#transactions.toArray();
    let first = all.length - 1;
    let bytes = all[first].bytes.length;
    while (first > 0) {
      const before = all[first - 1];
      bytes += before.bytes.length;
      if (bytes > SHOWN_BYTES || all[first].selectNanos - before.deselectNanos > PAUSE_NANOS) break;
      first -= 1;
    }
    const transactions = all.slice(first);
    const fromNanos = transactions[0].selectNanos - MARGIN_NANOS;
    const toNanos = (transactions.at(-1)?.deselectNanos ?? fromNanos) + MARGIN_NANOS;
    const edges = this.#edges.toArray();
    return {
      ...{ fromNanos, toNanos, transactions },
      isLowAtStart: edges.findLast(({ nanos }) => nanos <= fromNanos)?.low ?? false,
      edges: edges.filter(({ nanos }) => nanos > fromNanos && nanos < toNanos),
    };
  }
}
