// SPDX-License-Identifier: MIT
/**
 * The limit on a rule's answers: the generic cell rate algorithm (ITU-T I.371, annex A) on given times.
 *
 * Does not: read a clock.
 */
import type { RateLimit } from '../model.ts';

export class AnswerRate {
  readonly #limit: RateLimit | undefined;
  /** When the next answer is due by the mean interval. */
  #dueMicros = -Infinity;

  /** `before`: the limit that this one replaces. What is due stays. */
  constructor(limit: RateLimit | undefined, before?: AnswerRate) {
    this.#limit = limit;
    if (before !== undefined) this.#dueMicros = before.#dueMicros;
  }

  /** Whether an answer may be sent now. If so, it is charged. */
  take(nowMicros: number): boolean {
    if (this.#limit === undefined) return true;
    const { intervalMicros, burst } = this.#limit;
    if (nowMicros < this.#dueMicros - (burst - 1) * intervalMicros) return false;
    this.#dueMicros = Math.max(this.#dueMicros, nowMicros) + intervalMicros;
    return true;
  }
}
