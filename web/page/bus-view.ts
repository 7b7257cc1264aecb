// SPDX-License-Identifier: MIT
/** The table of frames on the bus, newest first. */
import type { FrameRow } from '../protocol.ts';
import { micros, row } from './elements.ts';

const SHOWN_ROWS = 150;

export class BusView {
  readonly #body: HTMLTableSectionElement;
  readonly #onlyAnswers: HTMLInputElement;

  /** `onlyAnswers`: a full bus takes a request out of sight at once. */
  constructor(body: HTMLTableSectionElement, onlyAnswers: HTMLInputElement) {
    this.#body = body;
    this.#onlyAnswers = onlyAnswers;
    onlyAnswers.onchange = () => {
      if (!onlyAnswers.checked) return;
      for (const shown of this.#body.querySelectorAll('tr:not(.request, .answer)')) shown.remove();
    };
  }

  clear(): void {
    this.#body.replaceChildren();
  }

  add(rows: readonly FrameRow[], skipped: number): void {
    const isOnly = this.#onlyAnswers.checked;
    const wanted = rows.filter(({ kind }) => !isOnly || kind === 'request' || kind === 'answer');
    const made = wanted.map((one) => row(textsOf(one), one.kind));
    if (skipped > 0 && !isOnly) made.unshift(row(['', '', `… ${skipped} more frames`, '']));
    this.#body.prepend(...made.reverse());
    while (this.#body.rows.length > SHOWN_ROWS) this.#body.deleteRow(-1);
  }
}

function textsOf({ nanos, sender, text, kind, ruleName, latencyNanos }: FrameRow): string[] {
  const answer =
    kind === 'answer' ? `${micros(latencyNanos)} µs, ${ruleName}` : kind === 'request' ? '…' : '';
  return [(nanos / 1e6).toFixed(3), sender, text, answer];
}
