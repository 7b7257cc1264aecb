// SPDX-License-Identifier: MIT
/**
 * Signals and their values in a rules file: a name, a physical value, a word of the value table, a range.
 */
import { isMap, isScalar } from 'yaml';
import { namedRaw, physicalOf, rawOf, rawRangeOf } from '../dbc/codec.ts';
import type { Message, Signal, ValueRange } from '../dbc/database.ts';
import { Decimal } from '../dbc/decimal.ts';
import { rawLimits } from '../dbc/layout.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** The entries of a map of signals, each labelled with the name. */
export function signalEntries(reader: YamlReader, entry: Entry): Entry[] {
  const keys = isMap(entry.node)
    ? entry.node.items.map(({ key }) => (isScalar(key) ? String(key.value) : ''))
    : ['NAME: value'];
  return [...(reader.map(entry, keys)?.byKey.values() ?? [])];
}

/** The signal that an entry names. */
export function lookUp(reader: YamlReader, item: Entry, message: Message): Signal | undefined {
  const { found, refused } = message.signal(item.label);
  if (refused !== undefined) reader.diagnostics.error(item.keyOffset, refused);
  return found;
}

/**
 * The raw value of a physical one or of a word of the value table. `exact`: a value between two raw ones is
 * refused; else it is the nearest.
 */
export function parseRaw(
  reader: YamlReader,
  item: Entry,
  message: Message,
  signal: Signal,
  rounding: 'exact' | 'nearest',
): bigint | undefined {
  const text = reader.scalarText(item);
  if (text === undefined) return undefined;
  const number = decimalOf(text);
  const { value, refused } =
    number === undefined ? namedRaw(signal, text) : rawOf(signal, number.toString());
  if (refused !== undefined) {
    reader.diagnostics.error(item.offset, `${refused} (${message.place(signal)})`);
    return undefined;
  }
  if (number === undefined || rounding === 'nearest') return value;
  const nearest = physicalOf(signal, value);
  if (nearest.compare(number) === 0) return value;
  const reason = `${signal.name} is never ${text}: the nearest value is ${nearest.toString()} (${message.place(signal)})`;
  reader.diagnostics.error(item.offset, reason);
  return undefined;
}

/** A number in decimal, or in hexadecimal with 0x. */
function decimalOf(text: string): Decimal | undefined {
  return /^0x[0-9a-f]{1,16}$/i.test(text) ? Decimal.whole(BigInt(text)) : Decimal.parse(text);
}

/** The raw values from `min` to `max`; what is left out is no limit. */
export function parseRange(
  reader: YamlReader,
  entries: Entries,
  message: Message,
  signal: Signal,
): ValueRange | undefined {
  const [minEntry, maxEntry] = ['min', 'max'].map((key) => entries.byKey.get(key));
  const place = minEntry ?? maxEntry;
  if (place === undefined) return rawLimits(signal);
  const [min, max] = [minEntry, maxEntry].map((entry) => entry && parseNumber(reader, entry));
  if ((minEntry && min === undefined) || (maxEntry && max === undefined)) return undefined;
  const { least, most } = rawLimits(signal);
  const ends = [least, most].map((raw) => physicalOf(signal, raw));
  if (ends[0].compare(ends[1]) > 0) ends.reverse();
  const low = min ?? (max !== undefined && max.compare(ends[0]) < 0 ? max : ends[0]);
  const high = max ?? (min !== undefined && min.compare(ends[1]) > 0 ? min : ends[1]);
  const { value, refused } = rawRangeOf(signal, low.toString(), high.toString());
  if (value !== undefined) return value;
  reader.diagnostics.error(place.offset, `${refused} (${message.place(signal)})`);
  return undefined;
}

/** A number in decimal, with a point and a sign, or in hexadecimal with 0x. */
export function parseNumber(reader: YamlReader, entry: Entry): Decimal | undefined {
  const text = reader.scalarText(entry);
  const number = text === undefined ? undefined : decimalOf(text);
  if (text !== undefined && number === undefined) {
    const reason = `${entry.label} must be a number such as 0.25 (got ${JSON.stringify(text.slice(0, 40))})`;
    reader.diagnostics.error(entry.offset, reason);
  }
  return number;
}
