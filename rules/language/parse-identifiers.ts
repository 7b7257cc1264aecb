// SPDX-License-Identifier: MIT
/**
 * Reads `id:` of a match: an identifier, with or without a mask, a range, a list of these, or all but these.
 *
 * Does not: read PGN and addresses; see parse-j1939.ts.
 */
import { isMap, isSeq } from 'yaml';
import { formatIdentifier } from '../model.ts';
import type { RuleMatch } from '../model.ts';
import type { IdentifierMatch, IdentifierTest } from '../order/identifiers.ts';
import { identifierMaximum, normalForm, RULE_RANGES_MAXIMUM } from '../order/identifiers.ts';
import { keysOf, MASKED, RANGE } from './words.ts';
import { hex } from './yaml-reader.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const TEST_KEYS = [...keysOf(MASKED), ...keysOf(RANGE)];

/** The identifiers of a match with `id`. Undefined after an error. */
export function parseIdentifiers(
  reader: YamlReader,
  entries: Entries,
  extended: boolean | undefined,
): IdentifierMatch | undefined {
  const entry = reader.required(entries, 'id', 'match');
  if (entry === undefined) return undefined;
  const isOne = !isMap(entry.node) && !isSeq(entry.node);
  if (isOne) return parseMasked(reader, entries, extended);
  const mask = entries.byKey.get('mask');
  if (mask !== undefined) {
    const reason =
      'mask belongs to one id: write { id: 0x100, mask: 0x700 } as an entry of the list';
    reader.diagnostics.error(mask.keyOffset, reason);
    return undefined;
  }
  const notEntry = entryOf(reader, entry, 'not');
  const tests = parseTests(reader, notEntry ?? entry, extended);
  if (tests === undefined || extended === undefined) return undefined;
  return formOf(reader, entry, tests, notEntry !== undefined, extended);
}

/** The set in its one form; says so if it is empty or takes too many ranges. */
export function formOf(
  reader: YamlReader,
  entry: Entry,
  tests: readonly IdentifierTest[],
  inverted: boolean,
  extended: boolean,
): IdentifierMatch | undefined {
  const form = normalForm(tests, inverted, extended);
  if (typeof form === 'object') return form;
  const reason =
    form === undefined
      ? 'leaves no identifier: no frame can match'
      : `makes ${form} ranges of identifiers, a rule may have ${RULE_RANGES_MAXIMUM}: write several rules`;
  reader.diagnostics.error(entry.offset, `${entry.label} ${reason}`);
  return undefined;
}

/** The value of a map's only key, if it is this one. */
export function entryOf(reader: YamlReader, entry: Entry, key: string): Entry | undefined {
  const isIt = isMap(entry.node) && entry.node.has(key);
  return isIt ? reader.map(entry, [key])?.byKey.get(key) : undefined;
}

/** A number or a list of up to `maximum`, each read by `read`. */
export function oneOrMore<Value>(
  reader: YamlReader,
  entry: Entry,
  maximum: number,
  read: (item: Entry) => Value | undefined,
): Value[] | undefined {
  const items = isSeq(entry.node) ? reader.list(entry, entry.label, maximum, 1) : [entry];
  if (items?.length === 0)
    reader.diagnostics.error(entry.offset, `${entry.label} is an empty list`);
  const values = items?.map(read);
  return values?.every((value) => value !== undefined) ? nonEmpty(values) : undefined;
}

function nonEmpty<Value>(values: Value[]): Value[] | undefined {
  return values.length === 0 ? undefined : values;
}

function parseTests(
  reader: YamlReader,
  entry: Entry,
  extended: boolean | undefined,
): IdentifierTest[] | undefined {
  return oneOrMore(reader, entry, RULE_RANGES_MAXIMUM, (item) => parseTest(reader, item, extended));
}

/** A number, `{ id, mask }` or `{ from, to }`. */
function parseTest(
  reader: YamlReader,
  item: Entry,
  extended: boolean | undefined,
): IdentifierTest | undefined {
  if (!isMap(item.node)) {
    const identifier = parseNumber(reader, item, extended);
    return identifier === undefined
      ? undefined
      : { identifier, mask: identifierMaximum(extended ?? true) };
  }
  const entries = reader.map(item, TEST_KEYS);
  if (entries === undefined) return undefined;
  if (entries.byKey.has('id')) {
    const range = entries.byKey.get('from') ?? entries.byKey.get('to');
    if (range === undefined) return parseMasked(reader, entries, extended);
    reader.diagnostics.error(range.keyOffset, 'id and a range exclude each other');
    return undefined;
  }
  const [fromEntry, toEntry] = ['from', 'to'].map((key) =>
    reader.required(entries, key, item.label),
  );
  const first = fromEntry && parseNumber(reader, fromEntry, extended);
  const last = toEntry && parseNumber(reader, toEntry, extended);
  if (first === undefined || last === undefined) return undefined;
  if (first <= last) return { first, last };
  const reason = `the range from 0x${hex(first)} to 0x${hex(last)} is upside down: swap them`;
  reader.diagnostics.error(item.offset, reason);
  return undefined;
}

/** `id` and perhaps `mask`. */
function parseMasked(
  reader: YamlReader,
  entries: Entries,
  extended: boolean | undefined,
): Pick<RuleMatch, 'identifier' | 'mask'> | undefined {
  const identifier = parseIdentifier(reader, entries, 'id', 'match', extended);
  const mask = parseMask(reader, entries, identifier, extended);
  return identifier === undefined || mask === undefined ? undefined : { identifier, mask };
}

/** Reads an identifier and checks it against the frame format. */
export function parseIdentifier(
  reader: YamlReader,
  entries: Entries,
  key: string,
  where: string,
  extended: boolean | undefined,
): number | undefined {
  const entry = reader.required(entries, key, where);
  return entry && parseNumber(reader, entry, extended);
}

function parseNumber(
  reader: YamlReader,
  entry: Entry,
  extended: boolean | undefined,
): number | undefined {
  const identifier = reader.number(entry, true);
  if (identifier === undefined || extended === undefined) return undefined;
  if (identifier <= identifierMaximum(extended)) return identifier;
  const hint =
    !extended && identifier <= identifierMaximum(true)
      ? '; for a 29-bit identifier add "extended: true"'
      : '';
  const kind = extended ? 'an extended' : 'a standard';
  const most = hex(identifierMaximum(extended));
  const reason = `${entry.label} 0x${hex(identifier)} is out of range: ${kind} identifier is at most 0x${most}${hint}`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

function parseMask(
  reader: YamlReader,
  entries: Entries,
  identifier: number | undefined,
  extended: boolean | undefined,
): number | undefined {
  const everyBit = identifierMaximum(extended === true);
  const entry = entries.byKey.get('mask');
  if (entry === undefined) return everyBit;
  const mask = reader.number(entry, true);
  if (mask === undefined || extended === undefined) return undefined;
  if (mask > everyBit) {
    const kind = extended ? 'an extended' : 'a standard';
    const reason = `mask 0x${hex(mask)} is out of range: ${kind} identifier has no bits above 0x${hex(everyBit)}`;
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
  const never = identifier === undefined ? 0 : identifier & ~mask;
  if (identifier === undefined || never === 0) return mask;
  reader.diagnostics.error(
    entry.offset,
    `mask 0x${hex(mask)} leaves out bits 0x${hex(never)} of id ` +
      `${formatIdentifier(identifier, extended)}: no frame can match; ` +
      `clear them in the id or set them in the mask`,
  );
  return undefined;
}
