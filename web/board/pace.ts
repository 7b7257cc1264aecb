// SPDX-License-Identifier: MIT
/**
 * Holds the board's time back to the wall clock, or to a part of it, and says what part it reached.
 *
 * A board that is too slow for its pace does not catch up later: what it missed is dropped.
 */
import type { Simulation } from './simulation.ts';

/** Longest work without looking at messages. */
const WORK_MILLIS = 30;
/** Longest time that the board may be behind. */
const DEBT_MILLIS = 60;
const SLICE_NANOS = 500_000;
/** Over this time the reached pace is taken. */
const WINDOW_MILLIS = 1_000;

export class Pace {
  /** Board time for each second. 0: it stands still. */
  factor = 1;
  #lastMillis = performance.now();
  #debtNanos = 0;
  #windowMillis = performance.now();
  #windowNanos = 0;
  #reached: number | undefined;

  /** The pace that was reached lately. Undefined: it runs too short a time for that. */
  get reached(): number | undefined {
    return this.factor === 0 ? 0 : this.#reached;
  }

  set(factor: number): void {
    this.factor = factor;
    this.#debtNanos = 0;
    this.#lastMillis = performance.now();
    this.#windowMillis = this.#lastMillis;
    this.#windowNanos = 0;
    this.#reached = undefined;
  }

  /** Runs what is due. Returns whether the board is behind. */
  run(board: Simulation): boolean {
    const startMillis = performance.now();
    const passedMillis = startMillis - this.#lastMillis;
    this.#lastMillis = startMillis;
    const mostNanos = DEBT_MILLIS * 1e6 * this.factor;
    this.#debtNanos = Math.min(this.#debtNanos + passedMillis * 1e6 * this.factor, mostNanos);
    const beginNanos = board.rig.now;
    const targetNanos = Math.floor(beginNanos + this.#debtNanos);
    while (board.rig.now < targetNanos && performance.now() - startMillis < WORK_MILLIS) {
      board.runTo(Math.min(board.rig.now + SLICE_NANOS, targetNanos));
    }
    const ranNanos = board.rig.now - beginNanos;
    this.#debtNanos -= ranNanos;
    this.#count(ranNanos);
    return this.#debtNanos > SLICE_NANOS * this.factor;
  }

  #count(ranNanos: number): void {
    this.#windowNanos += ranNanos;
    const millis = performance.now() - this.#windowMillis;
    if (millis < WINDOW_MILLIS) return;
    this.#reached = this.#windowNanos / 1e6 / millis;
    this.#windowMillis = performance.now();
    this.#windowNanos = 0;
  }
}
