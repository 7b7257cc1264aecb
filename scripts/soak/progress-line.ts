/**
 * One line with the progress of a long run, only on a terminal.
 */

/** Shortest time between two drawings of the line. */
const REDRAW_MILLIS = 500;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #startMillis: number;
  #drawnMillis = 0;

  constructor(stream: NodeJS.WriteStream, startMillis: number) {
    this.#stream = stream;
    this.#startMillis = startMillis;
  }

  update(done: number, total: number): void {
    const nowMillis = Date.now();
    if (!this.#stream.isTTY || nowMillis - this.#drawnMillis < REDRAW_MILLIS) return;
    this.#drawnMillis = nowMillis;
    const left = ((nowMillis - this.#startMillis) / 1000) * (total / Math.max(done, 1) - 1);
    const percent = ((100 * done) / total).toFixed(0);
    this.#stream.write(`\r  ${percent} %, ${left.toFixed(0)} s left\x1b[K`);
  }

  finish(): void {
    if (this.#drawnMillis > 0) this.#stream.write('\r\x1b[K');
  }
}
