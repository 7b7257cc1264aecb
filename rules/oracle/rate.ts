// SPDX-License-Identifier: MIT
/**
 * The limit on a rule's answers: the generic cell rate algorithm (ITU-T I.371, annex A) on given times.
 *
 * Does not: read a clock.
 */
import type { RateLimit } from '../model.ts';

const MICROS_PER_SECOND = 1e6;

export class AnswerRate {
  readonly #burst: number;
  /** 0: no limit. */
  readonly #intervalMicros: number;
  /** When the next answer is due by the mean interval. */
  #dueMicros = -Infinity;

  /** `bitrate`: of the bus, in bit/s. `before`: the limit that this one replaces. What is due stays. */
  constructor(limit: RateLimit | undefined, bitrate: number, before?: AnswerRate) {
    this.#burst = limit?.burst ?? 0;
    this.#intervalMicros =
      limit === undefined
        ? 0
        : 'intervalMicros' in limit
          ? limit.intervalMicros
          : (limit.intervalBits * MICROS_PER_SECOND) / bitrate;
    if (before !== undefined) this.#dueMicros = before.#dueMicros;
  }

  /** Whether an answer may be sent now. If so, it is charged. */
  take(nowMicros: number): boolean {
    if (this.#intervalMicros === 0) return true;
    const ahead = (this.#burst - 1) * this.#intervalMicros;
    if (nowMicros < this.#dueMicros - ahead) return false;
    this.#dueMicros = Math.max(this.#dueMicros, nowMicros) + this.#intervalMicros;
    return true;
  }
}
