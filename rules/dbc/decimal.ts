// SPDX-License-Identifier: MIT
/**
 * Exact decimal numbers, as a DBC file writes factors and limits: 0.1 is one tenth.
 */

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** The range of a double; what is beyond is a slip. It bounds the work, too. */
const EXPONENT_MAXIMUM = 310;
const LENGTH_MAXIMUM = 64;

/** Direction of a division that leaves a rest. `nearest`: a half goes away from zero. */
export type Rounding = 'nearest' | 'up' | 'down';

/** `mantissa` / 10^`scale`. The scale is 0 or more, and as small as it can be. */
export class Decimal {
  static readonly ZERO = new Decimal(0n, 0);
  readonly mantissa: bigint;
  readonly scale: number;

  private constructor(mantissa: bigint, scale: number) {
    this.mantissa = mantissa;
    this.scale = scale;
  }

  /** Undefined if the text is no number, or longer or farther from 1 than any that is meant. */
  static parse(text: string): Decimal | undefined {
    if (text.length > LENGTH_MAXIMUM) return undefined;
    const [, sign, whole = '', fraction = '', exponentText = '0'] = FORM.exec(text) ?? [];
    if (sign === undefined || whole + fraction === '') return undefined;
    const exponent = Number(exponentText);
    if (Math.abs(exponent) > EXPONENT_MAXIMUM) return undefined;
    const digits = BigInt(whole + fraction);
    return Decimal.#normal(sign === '-' ? -digits : digits, fraction.length - exponent);
  }

  static whole(value: bigint): Decimal {
    return value === 0n ? Decimal.ZERO : new Decimal(value, 0);
  }

  get isZero(): boolean {
    return this.mantissa === 0n;
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale);
    return Decimal.#normal(this.#at(scale) + other.#at(scale), scale);
  }

  minus(other: Decimal): Decimal {
    return this.plus(new Decimal(-other.mantissa, other.scale));
  }

  times(other: Decimal): Decimal {
    return Decimal.#normal(this.mantissa * other.mantissa, this.scale + other.scale);
  }

  /** Negative, 0 or positive: less than, equal to, or above `other`. */
  compare(other: Decimal): number {
    const { mantissa } = this.minus(other);
    return mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0;
  }

  /** The whole quotient. `divisor` is not 0. */
  dividedBy(divisor: Decimal, rounding: Rounding): bigint {
    const scale = Math.max(this.scale, divisor.scale);
    const sign = divisor.mantissa < 0n ? -1n : 1n;
    const dividend = this.#at(scale) * sign;
    const by = divisor.#at(scale) * sign;
    const toZero = dividend / by;
    const rest = dividend % by;
    if (rest === 0n) return toZero;
    const isNegative = rest < 0n;
    const away = isNegative ? -1n : 1n;
    if (rounding === 'nearest') return rest * away * 2n >= by ? toZero + away : toZero;
    return (rounding === 'down') === isNegative ? toZero + away : toZero;
  }

  /** All digits, without exponent: `-12.5`. */
  toString(): string {
    const sign = this.mantissa < 0n ? '-' : '';
    const digits = String(this.mantissa < 0n ? -this.mantissa : this.mantissa);
    if (this.scale === 0) return sign + digits;
    const padded = digits.padStart(this.scale + 1, '0');
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`;
  }

  #at(scale: number): bigint {
    return this.mantissa * 10n ** BigInt(scale - this.scale);
  }

  static #normal(mantissa: bigint, scale: number): Decimal {
    if (mantissa === 0n) return Decimal.ZERO;
    if (scale <= 0) return new Decimal(mantissa * 10n ** BigInt(-scale), 0);
    let [digits, places] = [mantissa, scale];
    for (; places > 0 && digits % 10n === 0n; places--) digits /= 10n;
    return new Decimal(digits, places);
  }
}
