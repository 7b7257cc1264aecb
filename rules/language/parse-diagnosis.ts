// SPDX-License-Identifier: MIT
/**
 * Reads `diagnosis:` of the table: who asks whom, what the cell answers by itself, and what AGL answers.
 *
 * Does not: know the rules that this stands for (rules/diagnosis/expand.ts).
 */
import { isMap, isSeq } from 'yaml';
import type { Diagnosis, DiagnosticData } from '../diagnosis/expand.ts';
import {
  NEGATIVE_BYTES,
  PENDING_COUNT_MAXIMUM,
  type PendingResponse,
} from '../diagnosis/pending.ts';
import {
  DIAGNOSIS,
  IDENTIFIER_BYTES_MAXIMUM,
  LIVE_DATA,
  PENDING,
  PID_BYTES_MAXIMUM,
  SERVED,
  WITHOUT_AGL,
} from '../diagnosis/words.ts';
import {
  DATA_BYTES,
  EXTENDED_IDENTIFIER_MAXIMUM,
  LIVE_VALUES,
  STANDARD_IDENTIFIER_MAXIMUM,
} from '../model.ts';
import { parseMicros } from './parse-cyclic.ts';
import { parseByte } from './parse-data.ts';
import { keysOf } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const PADDING = 0xcc;
const AFTER_MICROS = 25_000;
const EVERY_MICROS = 2_000_000;
/** P2 and P2* of a server (ISO 14229-2, table 4): a client waits no longer. */
const P2_MICROS = 50_000;
const P2_STAR_MICROS = 5_000_000;
const SEPARATION_MICROS_MAXIMUM = 127_000;
const MICROS_PER_MILLI = 1_000;

export interface ParsedDiagnosis {
  readonly diagnosis: Diagnosis;
  readonly pending?: PendingResponse;
  readonly offset: number;
}

/** Reads the section, if it is there. */
export function parseDiagnosis(reader: YamlReader, table: Entries): ParsedDiagnosis | undefined {
  const entry = table.byKey.get('diagnosis');
  const entries = entry && reader.map(entry, keysOf(DIAGNOSIS));
  if (entry === undefined || entries === undefined) return undefined;
  const get = (key: string): Entry | undefined => entries.byKey.get(key);
  const extended = reader.boolean(get('extended'), false);
  const identifier = (key: string, isNeeded: boolean): number | undefined => {
    const value = isNeeded ? reader.required(entries, key, 'diagnosis') : get(key);
    return value && parseIdentifier(reader, value, extended === true);
  };
  const physical = identifier('physical', true);
  const functional = identifier('functional', false);
  const answer = identifier('answer', true);
  const padding = parsePadding(reader, get('padding'));
  const pids = parseData(reader, get('pids'), 'PID', 0xff, PID_BYTES_MAXIMUM);
  const identifiers = parseData(
    reader,
    get('identifiers'),
    'identifier',
    0xffff,
    IDENTIFIER_BYTES_MAXIMUM,
  );
  for (const [pid, { offset }] of pids.places) {
    if (pid % 0x20 !== 0) continue;
    reader.diagnostics.error(
      offset,
      `PID 0x${pid.toString(16)} has the mask of supported PIDs, which is made of the others: leave it out`,
    );
  }
  const aglEntry = get('agl');
  const served = aglEntry && parseServed(reader, aglEntry);
  if ([physical, functional].includes(answer)) {
    reader.diagnostics.error(
      get('answer')?.offset ?? entry.offset,
      'answer has the identifier of a request',
    );
    return undefined;
  }
  if (physical === undefined || answer === undefined || extended === undefined) return undefined;
  if (reader.diagnostics.hasErrors) return undefined;
  if (padding === undefined || (aglEntry !== undefined && served === undefined)) return undefined;
  const diagnosis: Diagnosis = {
    ...{ physical, answer, extended, pids: pids.data, identifiers: identifiers.data },
    ...(functional === undefined ? {} : { functional }),
    ...(padding === null ? {} : { padding }),
    ...(served === undefined ? {} : { agl: served.agl }),
  };
  if (served?.times === undefined) return { diagnosis, offset: entry.keyOffset };
  const form = { length: padding === null ? NEGATIVE_BYTES : DATA_BYTES, padding: padding ?? 0 };
  const isSilent = served.agl.isSilent;
  const pending = { identifier: answer, extended, ...form, ...served.times, isSilent };
  return { diagnosis, pending, offset: entry.keyOffset };
}

