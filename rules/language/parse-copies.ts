// SPDX-License-Identifier: MIT
/**
 * Reads `copy:` and `live:` of one answer: bytes copied from the request, and live values.
 */
import type { RuleMatch } from '../model.ts';
import { DATA_BYTES, LIVE_SOURCE, LIVE_VALUES, liveValueOf } from '../model.ts';
import type { Fields } from './fields.ts';
import { COPY, keysOf } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** A byte of `data`. Null stands for `~`, which a copy or a live value must fill. */
export interface AnswerByte {
  readonly value: number | null;
  readonly offset: number;
}

/** One valid entry of `copy` or `live`. */
export interface Copy {
  readonly kind: 'copy' | 'live';
  /** Index of the request byte, or number of the live value. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly offset: number;
}

/** All entries of both lists. Undefined after an error. */
export function parseCopies(
  reader: YamlReader,
  entries: Entries,
  match: RuleMatch | undefined,
): Copy[] | undefined {
  const copyEntry = entries.byKey.get('copy');
  if (copyEntry !== undefined && (match?.remote ?? false) !== false) {
    reader.diagnostics.error(
      copyEntry.keyOffset,
      'a remote frame carries no data to copy: remove copy, or match the data frame',
    );
    return undefined;
  }
  const copies = parseList(reader, copyEntry, 'copy');
  const live = parseList(reader, entries.byKey.get('live'), 'live');
  return copies === undefined || live === undefined ? undefined : [...copies, ...live];
}

function parseList(
  reader: YamlReader,
  entry: Entry | undefined,
  kind: Copy['kind'],
): Copy[] | undefined {
  if (entry === undefined) return [];
  const items = reader.list(entry, kind, DATA_BYTES);
  if (items === undefined) return undefined;
  const copies = items.map((item) => parseCopy(reader, item, kind));
  return copies.every((copy) => copy !== undefined) ? copies : undefined;
}

function parseCopy(reader: YamlReader, item: Entry, kind: Copy['kind']): Copy | undefined {
  const entries = reader.map(item, keysOf(COPY));
  if (entries === undefined) return undefined;
  const fromEntry = reader.required(entries, 'from', item.label);
  const toEntry = reader.required(entries, 'to', item.label);
  const countEntry = entries.byKey.get('count');
  const from = fromEntry === undefined ? undefined : reader.number(fromEntry, false);
  const to = toEntry === undefined ? undefined : reader.number(toEntry, false);
  const count = countEntry === undefined ? 1 : reader.number(countEntry, false);
  if (from === undefined || to === undefined || count === undefined) return undefined;
  const refuse = (reason: string): undefined => {
    reader.diagnostics.error(item.offset, `${item.label} ${reason}`);
    return undefined;
  };
  if (count === 0) return refuse('copies 0 bytes: count is at least 1');
  if (kind === 'copy' && from + count > DATA_BYTES) {
    return refuse(`reads request bytes ${from} to ${from + count - 1}; the last byte is 7`);
  }
  if (kind === 'live' && from + count > LIVE_VALUES) {
    const last = LIVE_VALUES - 1;
    return refuse(`reads live values ${from} to ${from + count - 1}; the last one is ${last}`);
  }
  if (to + count > DATA_BYTES) {
    return refuse(`writes answer bytes ${to} to ${to + count - 1}; the last byte is 7`);
  }
  return { kind, from, to, count, offset: item.offset };
}

/** Source of each answer byte. Refuses a `~` that nothing fills. */
export function placeCopies(
  reader: YamlReader,
  copies: readonly Copy[],
  data: readonly AnswerByte[],
  fields: Fields,
): (number | null)[] | undefined {
  const source = Array.from({ length: DATA_BYTES }, (): number | null => null);
  let valid = true;
  for (const copy of copies) {
    for (let index = 0; index < copy.count; index += 1) {
      source[copy.to + index] = (copy.kind === 'live' ? LIVE_SOURCE : 0) + copy.from + index;
    }
  }
  for (const [index, byte] of data.entries()) {
    if (byte.value === null && !fields.isWritten(index)) {
      const reason = `data byte ${index} is ~, but no copy fills it: give a value`;
      reader.diagnostics.error(byte.offset, reason);
      valid = false;
    }
    if (byte.value !== null && byte.value !== 0 && source[index] !== null) {
      const by = liveValueOf(source[index]) === undefined ? 'copy' : 'live';
      const reason = `data byte ${index} is never sent: ${by} overwrites it; write ~`;
      reader.diagnostics.warning(byte.offset, reason);
    }
  }
  return valid ? source : undefined;
}
