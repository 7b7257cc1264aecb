// SPDX-License-Identifier: MIT
/**
 * Reads `signals:` of a match: values of the signals of its message.
 *
 * One value becomes bits that are compared, anything else conditions. Of a multiplexed signal the multiplexor
 * is compared as well.
 */
import { isMap } from 'yaml';
import type { Message, Signal } from '../dbc/database.ts';
import { bytesNeeded } from '../dbc/layout.ts';
import { DATA_BYTES } from '../model.ts';
import type { ByteMatch, DataCondition, DataField } from '../model.ts';
import { bitsOf } from './fields.ts';
import { fieldOfSignal } from './dbc-names.ts';
import { rangeGroups, runsOf } from './parse-data.ts';
import type { DataMatch, ValueRun } from './parse-data.ts';
import { entryOf, oneOrMore } from './parse-identifiers.ts';
import { lookUp, parseRange, parseRaw, signalEntries } from './signal-values.ts';
import { swapped } from '../order/cover.ts';
import { keysOf, VALUE_RANGE } from './words.ts';
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
    const runs = signal && parseValues(reader, notEntry ?? item, message, signal);
    if (runs === undefined || signal === undefined) whole = undefined;
    if (runs === undefined || signal === undefined || whole === undefined) continue;
    for (const { multiplexor, ranges } of signal.presence) {
      const values = ranges.map(({ least, most }) => ({ first: least, last: most }));
      whole = whole && withValues(reader, item, whole, multiplexor, values, false);
    }
    whole = whole && withValues(reader, item, whole, signal, runs, notEntry !== undefined);
  }
  const { minimumLength = 0, maximumLength = DATA_BYTES } = whole ?? {};
  if (minimumLength <= maximumLength) return whole;
  const reason = `signals need ${minimumLength} bytes, and length is at most ${maximumLength}: no frame can match`;
  reader.diagnostics.error(entry.keyOffset, reason);
  return undefined;
}

/** A value, a list of values, or `{ min, max }`. */
function parseValues(
  reader: YamlReader,
  item: Entry,
  message: Message,
  signal: Signal,
): readonly ValueRun[] | undefined {
  if (!isMap(item.node)) {
    const values = oneOrMore(reader, item, VALUES_MAXIMUM, (each) =>
      parseRaw(reader, each, message, signal, 'exact'),
    );
    return values && runsOf(values);
  }
  const entries = reader.map(item, keysOf(VALUE_RANGE));
  const range = entries && parseRange(reader, entries, message, signal);
  return range && [{ first: range.least, last: range.most }];
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
  const isOwn = item.label === signal.name;
  const what = isOwn ? signal.name : `${item.label} asks for ${signal.name}`;
  const reason = `${what} ${first}, and another part of the match for something else: no frame can match`;
  reader.diagnostics.error(item.offset, reason);
  return undefined;
}

function groupsOf(
  field: DataField,
  runs: readonly ValueRun[],
  inverted: boolean,
): readonly (readonly DataCondition[])[] {
  if (runs.length === 1 || field.width > SET_BITS || field.signed) {
    return field.width === 64 && !field.signed
      ? rangeGroups({ ...field, signed: true }, runs.flatMap(asSigned), inverted)
      : rangeGroups(field, runs, inverted);
  }
  const values = runs.flatMap(({ first, last }) =>
    Array.from({ length: Number(last - first) + 1 }, (_, index) => Number(first) + index),
  );
  return [[{ kind: 'set', field, values, inverted }]];
}

/** A run of 64-bit numbers as the signed ones with the same bits: conditions compare signed. */
function asSigned({ first, last }: ValueRun): ValueRun[] {
  const [low, high] = [first, last].map((value) => BigInt.asIntN(64, value));
  if (low <= high) return [{ first: low, last: high }];
  return [
    { first: low, last: 2n ** 63n - 1n },
    { first: -(2n ** 63n), last: high },
  ];
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
