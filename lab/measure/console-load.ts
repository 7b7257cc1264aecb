// SPDX-License-Identifier: MIT
/**
 * A line that goes out on the console all the time of a measurement, at the speed of the UART.
 *
 * Requests of a kind that no cell knows come faster than the line about each goes out, so that characters
 * always wait: with `console=on` the cell tells every refusal there. The share of the UART's time that was
 * used says that it was so.
 * Does not: stop; each board's load ends with its clock.
 */
import { CHARACTER_NANOS } from '../../twin/machine/uart-8250.ts';
import { type Request, RequestWriter, ruleTableRequest } from '../page/requests.ts';
import type { Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';

/** No kind that docs/status-page.md names. */
const UNKNOWN_REQUEST: Request = { ...ruleTableRequest(new Uint8Array(8)), kind: 0x7f };
/** The line has 72 characters, and the cell puts out one in 100 us: 7.2 ms (docs/settings.md). */
const REQUEST_SPACING_NANOS = 7_000_000;
/** What the cell does with the first request until its line goes out. */
const LEAD_NANOS = 10_000_000;
/** A line feed is two characters on the line (Jailhouse `hypervisor/uart.c`). */
const LINE_END_CHARACTERS = 2;

/** The console loads of all boards of a measurement. */
export class ConsoleLoad {
  /** Added to the settings of the cell. */
  readonly settings = 'console=on';
  #board: Board | undefined;
  #startNanos = 0;
  #startCharacters = 0;
  #leastPercent = Infinity;

  /** Begins on a board that is up; returns when a line is going out. The board before has ended. */
  start(board: Board): void {
    this.#finish();
    const { control, clock } = board;
    if (control === undefined) throw new Error('no control device: the cell cannot be asked');
    const writer = new RequestWriter(control.requests);
    const ask = (nanos: number): void => {
      writer.write(UNKNOWN_REQUEST);
      clock.schedule(nanos + REQUEST_SPACING_NANOS, ask);
    };
    ask(clock.now);
    runUntil(board, clock.now + LEAD_NANOS);
    this.#board = board;
    this.#startNanos = clock.now;
    this.#startCharacters = charactersOf(board);
  }

  /** Characters that went out on a board while it was measured, of those the UART carries; the least. */
  get leastPercent(): number {
    this.#finish();
    return this.#leastPercent;
  }

  #finish(): void {
    const board = this.#board;
    if (board === undefined) return;
    this.#board = undefined;
    const wireNanos = (charactersOf(board) - this.#startCharacters) * CHARACTER_NANOS;
    const percent = (100 * wireNanos) / (board.clock.now - this.#startNanos);
    this.#leastPercent = Math.min(this.#leastPercent, percent);
  }
}

/** Characters of the cell's lines on the wire. */
function charactersOf({ console }: Board): number {
  return console.cellText.reduce((sum, text) => sum + text.length + LINE_END_CHARACTERS, 0);
}
