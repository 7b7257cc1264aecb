// SPDX-License-Identifier: MIT
/**
 * Collects the output of hypervisor and cell as lines with their virtual times. Pass `onLine` to see lines at
 * once.
 */

/** Source of a line: the cell by hypercall or UART, or the hypervisor. */
export type ConsoleSource = 'cell' | 'hypervisor';

export interface ConsoleLine {
  readonly nanos: number;
  readonly source: ConsoleSource;
  readonly text: string;
}

export class ConsoleLog {
  readonly #lines: ConsoleLine[] = [];
  readonly #now: () => number;
  readonly #onLine: ((line: ConsoleLine) => void) | undefined;
  #unfinished = '';

  constructor(now: () => number, onLine?: (line: ConsoleLine) => void) {
    this.#now = now;
    this.#onLine = onLine;
  }

  /** One character of the cell. Carriage returns are dropped. A newline ends a line. */
  putCharacter(code: number): void {
    const character = String.fromCharCode(code & 0xff);
    if (character === '\r') return;
    if (character !== '\n') {
      this.#unfinished += character;
      return;
    }
    this.#add('cell', this.#unfinished);
    this.#unfinished = '';
  }

  /** A whole line of the hypervisor. */
  hypervisorLine(text: string): void {
    this.#add('hypervisor', text);
  }

  /** Finished lines in order, then the cell's unfinished one if it has any text. */
  get lines(): readonly ConsoleLine[] {
    if (this.#unfinished === '') return this.#lines;
    return [...this.#lines, { nanos: this.#now(), source: 'cell', text: this.#unfinished }];
  }

  /** The texts of the cell's lines. */
  get cellText(): readonly string[] {
    return this.lines.filter(({ source }) => source === 'cell').map(({ text }) => text);
  }

  #add(source: ConsoleSource, text: string): void {
    const line = { nanos: this.#now(), source, text };
    this.#lines.push(line);
    this.#onLine?.(line);
  }
}
