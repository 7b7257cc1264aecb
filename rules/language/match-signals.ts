// SPDX-License-Identifier: MIT
/**
 * Reads `signals:` of a match: values of the signals of its message.
 *
 * One value becomes bits that are compared, anything else conditions. Of a multiplexed signal the multiplexor
 * is compared as well.
 */
import { isMap, isScalar } from 'yaml';
import { namedRaw, physicalOf, rawOf, rawRangeOf } from '../dbc/codec.ts';
import type { Message, Signal } from '../dbc/database.ts';
import { Decimal } from '../dbc/decimal.ts';
import { bytesNeeded, rawLimits } from '../dbc/layout.ts';
import type { ByteMatch, DataCondition, DataField } from '../model.ts';
import { bitsOf } from './fields.ts';
import { fieldOfSignal } from './dbc-names.ts';
import { rangeGroups, runsOf } from './parse-data.ts';
import type { DataMatch, ValueRun } from './parse-data.ts';
import { entryOf, oneOrMore } from './parse-identifiers.ts';
import { swapped } from '../order/cover.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

const VALUES_MAXIMUM = 256;
const SET_BITS = 6;

/** `match` with the signals' conditions. Undefined after an error. */
export function addSignals(
  reader: YamlReader,
  entry: Entry,
  message: Message | undefined,
  match: DataMatch,
): DataMatch | undefined {
  if (message === undefined) {
    const reason = 'signals need a message: write message: NAME beside them';
    reader.diagnostics.error(entry.keyOffset, reason);
    return undefined;
  }
  let whole: DataMatch | undefined = match;
  for (const item of signalEntries(reader, entry)) {
    const signal = lookUp(reader, item, message);
    const notEntry = entryOf(reader, item, 'not');
    const runs = signal && parseValues(reader, notEntry ?? item, signal);
    if (runs === undefined || signal === undefined) whole = undefined;
    if (runs === undefined || signal === undefined || whole === undefined) continue;
    for (const { multiplexor, ranges } of signal.presence) {
      const values = ranges.map(({ least, most }) => ({ first: least, last: most }));
      whole = whole && withValues(reader, item, whole, multiplexor, values, false);
    }
    whole = whole && withValues(reader, item, whole, signal, runs, notEntry !== undefined);
  }
  return whole;
}

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

/** A physical value or a word of the value table as its raw value, exactly. */
export function parseRaw(reader: YamlReader, item: Entry, signal: Signal): bigint | undefined {
  const text = reader.scalarText(item);
  if (text === undefined) return undefined;
  const number = Decimal.parse(text);
  const { value, refused } = number === undefined ? namedRaw(signal, text) : rawOf(signal, text);
  if (refused !== undefined) {
    reader.diagnostics.error(item.offset, refused);
    return undefined;
  }
  const nearest = physicalOf(signal, value);
  if (number === undefined || nearest.compare(number) === 0) return value;
  const reason = `${signal.name} cannot be ${text}: the nearest value is ${nearest.toString()}`;
  reader.diagnostics.error(item.offset, reason);
  return undefined;
}

/** A value, a list of values, or `{ min, max }`. */
function parseValues(
  reader: YamlReader,
  item: Entry,
  signal: Signal,
): readonly ValueRun[] | undefined {
  if (!isMap(item.node)) {
    const values = oneOrMore(reader, item, VALUES_MAXIMUM, (each) =>
      parseRaw(reader, each, signal),
    );
    return values && runsOf(values);
  }
  const entries = reader.map(item, ['min', 'max']);
  if (entries === undefined) return undefined;
  const { least, most } = rawLimits(signal);
  const limits = [least, most].map((raw) => physicalOf(signal, raw));
  if (limits[0].compare(limits[1]) > 0) limits.reverse();
  const [min, max] = ['min', 'max'].map((key, index) => {
    const entry = entries.byKey.get(key);
    return entry === undefined ? limits[index].toString() : reader.scalarText(entry);
  });
  if (min === undefined || max === undefined) return undefined;
  const { value, refused } = rawRangeOf(signal, min, max);
  if (value !== undefined) return [{ first: value.least, last: value.most }];
  reader.diagnostics.error(item.offset, `${item.label}: ${refused}`);
  return undefined;
}

function withValues(
  reader: YamlReader,
  item: Entry,
  match: DataMatch,
  signal: Signal,
  runs: readonly ValueRun[],
  inverted: boolean,
): DataMatch | undefined {
  const field = fieldOfSignal(signal);
  const minimumLength = Math.max(match.minimumLength, bytesNeeded(signal));
  const [{ first, last }] = runs;
  const whole = { ...match, minimumLength };
  if (runs.length > 1 || first !== last || inverted) {
    return { ...whole, conditions: [...match.conditions, ...groupsOf(field, runs, inverted)] };
  }
  const mask = bitsOf(field);
  const data = withBits(match.data, valueBits(field, first), mask);
  if (data !== undefined) return { ...whole, data };
  const reason = `${item.label}: ${signal.name} is ${first} here, and another part of the match says otherwise: no frame can match`;
  reader.diagnostics.error(item.offset, reason);
  return undefined;
}

function groupsOf(
  field: DataField,
  runs: readonly ValueRun[],
  inverted: boolean,
): readonly (readonly DataCondition[])[] {
  if (runs.length === 1 || field.width > SET_BITS || field.signed) {
    return rangeGroups(field, runs, inverted);
  }
  const values = runs.flatMap(({ first, last }) =>
    Array.from({ length: Number(last - first) + 1 }, (_, index) => Number(first) + index),
  );
  return [[{ kind: 'set', field, values, inverted }]];
}

/** The raw value in its place, byte 0 lowest. */
export function valueBits({ shift, width, bigEndian }: DataField, raw: bigint): bigint {
  const bits = BigInt.asUintN(width, raw) << BigInt(shift);
  return bigEndian ? swapped(bits) : bits;
}

/** Undefined: a bit is compared with both values. */
function withBits(
  data: readonly ByteMatch[],
  value: bigint,
  mask: bigint,
): readonly ByteMatch[] | undefined {
  const bytes = data.map((byte, index) => {
    const shift = BigInt(8 * index);
    const [own, bits] = [value, mask].map((word) => Number((word >> shift) & 0xffn));
    if (((byte.value ^ own) & byte.mask & bits) !== 0) return undefined;
    return { value: byte.value | own, mask: byte.mask | bits };
  });
  return bytes.every((byte) => byte !== undefined) ? bytes : undefined;
}
