// SPDX-License-Identifier: MIT
/**
 * How far a long run is: one line that is drawn again on a terminal, else a line for each tenth, so that a log
 * shows that something goes on.
 */
const REDRAW_MILLIS = 500;
const TENTHS = 10;

export interface ProgressOptions {
  /** What is counted, such as "frames". */
  readonly unit: string;
  readonly stream?: NodeJS.WriteStream;
  readonly nowMillis?: () => number;
}

export class Progress {
  readonly #unit: string;
  readonly #stream: NodeJS.WriteStream;
  readonly #nowMillis: () => number;
  readonly #startMillis: number;
  #drawnMillis = 0;
  #tenth = 0;

  constructor({ unit, stream = process.stderr, nowMillis = Date.now }: ProgressOptions) {
    this.#unit = unit;
    this.#stream = stream;
    this.#nowMillis = nowMillis;
    this.#startMillis = nowMillis();
  }

  update(done: number, total: number): void {
    if (total <= 0) return;
    if (this.#stream.isTTY) this.#redraw(done, total);
    else this.#sayTenth(done, total);
  }

  /** Takes the line away, if there is one. */
  finish(): void {
    if (this.#drawnMillis > 0) this.#stream.write('\r\x1b[K');
    this.#drawnMillis = 0;
  }

  #redraw(done: number, total: number): void {
    const nowMillis = this.#nowMillis();
    if (this.#drawnMillis > 0 && nowMillis - this.#drawnMillis < REDRAW_MILLIS) return;
    this.#drawnMillis = nowMillis;
    this.#stream.write(`\r  ${this.#words(done, total)}\x1b[K`);
  }

  #sayTenth(done: number, total: number): void {
    const tenth = Math.floor((TENTHS * done) / total);
    if (tenth <= this.#tenth) return;
    this.#tenth = tenth;
    this.#stream.write(`  ${this.#words(done, total)}\n`);
  }

  #words(done: number, total: number): string {
    const passed = (this.#nowMillis() - this.#startMillis) / 1000;
    const left = passed * (total / Math.max(done, 1) - 1);
    return `${done} of ${total} ${this.#unit}, ${passed.toFixed(0)} s, ${left.toFixed(0)} s left`;
  }
}
