// SPDX-License-Identifier: MIT
/**
 * Shows a run while it runs: a screen that renews itself on a terminal, and plain screens elsewhere. `q` ends
 * the run.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { Board } from '../../twin/board/board.ts';
import { readStatusPage } from '../page/status-page.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { type Sample, screenOf } from './screen.ts';

const TERMINAL_MILLIS = 250;
/** Without a terminal: one screen for each second of board time. */
const PLAIN_NANOS = 1_000_000_000;
const INTERMISSION_BITS = 3;

/** The user has ended the run. */
export class WatchEnded extends Error {}

/** The terminal as the watcher needs it. A test fakes it. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Of the terminal, now. Undefined: nobody knows. */
  size(): readonly [columns: number, rows: number] | undefined;
  write(text: string): void;
  /** Keys that were pressed since the last call. */
  keys(): string;
  close(): void;
}

export class Watcher {
  readonly #screen: Screen;
  readonly #ruleNames: readonly string[];
  readonly #now: () => number;
  #before: Sample | undefined;
  #shownMillis = -Infinity;
  #counted = 0;
  #busyNanos = 0;
  #isFirst = true;

  constructor(screen: Screen, ruleNames: readonly string[], now = () => performance.now()) {
    this.#screen = screen;
    this.#ruleNames = ruleNames;
    this.#now = now;
  }

  /** After a slice of the run. `wire`: all frames so far. Throws WatchEnded when q was pressed. */
  look(board: Board, wire: readonly WireRecord[]): void {
    if (this.#screen.keys().toLowerCase().includes('q')) throw new WatchEnded();
    if (!this.#isDue(board)) return;
    const page = board.control && readStatusPage(board.control.status);
    if (page === undefined) return;
    for (; this.#counted < wire.length; this.#counted += 1) {
      const { startNanos, endNanos } = wire[this.#counted];
      this.#busyNanos += endNanos - startNanos + INTERMISSION_BITS * board.bus.bitNanos;
    }
    const sample: Sample = {
      ...{ nanos: board.clock.now, page, busyNanos: this.#busyNanos, frames: wire.length },
    };
    this.#show(screenOf(this.#ruleNames, sample, this.#before));
    this.#before = sample;
    this.#shownMillis = this.#now();
  }

  /** Gives the terminal back. The last screen stays. */
  close(): void {
    this.#screen.close();
  }

  #isDue({ clock }: Board): boolean {
    if (this.#screen.isTerminal) return this.#now() - this.#shownMillis >= TERMINAL_MILLIS;
    return clock.now - (this.#before?.nanos ?? -Infinity) >= PLAIN_NANOS;
  }

  #show(lines: readonly string[]): void {
    if (!this.#screen.isTerminal) return this.#screen.write(`${lines.join('\n')}\n\n`);
    const clear = this.#isFirst ? '\x1b[2J' : '';
    this.#isFirst = false;
    // A line that wraps, or one below the last, would push the screen up.
    const [columns, rows] = this.#screen.size() ?? [Infinity, Infinity];
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((text) => text.slice(0, columns));
    // Before the text: behind a line that is full, the last letter would go.
    this.#screen.write(`${clear}\x1b[H${shown.map((text) => `\x1b[K${text}\n`).join('')}\x1b[J`);
  }
}

/** The process' own terminal. The run does not wait, so keys are asked for in between. */
export function openScreen(): Screen {
  const isTerminal = process.stdout.isTTY && process.stdin.isTTY;
  const descriptor = isTerminal
    ? openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK)
    : undefined;
  if (isTerminal) process.stdin.setRawMode(true);
  const bytes = Buffer.alloc(16);
  return {
    isTerminal,
    size: () => {
      // The run does not wait, so no signal tells of a new size: Node is asked to look itself, where it can.
      (process.stdout as { _refreshSize?: () => void })._refreshSize?.();
      const [columns, rows] = process.stdout.getWindowSize();
      return columns > 0 && rows > 0 ? [columns, rows] : undefined;
    },
    write: (text) => void process.stdout.write(text),
    keys: () => {
      if (descriptor === undefined) return '';
      try {
        // Ctrl+C is a key like any other now.
        const text = bytes.toString('latin1', 0, readSync(descriptor, bytes));
        return text.replace('\x03', 'q');
      } catch {
        return '';
      }
    },
    close: () => {
      if (descriptor === undefined) return;
      closeSync(descriptor);
      process.stdin.setRawMode(false);
    },
  };
}
