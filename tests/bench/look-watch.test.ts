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
const READ = 0x03;
const READ_RX_BUFFER = 0x90;
const RX_STATUS = 0xb0;
const RTS_TXB2 = 0x84;

type FrameListener = (record: { endNanos: number; frame: { identifier: number } }) => void;

class Played {
  readonly watch = new LookWatch(new Random(1));
  #level = QUIET;
  readonly #clock = { now: 0 };
  #onFrame: FrameListener | undefined;
  readonly #machine = {
    readDevice: (_address: number, _size: number): number => this.#level,
    onIdle: (): void => {},
  };

  constructor() {
    const bus = { bitNanos: 1_000, onFrame: (listen: FrameListener) => (this.#onFrame = listen) };
    const board = { machine: this.#machine, clock: this.#clock, bus };
    this.watch.start(board as unknown as Board);
  }

  frameEnds(endNanos: number, identifier: number): void {
    this.#onFrame?.({ endNanos, frame: { identifier } });
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

  it('lets the gap of a look during a byte last until the end of the byte, and the way begin there', () => {
    const played = new Played();
    played.look(0, QUIET);
    played.look(800, QUIET);
    played.watch.selected();
    played.look(1_100, QUIET);
    // INT falls right after; the byte is on the wire from 1,140 to 2,040.
    played.look(1_350, ASSERTED);
    played.watch.byte(READ, 0, 2_040, 900);
    played.watch.deselected(2_150);
    played.look(2_500, ASSERTED);
    played.transaction(RTS_TXB2, 3_700);
    assert.equal(played.watch.worstCaseNanos, 2_040 - 1_100 + (2_500 - 2_040) + 1_200);
    assert.equal(played.watch.betweenNanos, 800 + 1_200);
  });

  it('does not count a read without a look where no request can have come, and does where one can', () => {
    for (const [readEndNanos, gapNanos] of [
      [46_000, 300],
      [48_000, 14_300],
    ] as const) {
      const played = new Played();
      played.frameEnds(0, 0x200);
      played.look(readEndNanos - 14_000, QUIET);
      played.transaction(READ_RX_BUFFER, readEndNanos);
      played.look(readEndNanos + 300, QUIET);
      assert.equal(played.watch.longestGapNanos, gapNanos);
    }
  });

  it('counts a read in which the request itself has come', () => {
    const played = new Played();
    played.look(10_000, QUIET);
    played.frameEnds(12_000, 0x010);
    played.transaction(READ_RX_BUFFER, 24_000);
    played.look(24_300, ASSERTED);
    assert.equal(played.watch.longestGapNanos, 14_300);
  });
});
