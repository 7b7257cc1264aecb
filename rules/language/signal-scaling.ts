// SPDX-License-Identifier: MIT
/**
 * Reads `{ from: SIGNAL, scale, offset, min, max }`: the physical value of a signal of the request, scaled, as
 * a signal of the target. What does not fit is the nearest value that does.
 *
 * In whole numbers: target = (raw x multiplier + addend) / divisor, rounded to the nearest. The numbers are
 * exact, and refused if they could exceed 64 bits.
 */
import type { Message, Signal } from '../dbc/database.ts';
import { Decimal } from '../dbc/decimal.ts';
import { rawLimits } from '../dbc/layout.ts';
import type { Step } from '../model.ts';
import { absenceOf, fieldOfSignal } from './dbc-names.ts';
import type { Fields } from './fields.ts';
import { parseNumber, parseRange } from './signal-values.ts';
import { needSignal } from './set-signals.ts';
import type { SignalSides } from './set-signals.ts';
import { keysOf, SCALED } from './words.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

const MOST = 2n ** 63n - 1n;

/** The steps that leave the target's raw value in A. Undefined after an error. */
export function parseScaled(
  reader: YamlReader,
  item: Entry,
  message: Message,
  target: Signal,
  fields: Fields,
  { match, request }: SignalSides,
): Step[] | undefined {
  const entries = reader.map(item, keysOf(SCALED));
  const fromEntry = entries && reader.required(entries, 'from', item.label);
  const name = fromEntry && reader.text(fromEntry);
  if (entries === undefined || fromEntry === undefined || name === undefined) return undefined;
  const refuse = (place: Entry, reason: string): undefined => {
    reader.diagnostics.error(place.offset, reason);
    return undefined;
  };
  if (request === undefined) {
    return refuse(fromEntry, 'from needs a message: write message: NAME in the match');
  }
  const { found: source, refused } = request.signal(name);
  if (refused !== undefined) return refuse(fromEntry, refused);
  const absence = match && absenceOf(source, match);
  if (absence !== undefined) return refuse(fromEntry, absence);
  const [scale, offset] = [
    ['scale', Decimal.whole(1n)] as const,
    ['offset', Decimal.ZERO] as const,
  ].map(([key, absent]) => {
    const entry = entries.byKey.get(key);
    return entry === undefined ? absent : parseNumber(reader, entry);
  });
  const limits = parseRange(reader, entries, message, target);
  if (scale === undefined || offset === undefined || limits === undefined) return undefined;
  if (scale.isZero) return refuse(item, 'scale is 0: the signal would not depend on the request');
  const whole = wholeNumbers(source, target, scale, offset);
  const { least, most } = rawLimits(source);
  const ends = [least, most].map((raw) => raw * whole.multiplier + whole.addend);
  const [low, high] = ends[0] < ends[1] ? ends : ends.toReversed();
  const products = [least, most].map((raw) => raw * whole.multiplier);
  const isTooLarge = (number: bigint) => number > MOST || number < -MOST;
  const isCopy = whole.multiplier === whole.divisor && whole.addend === 0n;
  if (isCopy && least >= limits.least && most <= limits.most) {
    needSignal(fields, source);
    return [{ kind: 'load-request', field: fieldOfSignal(source) }];
  }
  if (most > MOST) {
    const reason = `${source.name} is unsigned with 64 bits, which can only be copied as it is, to a signal that holds all its values: remove scale, offset, min and max, or copy bits`;
    return refuse(item, `${item.label}: ${reason}`);
  }
  // Values above 2^63 fit into unsigned signals of 64 bits alone.
  if ([low, high, ...products, whole.divisor].some(isTooLarge) || limits.least > MOST) {
    return refuse(
      item,
      `${item.label}: the arithmetic could exceed 64 bits: use fewer digits in scale and offset`,
    );
  }
  needSignal(fields, source);
  return [
    { kind: 'load-request', field: fieldOfSignal(source) },
    ...(whole.multiplier === 1n ? [] : [{ kind: 'multiply' as const, value: whole.multiplier }]),
    ...(whole.addend === 0n ? [] : [{ kind: 'add' as const, value: whole.addend }]),
    ...(whole.divisor === 1n ? [] : [{ kind: 'divide' as const, value: whole.divisor }]),
    // A rounded quotient is beyond a limit by at most one more than the exact one.
    ...(low >= limits.least * whole.divisor
      ? []
      : [{ kind: 'at-least' as const, value: limits.least }]),
    ...(high <= limits.most * whole.divisor
      ? []
      : [{ kind: 'at-most' as const, value: limits.most }]),
  ];
}

interface WholeNumbers {
  readonly multiplier: bigint;
  readonly addend: bigint;
  readonly divisor: bigint;
}

/** ((raw x f1 + o1) x scale + offset - o2) / f2, without decimals and common factors. */
function wholeNumbers(
  source: Signal,
  target: Signal,
  scale: Decimal,
  offset: Decimal,
): WholeNumbers {
  const terms = [
    source.factor.times(scale),
    source.offset.times(scale).plus(offset).minus(target.offset),
    target.factor,
  ];
  const places = Math.max(...terms.map((term) => term.scale));
  const numbers = terms.map((term) => term.mantissa * 10n ** BigInt(places - term.scale));
  const common = numbers.reduce(greatestCommon, 0n) * (numbers[2] < 0n ? -1n : 1n);
  const [multiplier, addend, divisor] = numbers.map((number) => number / common);
  return { multiplier, addend, divisor };
}

function greatestCommon(one: bigint, other: bigint): bigint {
  let [left, right] = [one < 0n ? -one : one, other < 0n ? -other : other];
  while (right !== 0n) [left, right] = [right, left % right];
  return left;
}
