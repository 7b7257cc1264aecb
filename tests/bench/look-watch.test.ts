// SPDX-License-Identifier: MIT
/**
 * The sum of the longest wait, on looks whose times are on the page.
 *
 * Does not: run a cell; the looks, the lines and the clock are played.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LookWatch } from '../../lab/measure/look-watch.ts';
import { Random } from '../../lab/random/random.ts';
import type { Board } from '../../twin/board/board.ts';

/** GPLEV0, and GPIO 25 in it (BCM2711 peripherals, chapter 5); INT is low when asserted. */
const LEVEL_REGISTER = 0xfe200034;
const QUIET = 1 << 25;
const ASSERTED = 0;
const READ_RX_BUFFER = 0x90;
const RX_STATUS = 0xb0;
const RTS_TXB2 = 0x84;

class Played {
  readonly watch = new LookWatch(new Random(1));
  #level = QUIET;
  readonly #clock = { now: 0 };
  readonly #machine = {
    readDevice: (_address: number, _size: number): number => this.#level,
    onIdle: (): void => {},
  };

  constructor() {
    const board = { machine: this.#machine, clock: this.#clock };
    this.watch.start(board as unknown as Board);
  }

  look(nanos: number, level: number): void {
    this.#clock.now = nanos;
    this.#level = level;
    this.#machine.readDevice(LEVEL_REGISTER, 4);
  }

  transaction(instruction: number, endNanos: number): void {
    this.watch.selected();
    this.watch.byte(instruction);
    this.watch.deselected(endNanos);
  }
}

describe('The watch on looks at INT', () => {
  it('adds the longest gap and the way of the look that begins the service', () => {
    const played = new Played();
    played.look(0, QUIET);
    played.look(1_600, QUIET);
    played.look(1_700, ASSERTED);
    played.transaction(RX_STATUS, 3_700);
    played.transaction(RTS_TXB2, 4_900);
    assert.equal(played.watch.longestGapNanos, 1_600);
    assert.equal(played.watch.worstCaseNanos, 1_600 + 3_200);
  });

  it('does not add a gap to the way of a look that began nothing: work that gave way before its first byte', () => {
    const played = new Played();
    played.look(0, QUIET);
    played.look(1_600, QUIET);
    // The work sees INT and does not begin; 310 ns later the service does.
    played.look(1_700, ASSERTED);
    played.look(2_010, ASSERTED);
    played.transaction(RX_STATUS, 4_010);
    played.transaction(RTS_TXB2, 5_210);
    assert.equal(played.watch.worstCaseNanos, 1_600 + 3_200);
  });

  it('does not take the end of a service that began before the watch for work that is broken off', () => {
    const played = new Played();
    played.watch.selected();
    played.watch.byte(READ_RX_BUFFER);
    played.look(5_700, ASSERTED);
    played.watch.deselected(8_700);
    played.look(9_000, QUIET);
    played.look(9_600, QUIET);
    played.look(9_700, ASSERTED);
    played.transaction(RTS_TXB2, 10_900);
    assert.equal(played.watch.worstCaseNanos, 600 + 1_200);
  });

  it('counts that way with the gap before such a look, where this is the longer sum', () => {
    const played = new Played();
    played.look(0, QUIET);
    played.look(100, QUIET);
    played.look(1_100, ASSERTED);
    played.look(1_500, ASSERTED);
    played.transaction(RTS_TXB2, 2_500);
    assert.equal(played.watch.worstCaseNanos, 1_000 + 400 + 1_000);
  });
});
