// SPDX-License-Identifier: MIT
/**
 * Keeps a line on the console during a whole measurement, at the speed of the UART.
 *
 * With `console=on` the cell prints a line about every refused request. Requests of an unknown kind
 * come faster than these lines go out, so characters are always waiting. The used share of the
 * UART's time proves it.
 * Does not: stop. The load of each board ends with its clock.
 */
import { CHARACTER_NANOS } from '../../twin/machine/uart-8250.ts';
import { type Request, RequestWriter, ruleTableRequest } from '../page/requests.ts';
import type { Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';

/** A kind that docs/status-page.md does not name. */
const UNKNOWN_REQUEST: Request = { ...ruleTableRequest(new Uint8Array(8)), kind: 0x7f };
/** The line has 72 characters, and the cell puts out one in 100 us: 7.2 ms (docs/settings.md). */
const REQUEST_SPACING_NANOS = 7_000_000;
/** Time from the first request until its line goes out. */
const LEAD_NANOS = 10_000_000;
/** A line feed becomes two characters on the wire (Jailhouse `hypervisor/uart.c`). */
const LINE_END_CHARACTERS = 2;

/** The console loads of all boards of a measurement. */
export class ConsoleLoad {
  /** Added to the settings of the cell. */
  readonly settings = 'console=on';
  #board: Board | undefined;
  #startNanos = 0;
  #startCharacters = 0;
  #leastPercent = Infinity;

  /**
   * Starts on a board that is up. Returns when a line is going out. The previous board must have
   * ended.
   */
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

  /**
   * Least share, over all boards, of the UART's capacity that was used during the measurement, in
   * percent.
   */
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
