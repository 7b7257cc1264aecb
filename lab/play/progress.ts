// SPDX-License-Identifier: MIT
/**
 * Reports the progress of a run: one line that renews itself on a terminal, every tenth otherwise.
 */
import { counted } from '../../cell-config/plural.ts';
import type { Progress } from './phases.ts';

/** Frames between two updates on a terminal. */
const TERMINAL_STEP = 2_000;

export class ProgressPrinter {
  readonly #stream: NodeJS.WriteStream;
  #next = 0;
  #isLineOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  update({ played, total, seconds }: Progress): void {
    // Prints nothing before the first step, and nothing twice.
    if (this.#next === 0) this.#next = this.#stream.isTTY ? 1 : total / 10;
    if (total === 0 || played < this.#next) return;
    const percent = Math.floor((played / total) * 100);
    const text = `${played} of ${counted(total, 'frame')} (${percent} %), ${seconds.toFixed(2)} s of bus time`;
    if (this.#stream.isTTY) {
      this.#next = played >= total ? Infinity : played + TERMINAL_STEP;
      this.#stream.write(`\r${text}`);
      this.#isLineOpen = true;
    } else {
      // The first tenth that has not been reached. After the last frame there is none.
      this.#next =
        played >= total ? Infinity : (Math.floor((played / total) * 10) + 1) * (total / 10);
      this.#stream.write(`${text}\n`);
    }
  }

  /** Ends the line, so that something else can be printed. */
  finish(): void {
    if (this.#isLineOpen) this.#stream.write('\n');
    this.#isLineOpen = false;
  }
}
