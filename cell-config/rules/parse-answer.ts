/**
 * Reads `answer:` of one rule: identifier, length, fixed bytes, bytes copied from the request.
 *
 * Used by: parse.ts.
 * Does not: read the match, but gets its result: what can be copied depends on the request.
 */
import { isScalar } from 'yaml';
import type { RuleAnswer, RuleMatch } from './model.ts';
import { DATA_BYTES, formatIdentifier, SAME_AS_REQUEST } from './model.ts';
import { parseByte, parseIdentifier } from './parse-match.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

const ANSWER_KEYS = ['id', 'extended', 'length', 'data', 'copy'];
const COPY_KEYS = ['from', 'to', 'count'];

/** The answer, and how many bytes of the request it needs. */
export interface ParsedAnswer {
  readonly answer: RuleAnswer;
  readonly requestBytes: number;
}

/** One `copy` entry that passed its own checks. */
interface Copy {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly offset: number;
}

/** Reads an answer; undefined after an error. `match` is undefined if it had errors itself. */
export function parseAnswer(
  reader: YamlReader,
  entry: Entry,
  match: RuleMatch | undefined,
): ParsedAnswer | undefined {
  const entries = reader.map(entry, ANSWER_KEYS, { remote: 'an answer is always a data frame' });
  if (entries === undefined) return undefined;
  const extended = reader.boolean(entries.byKey.get('extended'), false);
  const identifier = parseIdentifier(reader, entries, 'id', 'answer', extended);
  const data = parseAnswerData(reader, entries.byKey.get('data'));
  const copies = parseCopies(reader, entries.byKey.get('copy'), match);
  const lengthEntry = entries.byKey.get('length');
  const given = lengthEntry === undefined ? undefined : parseLength(reader, lengthEntry);
  if (extended === undefined || identifier === undefined) return undefined;
  if (data === undefined || copies === undefined) return undefined;
  if (lengthEntry !== undefined && given === undefined) return undefined;

  const copiedEnd = Math.max(0, ...copies.map((copy) => copy.to + copy.count));
  const length = given ?? Math.max(data.length, copiedEnd);
  const place = lengthEntry ?? entry;
  if (!fitsLength(reader, length, data.length, copiedEnd, place)) return undefined;
  const source = placeCopies(reader, copies, data);
  if (source === undefined) return undefined;
  warnAboutOwnRequest(reader, entries.byKey.get('id') ?? entry, identifier, extended, match);
  const requestBytes = Math.max(0, ...copies.map((copy) => copy.from + copy.count));
  const bytes = Array.from({ length: DATA_BYTES }, (_, index) =>
    source[index] === null ? (data[index]?.value ?? 0) : 0,
  );
  return { answer: { identifier, extended, length, data: bytes, source }, requestBytes };
}

/** A byte of `data`; value null for `~`, which a copy must fill. */
interface AnswerByte {
  readonly value: number | null;
  readonly offset: number;
}

function parseAnswerData(reader: YamlReader, entry: Entry | undefined): AnswerByte[] | undefined {
  if (entry === undefined) return [];
  const items = reader.list(entry, 'data byte', DATA_BYTES);
  if (items === undefined) return undefined;
  let valid = true;
  const bytes = items.map((item): AnswerByte => {
    if (item.node === null) return { value: null, offset: item.offset };
    const value = parseByte(reader, item);
    if (value === undefined) valid = false;
    return { value: value ?? 0, offset: item.offset };
  });
  return valid ? bytes : undefined;
}

function parseLength(
  reader: YamlReader,
  entry: Entry,
): number | typeof SAME_AS_REQUEST | undefined {
  const isText = isScalar(entry.node) && typeof entry.node.value === 'string';
  if (isText) return reader.word<typeof SAME_AS_REQUEST>(entry, [SAME_AS_REQUEST]);
  const length = reader.number(entry, false);
  if (length === undefined || length <= DATA_BYTES) return length;
  reader.diagnostics.error(entry.offset, `length is ${length}: a CAN frame has at most 8 bytes`);
  return undefined;
}

function fitsLength(
  reader: YamlReader,
  length: number | typeof SAME_AS_REQUEST,
  dataLength: number,
  copiedEnd: number,
  place: Entry,
): boolean {
  if (length === SAME_AS_REQUEST) return true;
  if (dataLength > length) {
    const reason = `data has ${dataLength} bytes, but length is ${length}`;
    reader.diagnostics.error(place.offset, reason);
    return false;
  }
  if (copiedEnd > length) {
    const reason = `copy writes byte ${copiedEnd - 1}, but length is ${length}`;
    reader.diagnostics.error(place.offset, reason);
    return false;
  }
  return true;
}

function parseCopies(
  reader: YamlReader,
  entry: Entry | undefined,
  match: RuleMatch | undefined,
): Copy[] | undefined {
  if (entry === undefined) return [];
  if (match?.remote === true) {
    reader.diagnostics.error(
      entry.keyOffset,
      'a remote frame carries no data to copy: remove copy, or match the data frame',
    );
    return undefined;
  }
  const items = reader.list(entry, 'copy', DATA_BYTES);
  if (items === undefined) return undefined;
  const copies = items.map((item) => parseCopy(reader, item));
  return copies.every((copy) => copy !== undefined) ? copies : undefined;
}

function parseCopy(reader: YamlReader, item: Entry): Copy | undefined {
  const entries = reader.map(item, COPY_KEYS);
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
  if (from + count > DATA_BYTES) {
    return refuse(`reads request bytes ${from} to ${from + count - 1}; the last byte is 7`);
  }
  if (to + count > DATA_BYTES) {
    return refuse(`writes answer bytes ${to} to ${to + count - 1}; the last byte is 7`);
  }
  return { from, to, count, offset: item.offset };
}

/** Which request byte fills each answer byte; refuses two for one and a `~` that none fills. */
function placeCopies(
  reader: YamlReader,
  copies: readonly Copy[],
  data: readonly AnswerByte[],
): (number | null)[] | undefined {
  const source = Array.from({ length: DATA_BYTES }, (): number | null => null);
  let valid = true;
  for (const copy of copies) {
    for (let index = 0; index < copy.count; index += 1) {
      const to = copy.to + index;
      if (source[to] !== null) {
        reader.diagnostics.error(copy.offset, `answer byte ${to} is copied twice`);
        valid = false;
        break;
      }
      source[to] = copy.from + index;
    }
  }
  for (const [index, byte] of data.entries()) {
    if (byte.value === null && source[index] === null) {
      const reason = `data byte ${index} is ~, but no copy fills it: give a value`;
      reader.diagnostics.error(byte.offset, reason);
      valid = false;
    }
    if (byte.value !== null && byte.value !== 0 && source[index] !== null) {
      const reason = `data byte ${index} is never sent: copy overwrites it; write ~`;
      reader.diagnostics.warning(byte.offset, reason);
    }
  }
  return valid ? source : undefined;
}

/** Two nodes must not send the same identifier: arbitration could not tell them apart. */
function warnAboutOwnRequest(
  reader: YamlReader,
  entry: Entry,
  identifier: number,
  extended: boolean,
  match: RuleMatch | undefined,
): void {
  if (match === undefined || match.remote || match.extended !== extended) return;
  if ((identifier & match.mask) !== match.identifier) return;
  reader.diagnostics.warning(
    entry.offset,
    `answer id ${formatIdentifier(identifier, extended)} is also matched as a request: ` +
      'two nodes sending one identifier collide on the bus',
  );
}
