// SPDX-License-Identifier: MIT
/**
 * Reads `answer:` of one rule: identifier, length and fixed bytes. parse-copies.ts reads the other bytes.
 *
 * It needs the parsed match, because the request limits what can be copied.
 */
import { isScalar } from 'yaml';
import type { Message } from '../dbc/database.ts';
import type { RuleAnswer, RuleMatch, Step } from '../model.ts';
import { bytesOf } from '../e2e/layout.ts';
import { DATA_BYTES, formatIdentifier, SAME_AS_REQUEST } from '../model.ts';
import { hasIdentifier } from '../order/identifiers.ts';
import { fieldOfSignal } from './dbc-names.ts';
import type { Names } from './dbc-names.ts';
import { bitsOf, bitsOfBytes, Fields } from './fields.ts';
import { valueBits } from './match-signals.ts';
import { parseBitFields } from './parse-bits.ts';
import { parseChecksums } from './parse-checksum.ts';
import { parseProtect } from './parse-protect.ts';
import { parseCopies, placeCopies } from './parse-copies.ts';
import type { AnswerByte } from './parse-copies.ts';
import { parseByte } from './parse-data.ts';
import { J1939_KEYS } from './parse-j1939.ts';
import { parseReplyIdentifier } from './parse-reply.ts';
import type { ReplyIdentifier } from './parse-reply.ts';
import { parseSetSignals } from './set-signals.ts';
import { ANSWER, keysOf } from './words.ts';
import type { Words } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** The answer, and what it needs. */
export interface ParsedAnswer {
  readonly answer: RuleAnswer;
  /** Bytes of the request. */
  readonly requestBytes: number;
  readonly hasCounter: boolean;
}

/** What the answer can refer to. */
export interface AnswerContext {
  /** Undefined if it had errors itself. */
  readonly match: RuleMatch | undefined;
  /** The message of the match. */
  readonly request: Message | undefined;
  readonly names: Names;
  /** What the answer may have, if not all that one may. */
  readonly words?: Words;
}

/** Reads an answer. Undefined after an error. */
export function parseAnswer(
  reader: YamlReader,
  entry: Entry,
  { match, request, names, words = ANSWER }: AnswerContext,
): ParsedAnswer | undefined {
  const entries = reader.map(entry, keysOf(words), { remote: 'an answer is always a data frame' });
  if (entries === undefined) return undefined;
  const message = names.message(reader, entries);
  const reply = entries.byKey.has('message')
    ? message && replyOf(reader, entries, message)
    : parseReplyIdentifier(reader, entries, match);
  const data = parseAnswerData(reader, entries.byKey.get('data'));
  const copies = parseCopies(reader, entries, match);
  const lengthEntry = entries.byKey.get('length');
  const given = lengthEntry === undefined ? message?.length : parseLength(reader, lengthEntry);
  if (reply === undefined || data === undefined || copies === undefined) return undefined;
  if (lengthEntry !== undefined && given === undefined) return undefined;

  const fields = new Fields(reader);
  for (const copy of copies) {
    fields.claim({ label: copy.kind, offset: copy.offset }, bitsOfBytes(copy.to, copy.count));
  }
  // The bits of signals with constants, and these.
  let [mask, constants] = [0n, 0n];
  parseBitFields(reader, entries, fields, match?.remote ?? false);
  const sides = { match, request, target: message, isSame: false };
  parseSetSignals(reader, entries, fields, sides, (item, signal, raw) => {
    const field = fieldOfSignal(signal);
    fields.claim(item, bitsOf(field));
    mask |= bitsOf(field);
    constants |= valueBits(field, raw);
  });
  const fixed = typeof given === 'number' ? given : undefined;
  const checksums = parseChecksums(reader, entries, 'error', fixed);
  if (checksums === undefined) return undefined;
  for (const step of checksums) claimResult(entries, fields, step, fixed);
  const protection = parseProtect(reader, entries, fields, (layout) => ({
    length:
      given === SAME_AS_REQUEST
        ? undefined
        : (given ?? Math.max(data.length, fields.end, bytesOf(layout))),
    ...{ data, advice: 'give the answer a length of its own' },
  }));
  if (protection === undefined) return undefined;
  const length = given ?? Math.max(data.length, fields.end);
  const place = lengthEntry ?? entry;
  if (!fitsLength(reader, length, data.length, fields.end, place)) return undefined;
  const source = placeCopies(reader, copies, data, fields);
  const steps = fields.stepsWith(entry, reply.steps, [...checksums, ...protection]);
  if (source === undefined || steps === undefined) return undefined;
  const { identifier, extended } = reply;
  if (reply.steps.length === 0) {
    const [idEntry = entry] = ['id', 'pgn', 'message'].flatMap(
      (key) => entries.byKey.get(key) ?? [],
    );
    warnAboutOwnRequest(reader, idEntry, identifier, extended, match);
  }
  const ofRequest = copies.filter((copy) => copy.kind === 'copy');
  const byteOf = (word: bigint, index: number) => Number((word >> BigInt(8 * index)) & 0xffn);
  const bytes = Array.from({ length: DATA_BYTES }, (_, index) =>
    source[index] === null
      ? ((data[index]?.value ?? 0) & ~byteOf(mask, index)) | byteOf(constants, index)
      : 0,
  );
  const answer = { identifier, extended, length, data: bytes, source };
  return {
    answer: steps.length === 0 ? answer : { ...answer, steps },
    requestBytes: Math.max(fields.requestBytes, ...ofRequest.map((copy) => copy.from + copy.count)),
    hasCounter: fields.counter !== undefined,
  };
}

/** The identifier of the message. */
function replyOf(
  reader: YamlReader,
  entries: Entries,
  { identifier, extended }: Message,
): ReplyIdentifier | undefined {
  const other = ['id', 'extended', ...J1939_KEYS]
    .map((key) => entries.byKey.get(key))
    .find((entry) => entry !== undefined);
  if (other === undefined) return { identifier, extended, steps: [] };
  const reason = `${other.label} and message exclude each other: the DBC file has the identifier`;
  reader.diagnostics.error(other.keyOffset, reason);
  return undefined;
}

/** The byte of the result belongs to the checksum. */
export function claimResult(
  entries: Entries,
  fields: Fields,
  step: Step,
  length: number | undefined,
): void {
  if (step.kind !== 'checksum-xor' && step.kind !== 'checksum-crc8') return;
  const entry = entries.byKey.get('checksum');
  const positions = [step.result, step.from, step.to].map((at) =>
    at < 0 ? at + (length ?? 0) : at,
  );
  if (length === undefined && positions.some((at) => at < 0)) return;
  const offset = entry?.offset ?? entries.offset;
  const beyond = positions.find((at) => at < 0 || (length !== undefined && at >= length));
  if (beyond !== undefined) {
    fields.refuse(
      { offset },
      `checksum is about byte ${beyond}, and the answer has ${length} bytes`,
    );
  } else fields.claim({ label: 'checksum', offset }, bitsOfBytes(positions[0], 1));
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
  writtenEnd: number,
  place: Entry,
): boolean {
  if (length === SAME_AS_REQUEST) return true;
  if (dataLength > length) {
    const reason = `data has ${dataLength} bytes, but length is ${length}`;
    reader.diagnostics.error(place.offset, reason);
    return false;
  }
  if (writtenEnd > length) {
    const reason = `byte ${writtenEnd - 1} is written, but length is ${length}`;
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
