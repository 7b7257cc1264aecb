// SPDX-License-Identifier: MIT
/**
 * INT, CS, SCK, MOSI and MISO of the last instructions, drawn as an oscilloscope shows them, and as a table.
 *
 * SPI mode 0,0: data is stable before SCK rises; the ninth clock time of a byte is idle (BCM2711, SPI0).
 * Does not: choose what is shown (board/spi-lines.ts).
 */
import { escapeText } from '../../lab/report/timeline-svg.ts';
import type { LinesLook } from '../protocol.ts';
import { micros, row, tableBelow } from './elements.ts';

const CLOCKS_PER_BYTE = 9;
const DATA_BITS = 8;
const LEFT = 48;
const LANE_HEIGHT = 30;
const SWING = 18;
const TEXT_HEIGHT = 18;
/** Narrower than this it is scrolled. */
const LEAST_WIDTH = 640;
const NAMES = ['INT', 'CS', 'SCK', 'MOSI', 'MISO'] as const;

/** A level from `nanos` on. */
export interface Level {
  readonly nanos: number;
  readonly high: boolean;
}

/** The levels of the five lines, in the order of `lineNames`, each from the look's beginning on. */
export function levelsOf(look: LinesLook): Level[][] {
  const at = look.fromNanos;
  const interrupt: Level[] = [{ nanos: at, high: !look.isLowAtStart }];
  for (const { low, nanos } of look.edges) interrupt.push({ nanos, high: !low });
  const select: Level[] = [{ nanos: at, high: true }];
  const clock: Level[] = [{ nanos: at, high: false }];
  const toChip: Level[] = [{ nanos: at, high: false }];
  const fromChip: Level[] = [{ nanos: at, high: true }];
  for (const { selectNanos, deselectNanos, bytes } of look.transactions) {
    select.push({ nanos: selectNanos, high: false }, { nanos: deselectNanos, high: true });
    for (const { mosi, miso, fromNanos, toNanos } of bytes) {
      const period = (toNanos - fromNanos) / CLOCKS_PER_BYTE;
      for (let bit = 0; bit < DATA_BITS; bit += 1) {
        const nanos = fromNanos + bit * period;
        const mask = 0x80 >> bit;
        toChip.push({ nanos, high: (mosi & mask) !== 0 });
        fromChip.push({ nanos, high: (miso & mask) !== 0 });
        clock.push(
          { nanos: nanos + period / 2, high: true },
          { nanos: nanos + period, high: false },
        );
      }
    }
    // Nobody drives MISO between two instructions.
    fromChip.push({ nanos: deselectNanos, high: true });
  }
  return [interrupt, select, clock, toChip, fromChip];
}

/** The picture. Its classes leave the colours to the page. */
export function linesSvg(look: LinesLook, width: number): string {
  const scale = (width - LEFT - 4) / Math.max(1, look.toNanos - look.fromNanos);
  const place = (nanos: number): string => (LEFT + (nanos - look.fromNanos) * scale).toFixed(1);
  const height = TEXT_HEIGHT + NAMES.length * LANE_HEIGHT;
  const lanes = levelsOf(look).map((levels, index) => {
    const low = TEXT_HEIGHT + index * LANE_HEIGHT + SWING + 4;
    const heightOf = (high: boolean): number => (high ? low - SWING : low);
    const path = levels.map(({ nanos, high }, number) =>
      number === 0 ? `M${place(nanos)} ${heightOf(high)}` : `H${place(nanos)}V${heightOf(high)}`,
    );
    return (
      `<text class="label" x="0" y="${low - 4}">${NAMES[index]}</text>` +
      `<path class="wave" d="${path.join('')}H${place(look.toNanos)}"/>`
    );
  });
  const texts = look.transactions.map(({ selectNanos, text }) => {
    const name = text.split(/[ ,:]/, 2).join(' ');
    return `<text class="label" x="${place(selectNanos)}" y="12">${escapeText(name)}</text>`;
  });
  return [
    `<svg class="lines" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">`,
    '<title>INT, CS, SCK, MOSI and MISO of the last instructions; the table has them in words</title>',
    ...lanes,
    ...texts,
    '</svg>',
  ].join('\n');
}

const hexadecimal = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

export class LinesView {
  readonly #picture: HTMLElement;
  readonly #rows: HTMLTableSectionElement;

  constructor(picture: HTMLElement) {
    this.#picture = picture;
    const heads = ['ms', 'for (µs)', 'MOSI', 'MISO', 'instruction'];
    this.#rows = tableBelow(picture, 'Instructions', heads);
  }

  show(look: LinesLook): void {
    const width = Math.max(LEAST_WIDTH, this.#picture.clientWidth - 8);
    this.#picture.innerHTML = linesSvg(look, width);
    this.#rows.replaceChildren(
      ...look.transactions.map(({ selectNanos, deselectNanos, bytes, text }) =>
        row([
          (selectNanos / 1e6).toFixed(4),
          micros(deselectNanos - selectNanos),
          hexadecimal(bytes.map(({ mosi }) => mosi)),
          hexadecimal(bytes.map(({ miso }) => miso)),
          text,
        ]),
      ),
    );
  }
}
