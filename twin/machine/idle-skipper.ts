// SPDX-License-Identifier: MIT
/**
 * Skips the polling of an idle guest, by whole polling rounds.
 *
 * The guest sees no difference. A guest that polls every R nanoseconds notices an event at the first multiple
 * of R after it; skipping k whole rounds at once keeps exactly that phase.
 *
 * R is measured: the time between two idle calls with no event in between, and before the time at which the
 * guest wants to go on: a round in which a timer of its own is due holds work. So the first idle call after
 * a skip, after any event, or after such a round returns at once and only starts the measurement.
 */
import type { VirtualClock } from '../clock.ts';

export class IdleSkipper {
  readonly #clock: VirtualClock;
  #lastCallNanos = 0;
  #lastDeadlineNanos = 0;
  #isQuiet = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** The current round is not an empty polling round: an event ran, or the core was in WFI. */
  roundBroken(): void {
    this.#isQuiet = false;
  }

  /** The guest is idle until `deadlineNanos` unless an event changes something. Returns the skipped nanoseconds. */
  idle(deadlineNanos: number): number {
    const clock = this.#clock;
    const round = clock.now - this.#lastCallNanos;
    const target = Math.min(clock.nextEventNanos, deadlineNanos);
    const isEmpty = this.#isQuiet && clock.now < this.#lastDeadlineNanos;
    const canSkip = isEmpty && round > 0 && target > clock.now && target < Infinity;
    const startNanos = clock.now;
    if (canSkip) {
      const rounds = Math.ceil((target - clock.now) / round);
      clock.advanceTo(clock.now + rounds * round);
    }
    this.#isQuiet = !canSkip;
    this.#lastCallNanos = clock.now;
    this.#lastDeadlineNanos = deadlineNanos;
    return clock.now - startNanos;
  }
}
