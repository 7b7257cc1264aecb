// SPDX-License-Identifier: MIT
/**
 * Reads `data` and `length` of a match: what each byte must be, and how long the frame is.
 *
 * A byte with a value or a mask is compared by itself. Ranges, choices and what is inverted become conditions.
 */
import { isMap } from 'yaml';
import type { ByteMatch, DataCondition, DataField, RuleMatch } from '../model.ts';
import { DATA_BYTES } from '../model.ts';
import { entryOf } from './parse-identifiers.ts';
import { BYTE_CHOICE, BYTE_MASK, BYTE_RANGE, keysOf, LENGTHS, NOT_BYTES } from './words.ts';
import { hex } from './yaml-reader.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const BYTE_KEYS = [BYTE_MASK, BYTE_RANGE, BYTE_CHOICE, NOT_BYTES].flatMap(keysOf);
const BYTE_VALUES = 256;
const ANY_BYTE: ByteMatch = { value: 0, mask: 0 };

/** The part of a match that is about data. */
export type DataMatch = Pick<RuleMatch, 'data' | 'minimumLength' | 'maximumLength'> & {
  readonly conditions: readonly (readonly DataCondition[])[];
};

/** Undefined after an error. */
export function parseDataMatch(
  reader: YamlReader,
  entries: Entries,
  remote: boolean | 'any' | undefined,
): DataMatch | undefined {
  const dataEntry = entries.byKey.get('data');
  const lengthEntry = entries.byKey.get('length');
  const isRefused = [dataEntry, lengthEntry, entries.byKey.get('signals')].map((entry) =>
    refuseRemote(reader, entry, remote),
  );
  if (isRefused.includes(true)) return undefined;
  const items = dataEntry === undefined ? [] : reader.list(dataEntry, 'data byte', DATA_BYTES);
  const bytes = items?.map((item, index) => parseByteTest(reader, item, index));
  const length = lengthEntry === undefined ? {} : parseLengths(reader, lengthEntry);
  if (!bytes?.every((byte) => byte !== undefined) || length === undefined) return undefined;
  const { min = 0, max = DATA_BYTES } = length;
  if (bytes.length > max && lengthEntry !== undefined) {
    const reason = `length is at most ${max}, and data lists ${bytes.length} bytes: no frame can match`;
    reader.diagnostics.error(lengthEntry.offset, reason);
    return undefined;
  }
  const unused = Array.from({ length: DATA_BYTES - bytes.length }, () => ANY_BYTE);
  return {
    data: [...bytes.map(({ plain }) => plain), ...unused],
    minimumLength: Math.max(min, bytes.length),
    ...(max === DATA_BYTES ? {} : { maximumLength: max }),
    conditions: bytes.flatMap(({ conditions }) => conditions),
  };
}

function refuseRemote(
  reader: YamlReader,
  entry: Entry | undefined,
  remote: boolean | 'any' | undefined,
): boolean {
  if (entry === undefined || remote === false || remote === undefined) return false;
  const why =
    entry.label === 'length'
      ? 'the length of remote frames is not looked at'
      : remote === 'any'
        ? 'remote: any takes frames without data, too'
        : 'a remote frame carries no data';
  reader.diagnostics.error(entry.keyOffset, `${why}: remove ${entry.label}`);
  return true;
}

/** One length, or from `min` to `max`. */
function parseLengths(
  reader: YamlReader,
  entry: Entry,
): { min?: number; max?: number } | undefined {
  const parse = (item: Entry | undefined) => {
    const length = item && reader.number(item, false);
    if (item === undefined || length === undefined || length <= DATA_BYTES) return length;
    const reason = `${item.label} is ${length}: a CAN frame has at most 8 bytes`;
    reader.diagnostics.error(item.offset, reason);
    return undefined;
  };
  if (!isMap(entry.node)) {
    const length = parse(entry);
    return length === undefined ? undefined : { min: length, max: length };
  }
  const entries = reader.map(entry, keysOf(LENGTHS));
  if (entries === undefined) return undefined;
  const [minEntry, maxEntry] = ['min', 'max'].map((key) => entries.byKey.get(key));
  const [min, max] = [minEntry, maxEntry].map(parse);
  if ((minEntry && min === undefined) || (maxEntry && max === undefined)) return undefined;
  if ((min ?? 0) <= (max ?? DATA_BYTES)) return { min, max };
  reader.diagnostics.error(entry.offset, upsideDown('length', min ?? 0, max ?? DATA_BYTES));
  return undefined;
}

/** What a byte is compared with, and the conditions beside that. */
interface ByteTest {
  readonly plain: ByteMatch;
  readonly conditions: readonly (readonly DataCondition[])[];
}

