// SPDX-License-Identifier: MIT
/**
 * Reports the progress of long work: one line that renews itself on a terminal, every tenth otherwise.
 */

/** Updates of the line on a terminal, from begin to end. */
const TERMINAL_STEPS = 500;
const OTHER_STEPS = 10;

export class ProgressPrinter {
  readonly #stream: NodeJS.WriteStream;
  /** The next update is at this share of the work. The first comes with the first step. */
  #next = 0;
  #isLineOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    if (!stream.isTTY) this.#next = 1 / OTHER_STEPS;
  }

  /** So much of `total` is done, which `text` says in words, such as `20 of 50 frames`. */
  update(done: number, total: number, text: (percent: string) => string): void {
    const share = done / total;
    if (done === 0 || total === 0 || share < this.#next) return;
    const steps = this.#stream.isTTY ? TERMINAL_STEPS : OTHER_STEPS;
    // The first step that has not been reached. At the end there is none.
    this.#next = done >= total ? Infinity : (Math.floor(share * steps) + 1) / steps;
    const line = text(`${Math.floor(share * 100)} %`);
    this.#stream.write(this.#stream.isTTY ? `\r${line}` : `${line}\n`);
    this.#isLineOpen = this.#stream.isTTY;
  }

  /** Ends the line, so that something else can be printed. */
  finish(): void {
    if (this.#isLineOpen) this.#stream.write('\n');
    this.#isLineOpen = false;
  }
}
