// SPDX-License-Identifier: MIT
/**
 * Reads `answer:` of one rule: identifier, length and fixed bytes. parse-copies.ts reads the other bytes.
 *
 * It needs the parsed match, because the request limits what can be copied.
 */
import { isScalar } from 'yaml';
import type { RuleAnswer, RuleMatch } from '../model.ts';
import { DATA_BYTES, formatIdentifier, SAME_AS_REQUEST } from '../model.ts';
import { hasIdentifier } from '../order/identifiers.ts';
import { parseCopies, placeCopies } from './parse-copies.ts';
import type { AnswerByte } from './parse-copies.ts';
import { parseByte } from './parse-data.ts';
import { parseIdentifier } from './parse-identifiers.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

const ANSWER_KEYS = ['id', 'extended', 'length', 'data', 'copy', 'live'];

/** The answer, and the request length it needs. */
export interface ParsedAnswer {
  readonly answer: RuleAnswer;
  readonly requestBytes: number;
}

/** Reads an answer. Undefined after an error. `match` is undefined if it had errors itself. */
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
  const copies = parseCopies(reader, entries, match);
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
  const ofRequest = copies.filter((copy) => copy.kind === 'copy');
  const requestBytes = Math.max(0, ...ofRequest.map((copy) => copy.from + copy.count));
  const bytes = Array.from({ length: DATA_BYTES }, (_, index) =>
    source[index] === null ? (data[index]?.value ?? 0) : 0,
  );
  return { answer: { identifier, extended, length, data: bytes, source }, requestBytes };
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

/** Warns if the answer has the identifier of the request: arbitration could not separate the two nodes. */
function warnAboutOwnRequest(
  reader: YamlReader,
  entry: Entry,
  identifier: number,
  extended: boolean,
  match: RuleMatch | undefined,
): void {
  if (match === undefined || match.remote === true || match.extended !== extended) return;
  if (!hasIdentifier(match, identifier)) return;
  reader.diagnostics.warning(
    entry.offset,
    `answer id ${formatIdentifier(identifier, extended)} is also matched as a request: ` +
      'two nodes sending one identifier collide on the bus',
  );
}
