// SPDX-License-Identifier: MIT
/**
 * A socket of lines: what comes is handed on line by line, and a reader can wait for more of it.
 */
import type { Socket } from 'node:net';

export class LineSocket {
  /** Lines that nobody took yet. */
  readonly lines: string[] = [];
  readonly #socket: Socket;
  #unfinished = '';
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => {
      const parts = (this.#unfinished + text).split('\n');
      this.#unfinished = parts.pop() ?? '';
      for (const part of parts) this.lines.push(part.endsWith('\r') ? part.slice(0, -1) : part);
      this.#wake?.();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake?.();
    });
    socket.on('error', () => undefined);
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Waits until there are at least `count` lines, and takes them. Throws when the other side is gone. */
  async take(count: number): Promise<string[]> {
    while (this.lines.length < count) {
      if (this.#isClosed) throw new Error('the other side of the socket is gone');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.lines.splice(0, count);
  }

  end(): void {
    this.#socket.destroy();
  }
}