function parseIdentifier(reader: YamlReader, entry: Entry, extended: boolean): number | undefined {
  const most = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  const identifier = reader.number(entry, true);
  if (identifier === undefined || identifier <= most) return identifier;
  const hint = extended ? '' : '; 29-bit identifiers need "extended: true"';
  const reason = `${entry.label} is 0x${identifier.toString(16)}: at most 0x${most.toString(16)}${hint}`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

/** Null: none. */
function parsePadding(reader: YamlReader, entry: Entry | undefined): number | null | undefined {
  if (entry === undefined) return PADDING;
  return reader.isWord(entry, 'none') ? null : parseByte(reader, entry);
}

interface ParsedData {
  readonly data: Map<number, DiagnosticData>;
  readonly places: Map<number, Entry>;
}

/** A map from numbers to bytes or live values. */
function parseData(
  reader: YamlReader,
  entry: Entry | undefined,
  what: string,
  most: number,
  bytesMost: number,
): ParsedData {
  const parsed: ParsedData = { data: new Map(), places: new Map() };
  if (entry === undefined) return parsed;
  if (!isMap(entry.node)) {
    reader.diagnostics.error(
      entry.offset,
      `${entry.label} must be a map: { 0x0C: [0x1A, 0xF8], 0x0D: { live: 0 } }`,
    );
    return parsed;
  }
  for (const item of reader.pairs(entry.node)) {
    const number = Number(item.label);
    const called = `${what} ${item.label}`;
    if (!Number.isInteger(number) || number < 0 || number > most) {
      reader.diagnostics.error(
        item.keyOffset,
        `${called} must be a number up to 0x${most.toString(16)}`,
      );
      continue;
    }
    const data = parseItem(reader, { ...item, label: called }, bytesMost);
    if (parsed.data.has(number))
      reader.diagnostics.error(item.keyOffset, `${called} is there twice`);
    if (data !== undefined) parsed.data.set(number, data);
    parsed.places.set(number, item);
  }
  return parsed;
}

function parseItem(reader: YamlReader, item: Entry, most: number): DiagnosticData | undefined {
  if (isSeq(item.node)) {
    const bytes = reader
      .list(item, `${item.label} byte`, most)
      ?.map((one) => parseByte(reader, one));
    const known = bytes?.filter((one) => one !== undefined);
    if (known?.length === 0) reader.diagnostics.error(item.offset, `${item.label} has no data`);
    return known && known.length === bytes?.length ? { bytes: known } : undefined;
  }
  const entries = reader.map(item, keysOf(LIVE_DATA));
  const liveEntry = entries && reader.required(entries, 'live', item.label);
  const countEntry = entries?.byKey.get('count');
  const live = liveEntry && reader.integer(liveEntry, 0, LIVE_VALUES - 1);
  const count = countEntry === undefined ? 1 : reader.integer(countEntry, 1, most);
  if (live === undefined || count === undefined) return undefined;
  if (live + count <= LIVE_VALUES) return { live, count };
  reader.diagnostics.error(
    item.offset,
    `${item.label} has live values up to ${live + count - 1}: the last is ${LIVE_VALUES - 1}`,
  );
  return undefined;
}

type Times = Pick<PendingResponse, 'afterMicros' | 'everyMicros' | 'count'>;

function parseServed(
  reader: YamlReader,
  entry: Entry,
): { agl: NonNullable<Diagnosis['agl']>; times?: Times } | undefined {
  const entries = reader.map(entry, keysOf(SERVED));
  const listEntry = entries && reader.required(entries, 'services', 'agl');
  const items = listEntry && reader.list(listEntry, 'service', 32, 1);
  const services = items?.map((item) => parseByte(reader, item)).filter((one) => one !== undefined);
  const [separationEntry, goneEntry, pendingEntry] = ['separation', 'without-agl', 'pending'].map(
    (key) => entries?.byKey.get(key),
  );
  // All are read before one that is wrong ends it, so that each is told.
  const separation = separationEntry === undefined ? 0 : parseSeparation(reader, separationEntry);
  const gone = goneEntry === undefined ? 'refuse' : reader.word(goneEntry, WITHOUT_AGL);
  const times = pendingEntry && parsePending(reader, pendingEntry);
  if (services === undefined || services.length !== items?.length) return undefined;
  if (separation === undefined || gone === undefined) return undefined;
  if (pendingEntry !== undefined && times === undefined) return undefined;
  const agl = { services, separation, isSilent: gone === 'silent' };
  return { agl, ...(times === undefined ? {} : { times }) };
}

/** STmin of ISO 15765-2 in whole milliseconds. */
function parseSeparation(reader: YamlReader, entry: Entry): number | undefined {
  const micros = parseMicros(reader, entry, 0);
  if (micros === undefined) return undefined;
  if (micros % MICROS_PER_MILLI === 0 && micros <= SEPARATION_MICROS_MAXIMUM)
    return micros / MICROS_PER_MILLI;
  reader.diagnostics.error(
    entry.offset,
    `separation is ${micros} us: it is a whole number of milliseconds up to 127`,
  );
  return undefined;
}

function parsePending(reader: YamlReader, entry: Entry): Times | undefined {
  const entries = reader.map(entry, keysOf(PENDING));
  if (entries === undefined) return undefined;
  const [afterEntry, everyEntry, mostEntry] = ['after', 'every', 'at-most'].map((key) =>
    entries.byKey.get(key),
  );
  const afterMicros = afterEntry === undefined ? AFTER_MICROS : parseMicros(reader, afterEntry, 0);
  const everyMicros = everyEntry === undefined ? EVERY_MICROS : parseMicros(reader, everyEntry, 1);
  if (mostEntry === undefined) {
    const reason =
      'pending never ends: a client of a dead AGL would wait for ever; write "at-most", how often it is kept waiting';
    reader.diagnostics.error(entry.keyOffset, reason);
    return undefined;
  }
  const count = reader.integer(mostEntry, 1, PENDING_COUNT_MAXIMUM);
  if (afterMicros === undefined || everyMicros === undefined || count === undefined)
    return undefined;
  warnLate(reader, afterEntry, afterMicros, P2_MICROS, 'P2, 50 ms');
  warnLate(reader, everyEntry, everyMicros, P2_STAR_MICROS, 'P2*, 5 s');
  return { afterMicros, everyMicros, count };
}

function warnLate(
  reader: YamlReader,
  entry: Entry | undefined,
  micros: number,
  most: number,
  what: string,
): void {
  if (entry === undefined || micros < most) return;
  const reason = `${entry.label} is ${micros / MICROS_PER_MILLI} ms: by default a client waits no longer than ${what}`;
  reader.diagnostics.warning(entry.offset, reason);
}
