// SPDX-License-Identifier: MIT
/**
 * Times of formats that write them from a start on: the start is that of the first record, in milliseconds,
 * and no offset is negative.
 */
import { countUp } from './record.ts';

const NANOS_PER_MICRO = 1_000n;
const NANOS_PER_MILLI = 1_000_000n;

export class Offsets {
  readonly #losses: Map<string, number>;
  /** Undefined before the first record. */
  #startMillis: bigint | undefined;

  constructor(losses: Map<string, number>) {
    this.#losses = losses;
  }

  /** Since the Unix epoch. 0 if there is no record. */
  get startMillis(): bigint {
    return this.#startMillis ?? 0n;
  }

  /** Microseconds since the start. Counts what is cut off. */
  microsOf(nanos: bigint): bigint {
    this.#startMillis ??= nanos / NANOS_PER_MILLI;
    if (nanos % NANOS_PER_MICRO !== 0n) countUp(this.#losses, 'the nanoseconds of a time');
    const micros = (nanos - this.#startMillis * NANOS_PER_MILLI) / NANOS_PER_MICRO;
    if (micros >= 0n) return micros;
    countUp(this.#losses, 'a time before that of the first frame');
    return 0n;
  }
}

/** `12.345678`, with so many digits behind the point of a number of units of 10^-digits. */
export function fixed(units: bigint, digits: number): string {
  const text = units.toString().padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** Nanoseconds of a decimal number of units of 10^exponent nanoseconds. Digits below 1 ns are cut. */
export function nanosOfDecimal(whole: string, fraction: string, exponent: number): bigint {
  return BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
}
