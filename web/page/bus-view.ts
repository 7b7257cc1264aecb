// SPDX-License-Identifier: MIT
/** The table of frames on the bus, newest first. */
import type { FrameRow } from '../protocol.ts';
import { micros, row } from './elements.ts';

const SHOWN_ROWS = 150;

export class BusView {
  readonly #body: HTMLTableSectionElement;

  constructor(body: HTMLTableSectionElement) {
    this.#body = body;
  }

  clear(): void {
    this.#body.replaceChildren();
  }

  add(rows: readonly FrameRow[], skipped: number): void {
    const made = rows.map((one) => row(textsOf(one), one.kind));
    if (skipped > 0) made.unshift(row(['', '', `… ${skipped} more frames`, '']));
    this.#body.prepend(...made.reverse());
    while (this.#body.rows.length > SHOWN_ROWS) this.#body.deleteRow(-1);
  }
}

function textsOf({ nanos, sender, text, kind, ruleName, latencyNanos }: FrameRow): string[] {
  const answer =
    kind === 'answer' ? `${micros(latencyNanos)} µs, ${ruleName}` : kind === 'request' ? '…' : '';
  return [(nanos / 1e6).toFixed(3), sender, text, answer];
}
