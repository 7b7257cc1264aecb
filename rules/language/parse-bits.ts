// SPDX-License-Identifier: MIT
/**
 * Reads `bits` and `counter` of an answer or of `modify`: fields that are copied from the request, and fields
 * that count.
 */
import { isSeq } from 'yaml';
import { bytesFor, plainField } from './fields.ts';
import type { Fields } from './fields.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const DATA_BITS = 64;
const COUNTER_BITS = 32;
const LIST_MAXIMUM = 16;

/** Adds the fields of both keys. */
export function parseBitFields(
  reader: YamlReader,
  entries: Entries,
  fields: Fields,
  remote: boolean | 'any',
): void {
  const bits = entries.byKey.get('bits');
  if (bits !== undefined && remote !== false) {
    fields.refuse(
      { offset: bits.keyOffset },
      'a remote frame carries no bits to copy: remove bits',
    );
  } else if (bits !== undefined) {
    for (const item of itemsOf(reader, bits, fields)) parseCopiedBits(reader, item, fields);
  }
  const counters = entries.byKey.get('counter');
  if (counters === undefined) return;
  for (const item of itemsOf(reader, counters, fields)) parseCounter(reader, item, fields);
}

/** The entries of a list, or the one that stands alone. */
function itemsOf(reader: YamlReader, entry: Entry, fields: Fields): Entry[] {
  const items = isSeq(entry.node) ? reader.list(entry, entry.label, LIST_MAXIMUM, 1) : [entry];
  if (items === undefined) fields.hasErrors = true;
  return items ?? [];
}

/** `{ from, to, count }`. */
function parseCopiedBits(reader: YamlReader, item: Entry, fields: Fields): void {
  const numbers = parseNumbers(reader, item, ['from', 'to'], { count: 1 });
  if (numbers === undefined) {
    fields.hasErrors = true;
    return;
  }
  const { from, to, count } = numbers;
  if (!isPlace(item, fields, 'reads request', from, count)) return;
  if (!isPlace(item, fields, 'writes', to, count)) return;
  const source = plainField(from, count);
  fields.requestBytes = Math.max(fields.requestBytes, bytesFor(source));
  fields.add(item, plainField(to, count), [{ kind: 'load-request', field: source }]);
}

/** `{ to, count, max, step }`. */
function parseCounter(reader: YamlReader, item: Entry, fields: Fields): void {
  const numbers = parseNumbers(reader, item, ['to', 'count'], { max: -1, step: 1 });
  if (numbers === undefined) {
    fields.hasErrors = true;
    return;
  }
  const { to, count, max, step } = numbers;
  if (!isPlace(item, fields, 'writes', to, count)) return;
  const counter = checkCounter(item, fields, count, max === -1 ? undefined : max, step);
  if (counter !== undefined) fields.addCounter(item, plainField(to, count), counter);
}

/** The counter if its numbers fit into a field of so many bits. */
export function checkCounter(
  item: Entry,
  fields: Fields,
  bits: number,
  max: number | undefined,
  step: number,
): { maximum: number; increment: number } | undefined {
  const most = 2 ** bits - 1;
  const reason =
    bits > COUNTER_BITS
      ? `has ${bits} bits: a counter has at most ${COUNTER_BITS}`
      : max !== undefined && max > most
        ? `counts to ${max}, and ${bits} bits hold at most ${most}: make the field wider, or max smaller`
        : step < 1 || step > (max ?? most)
          ? `has step ${step}: it is at least 1 and at most max, ${max ?? most}`
          : undefined;
  if (reason === undefined) return { maximum: max ?? most, increment: step };
  fields.refuse(item, `${item.label} ${reason}`);
  return undefined;
}

/** The numbers of a map: those that must be there, and those with a value if they are left out. */
export function parseNumbers<Needed extends string, Given extends string>(
  reader: YamlReader,
  item: Entry,
  needed: readonly Needed[],
  given: Readonly<Record<Given, number>>,
): Record<Needed | Given, number> | undefined {
  const entries = reader.map(item, [...needed, ...Object.keys(given)]);
  if (entries === undefined) return undefined;
  const numbers: Record<string, number | undefined> = { ...given };
  for (const key of needed) {
    const entry = reader.required(entries, key, item.label);
    numbers[key] = entry && reader.number(entry, false);
  }
  for (const key of Object.keys(given)) {
    const entry = entries.byKey.get(key);
    if (entry !== undefined) numbers[key] = reader.number(entry, false);
  }
  const isWhole = Object.values(numbers).every((number) => number !== undefined);
  return isWhole ? (numbers as Record<Needed | Given, number>) : undefined;
}

function isPlace(item: Entry, fields: Fields, verb: string, first: number, count: number): boolean {
  if (count > 0 && first + count <= DATA_BITS) return true;
  const reason =
    count === 0
      ? 'has 0 bits: count is at least 1'
      : `${verb} bits ${first} to ${first + count - 1}; the last bit is 63`;
  fields.refuse(item, `${item.label} ${reason}`);
  return false;
}
