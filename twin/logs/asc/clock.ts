// SPDX-License-Identifier: MIT
/**
 * Times of a Vector ASC log: since the start of the measurement or of the trigger block, or since the line
 * before (`timestamps relative`).
 */
import { nanosOfDecimal } from '../offsets.ts';
import { parseDate } from './date.ts';

const NANOS_PER_MILLI = 1_000_000n;

export class AscClock {
  isRelative = false;
  #startNanos = 0n;
  #lastNanos = 0n;
  #blocks = 0;
  /** Start of a later block, which counts if the times begin again. */
  #nextStart: bigint | undefined;

  /** The line `date`. Returns false if it is not understood. */
  date(text: string): boolean {
    const millis = parseDate(text);
    if (millis !== undefined) this.#startNanos = millis * NANOS_PER_MILLI;
    return millis !== undefined;
  }

  /** The line `Begin Triggerblock`. Returns false if its date is not understood. */
  block(text: string): boolean {
    const millis = text.trim() === '' ? undefined : parseDate(text);
    const start = millis === undefined ? undefined : millis * NANOS_PER_MILLI;
    if (this.#blocks++ > 0) this.#nextStart = start;
    else if (start !== undefined) this.#startNanos = start;
    return millis !== undefined || text.trim() === '';
  }

  /** The time of a line. Every line with a time must be asked for, in order. */
  nanosOf(seconds: string, fraction: string): bigint {
    const written = nanosOfDecimal(seconds, fraction, 9);
    if (this.isRelative) {
      this.#lastNanos += written;
    } else {
      if (this.#nextStart !== undefined && written < this.#lastNanos) {
        this.#startNanos = this.#nextStart;
      }
      this.#nextStart = undefined;
      this.#lastNanos = written;
    }
    return this.#startNanos + this.#lastNanos;
  }
}