function parseByteTest(reader: YamlReader, item: Entry, index: number): ByteTest | undefined {
  if (item.node === null) return { plain: ANY_BYTE, conditions: [] };
  const notEntry = entryOf(reader, item, 'not');
  const set = parseByteSet(reader, notEntry ?? item, item.label);
  if (set === undefined) return undefined;
  const inverted = notEntry !== undefined;
  const isMask = 'mask' in set;
  if (isMask && !inverted) return { plain: set, conditions: [] };
  if (isMask) {
    const shift = BigInt(8 * index);
    const value = BigInt(set.value) << shift;
    const mask = BigInt(set.mask) << shift;
    const condition = { kind: 'bits', value, mask, inverted: true } as const;
    return { plain: ANY_BYTE, conditions: [[condition]] };
  }
  const field = { shift: 8 * index, width: 8, bigEndian: false, signed: false };
  return { plain: ANY_BYTE, conditions: rangeGroups(field, set, inverted) };
}

/** A range of values of a field. */
export interface ValueRun {
  readonly first: bigint;
  readonly last: bigint;
}

/** One of the runs must hold the field's value, or none of them. */
export function rangeGroups(
  field: DataField,
  runs: readonly ValueRun[],
  inverted: boolean,
): DataCondition[][] {
  const conditions = runs.map(({ first, last }) => ({
    ...{ kind: 'range' as const, field, minimum: first, maximum: last, inverted },
  }));
  return inverted ? conditions.map((condition) => [condition]) : [conditions];
}

/** Values in runs without gaps, ascending. */
export function runsOf(values: readonly bigint[]): ValueRun[] {
  const runs: { first: bigint; last: bigint }[] = [];
  for (const value of values.toSorted((one, other) => (one < other ? -1 : 1))) {
    const before = runs.at(-1);
    if (before !== undefined && value <= before.last + 1n) before.last = value;
    else runs.push({ first: value, last: value });
  }
  return runs;
}

/** A byte, `{ value, mask }`, `{ min, max }` or `{ any: [ ... ] }`. */
function parseByteSet(
  reader: YamlReader,
  item: Entry,
  label: string,
): ByteMatch | readonly ValueRun[] | undefined {
  if (!isMap(item.node)) {
    const value = parseByte(reader, { ...item, label });
    return value === undefined ? undefined : { value, mask: 0xff };
  }
  const entries = reader.map({ ...item, label }, BYTE_KEYS);
  if (entries === undefined) return undefined;
  const anyEntry = entries.byKey.get('any');
  if (anyEntry !== undefined) return parseAny(reader, anyEntry);
  const isRange = entries.byKey.has('min') || entries.byKey.has('max');
  const keys = isRange ? ['min', 'max'] : ['value', 'mask'];
  const [one, other] = keys.map((key) => reader.required(entries, key, label));
  const first = one && parseByte(reader, one);
  const second = other && parseByte(reader, other);
  if (one === undefined || first === undefined || second === undefined) return undefined;
  if (isRange) {
    if (first > second) {
      reader.diagnostics.error(one.offset, upsideDown(label, first, second));
      return undefined;
    }
    if (first === second) return { value: first, mask: 0xff };
    if (second - first === BYTE_VALUES - 1) return ANY_BYTE;
    return [{ first: BigInt(first), last: BigInt(second) }];
  }
  if ((first & ~second) === 0) return { value: first, mask: second };
  const never = hex(first & ~second);
  const reason = `${label}: value 0x${hex(first)} has bits 0x${never} that mask 0x${hex(second)} leaves out: no frame can match`;
  reader.diagnostics.error(one.offset, reason);
  return undefined;
}

function parseAny(reader: YamlReader, entry: Entry): ByteMatch | readonly ValueRun[] | undefined {
  const items = reader.list(entry, 'any', BYTE_VALUES, 1);
  const values = items?.map((item) => parseByte(reader, item));
  if (!values?.every((value) => value !== undefined)) return undefined;
  if (values.length === 1) return { value: values[0], mask: 0xff };
  if (values.length > 0) return runsOf(values.map(BigInt));
  reader.diagnostics.error(entry.offset, 'any is an empty list: no frame can match');
  return undefined;
}

function upsideDown(label: string, min: number, max: number): string {
  return `${label}: min ${min} is above max ${max}; swap them`;
}

/** Reads a number from 0 to 0xFF. */
export function parseByte(reader: YamlReader, item: Entry): number | undefined {
  const value = reader.number(item, true);
  if (value === undefined || value <= 0xff) return value;
  reader.diagnostics.error(item.offset, `${item.label} is ${value}: a byte is at most 255 (0xFF)`);
  return undefined;
}
