// SPDX-License-Identifier: MIT
/**
 * The value of a signal: in the data of a frame, as a raw number, as a physical number, by its name.
 *
 * All numbers are exact. A physical value between two raw ones goes to the nearest; a half goes away from
 * zero (of the raw value).
 * Does not: say whether a signal may be used; see database.ts.
 */
import type { Presence, Signal } from './database.ts';
import { Decimal } from './decimal.ts';
import type { Rounding } from './decimal.ts';
import { bytesNeeded, lowBits, piecesOf, rawLimits } from './layout.ts';
import { suggestion } from './names.ts';
import type { ValueRange } from './statements.ts';

/** A value, or one sentence that says why there is none. */
export type Result<Value> =
  | { readonly value: Value; readonly refused?: undefined }
  | { readonly value?: undefined; readonly refused: string };

/** The raw value in the data of a frame. Throws RangeError if the data is too short to hold it. */
export function decodeRaw(signal: Signal, data: Uint8Array): bigint {
  const word = wordOf(signal, data);
  const bits = piecesOf(signal).reduce(
    (sum, { dataBit, signalBit, count }) =>
      sum | (((word >> BigInt(dataBit)) & lowBits(count)) << BigInt(signalBit)),
    0n,
  );
  return signal.signed ? BigInt.asIntN(signal.bitCount, bits) : bits;
}

/**
 * Puts the raw value into the data of a frame and leaves all other bits. Throws RangeError if the data is
 * too short, or the value has more bits than the signal.
 */
export function encodeRaw(signal: Signal, data: Uint8Array, raw: bigint): void {
  const { least, most } = rawLimits(signal);
  if (raw < least || raw > most) {
    throw new RangeError(`raw value ${raw} of ${signal.name}: ${least} to ${most} fit`);
  }
  let word = wordOf(signal, data);
  for (const { dataBit, signalBit, count } of piecesOf(signal)) {
    const [at, bits] = [BigInt(dataBit), (raw >> BigInt(signalBit)) & lowBits(count)];
    word = (word & ~(lowBits(count) << at)) | (bits << at);
  }
  for (let index = 0; index < data.length; index++) {
    data[index] = Number((word >> BigInt(8 * index)) & 0xffn);
  }
}

/** Whether the frame has the signal: every multiplexor on which it depends has a value that selects it. */
export function isPresent({ presence }: Signal, data: Uint8Array): boolean {
  return presence.every(({ multiplexor, ranges }: Presence) => {
    const raw = decodeRaw(multiplexor, data);
    return ranges.some(({ least, most }) => raw >= least && raw <= most);
  });
}

/** The physical value of a raw one. */
export function physicalOf({ factor, offset }: Signal, raw: bigint): Decimal {
  return Decimal.whole(raw).times(factor).plus(offset);
}

/**
 * The raw value nearest to a physical one, which is a number or its decimal digits. Refuses what the bits of
 * the signal cannot hold.
 */
export function rawOf(signal: Signal, physical: number | string): Result<bigint> {
  const wanted = Decimal.parse(String(physical));
  if (wanted === undefined) return { refused: `"${physical}" is no number` };
  const value = divide(signal, wanted, 'nearest');
  const { least, most } = rawLimits(signal);
  if (value >= least && value <= most) return { value };
  return { refused: `${physical} is out of range: ${rangeText(signal)}` };
}

/**
 * The raw values whose physical ones are from `minimum` to `maximum`, cut to those that the signal can have.
 * Refuses a range that is upside down or holds none.
 */
export function rawRangeOf(
  signal: Signal,
  minimum: number | string,
  maximum: number | string,
): Result<ValueRange> {
  const [from, to] = [minimum, maximum].map((text) => Decimal.parse(String(text)));
  if (from === undefined || to === undefined) {
    return { refused: `"${from === undefined ? minimum : maximum}" is no number` };
  }
  if (from.compare(to) > 0)
    return { refused: `the range from ${minimum} to ${maximum} is upside down: swap them` };
  const [low, high] = signal.factor.compare(Decimal.ZERO) > 0 ? [from, to] : [to, from];
  const limits = rawLimits(signal);
  const least = larger(divide(signal, low, 'up'), limits.least);
  const most = -larger(-divide(signal, high, 'down'), -limits.most);
  if (least <= most) return { value: { least, most } };
  return {
    refused: `no value of ${signal.name} is from ${minimum} to ${maximum}: ${rangeText(signal)}`,
  };
}

/** Whether a physical value keeps within the minimum and maximum that the file states, if it states any. */
export function isInStatedRange({ minimum, maximum }: Signal, physical: Decimal): boolean {
  if (minimum.compare(maximum) >= 0) return true;
  return physical.compare(minimum) >= 0 && physical.compare(maximum) <= 0;
}

/** The name of a raw value. */
export function nameOf({ values }: Signal, raw: bigint): string | undefined {
  return values.get(raw);
}

/** The raw value of a name. Refuses a name that is unknown, or stands for two values, or for none. */
export function namedRaw(signal: Signal, name: string): Result<bigint> {
  const raws = [...signal.values].filter(([, each]) => each === name).map(([raw]) => raw);
  if (signal.values.size === 0) {
    return { refused: `${signal.name} has no value table that has "${name}": write a number` };
  }
  if (raws.length === 0) {
    const hint = suggestion(name, [...new Set(signal.values.values())]);
    return { refused: `${signal.name} has no value "${name}"; ${hint}` };
  }
  if (raws.length > 1) {
    const reason = `"${name}" is the name of ${raws.join(' and ')} in ${signal.name}`;
    return { refused: `${reason}; use the number` };
  }
  const [value] = raws;
  const { least, most } = rawLimits(signal);
  if (value >= least && value <= most) return { value };
  const reason = `"${name}" is ${value}, and ${signal.name} can be ${least} to ${most}`;
  return { refused: `${reason}; correct VAL_ in the DBC file` };
}

function divide({ factor, offset }: Signal, physical: Decimal, rounding: Rounding): bigint {
  return physical.minus(offset).dividedBy(factor, rounding);
}

/** The physical values that the bits can hold. */
function rangeText(signal: Signal): string {
  const { least, most } = rawLimits(signal);
  const ends = [physicalOf(signal, least), physicalOf(signal, most)];
  const [low, high] = ends[0].compare(ends[1]) > 0 ? ends.reverse() : ends;
  return `${signal.name} can be ${low.toString()} to ${high.toString()}${signal.unit === '' ? '' : ` ${signal.unit}`}`;
}

/** The data as one number, byte 0 lowest. */
function wordOf(signal: Signal, data: Uint8Array): bigint {
  const needed = bytesNeeded(signal);
  if (data.length < needed) {
    throw new RangeError(`${signal.name} needs ${needed} data bytes, there are ${data.length}`);
  }
  return data.reduce((word, byte, index) => word | (BigInt(byte) << BigInt(8 * index)), 0n);
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
