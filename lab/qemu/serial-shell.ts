// SPDX-License-Identifier: MIT
/**
 * A shell at the other end of a serial line: types a command, shows what comes back, and waits for its end.
 */
import type { Socket } from 'node:net';

/** How long a line can be before the terminal driver of the guest cuts it, with room (termios(3): 4096). */
const LINE_MOST = 4000;
/** After this line the kernel says no more. */
const PANIC = /---\[ end Kernel panic[^\n]*\n/;
const SHOWN_BYTES = 3000;

export class SerialShell {
  readonly #socket: Socket;
  readonly #onText: (text: string) => void;
  #text = '';
  #commands = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, onText: (text: string) => void = () => undefined) {
    this.#socket = socket;
    this.#onText = onText;
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      const plain = chunk.replaceAll('\r', '');
      this.#text += plain;
      this.#onText(plain);
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
    socket.on('error', () => undefined);
  }

  /** All that came since the last command was typed. */
  get text(): string {
    return this.#text;
  }

  /** Types a line, and waits for nothing. */
  type(line: string): void {
    if (line.length > LINE_MOST) throw new Error(`a line of ${line.length} characters`);
    this.#text = '';
    this.#socket.write(`${line}\n`);
  }

  /** Runs a command line. Returns its exit status and what it printed. */
  async run(command: string, limitSeconds: number): Promise<{ status: number; output: string }> {
    const number = ++this.#commands;
    // The shell joins the marker's parts, so that its echo is not taken for the marker.
    this.type(`${command}\necho "@@""${number}@@ $?"`);
    const end = new RegExp(`@@${number}@@ (\\d+)\\n`);
    const either = new RegExp(`${end.source}|${PANIC.source}`);
    const text = await this.waitFor(either, limitSeconds);
    const found = end.exec(text);
    if (found === null) {
      throw new Error(`"${command}" ended in a panic:\n${text.slice(-SHOWN_BYTES)}`);
    }
    return { status: Number(found?.[1]), output: text.slice(0, found?.index) };
  }

  /** Waits until something came. Throws with the end of what came instead. */
  async waitFor(what: RegExp, limitSeconds: number): Promise<string> {
    const endMillis = performance.now() + limitSeconds * 1000;
    while (!what.test(this.#text)) {
      const restMillis = endMillis - performance.now();
      if (this.#isClosed || restMillis <= 0) {
        const why = this.#isClosed ? 'the line is closed' : `nothing like ${String(what)} came`;
        throw new Error(
          `${why}, after ${limitSeconds} s at most; the end:\n${this.#text.slice(-SHOWN_BYTES)}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMillis);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#text;
  }
}
