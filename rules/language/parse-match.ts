// SPDX-License-Identifier: MIT
/**
 * Reads `match:` of one rule: identifiers, frame kind, and what the data must be.
 *
 * Does not: compare rules with each other; see order/hidden.ts.
 */
import { isScalar } from 'yaml';
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import type { Message } from '../dbc/database.ts';
import type { RuleMatch } from '../model.ts';
import { identifierMaximum } from '../order/identifiers.ts';
import type { Names } from './dbc-names.ts';
import { addSignals } from './match-signals.ts';
import { parseDataMatch } from './parse-data.ts';
import { parseIdentifiers } from './parse-identifiers.ts';
import { J1939_KEYS, j1939Entry, parseJ1939 } from './parse-j1939.ts';
import { keysOf, MATCH } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** A match, and the message that it names. */
export interface ParsedMatch {
  readonly match: RuleMatch | undefined;
  readonly message: Message | undefined;
}

/** Reads the condition of a rule. */
export function parseMatch(reader: YamlReader, entry: Entry, names: Names): ParsedMatch {
  const entries = reader.map(entry, keysOf(MATCH));
  if (entries === undefined) return { match: undefined, message: undefined };
  const message = names.message(reader, entries);
  const isNamed = entries.byKey.has('message');
  const isDone = isNamed && (message === undefined || refuseBeside(reader, entries));
  return {
    match: isDone ? undefined : parseEntries(reader, entry, entries, message),
    message,
  };
}

function parseEntries(
  reader: YamlReader,
  entry: Entry,
  entries: Entries,
  message: Message | undefined,
): RuleMatch | undefined {
  const j1939 = j1939Entry(entries);
  const extended =
    message === undefined ? parseExtended(reader, entries, j1939 !== undefined) : message.extended;
  const kind = parseRemote(reader, entries.byKey.get('remote'));
  const remote = kind === 'never' ? false : kind;
  const identifiers =
    message !== undefined
      ? { identifier: message.identifier, mask: identifierMaximum(message.extended) }
      : j1939 === undefined
        ? parseIdentifiers(reader, entries, extended)
        : parseJ1939(reader, entries);
  const plain = parseDataMatch(reader, entries, remote);
  const signals = entries.byKey.get('signals');
  const dataMatch =
    signals === undefined || plain === undefined
      ? plain
      : addSignals(reader, signals, message, plain);
  if (extended === undefined || remote === undefined) return undefined;
  if (identifiers === undefined || dataMatch === undefined) return undefined;
  const { conditions, ...rest } = dataMatch;
  const count = conditions.reduce((sum, group) => sum + group.length, 0);
  if (count > RULE_NUMBERS_2.RULE_CONDITIONS_MAXIMUM) {
    const reason = `match has ${count} conditions on data, at most ${RULE_NUMBERS_2.RULE_CONDITIONS_MAXIMUM} fit: write several rules`;
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
  const never = kind === 'never' ? ({ neverRemote: true } as const) : {};
  const match = { ...identifiers, extended, remote, ...never, ...rest };
  return conditions.length === 0 ? match : { ...match, conditions };
}

/** Whether a key is there that says what the message says. */
function refuseBeside(reader: YamlReader, entries: Entries): boolean {
  const other = ['id', 'mask', 'extended', ...J1939_KEYS]
    .map((key) => entries.byKey.get(key))
    .find((entry) => entry !== undefined);
  if (other === undefined) return false;
  const reason = `${other.label} and message exclude each other: the DBC file has the identifier`;
  reader.diagnostics.error(other.keyOffset, reason);
  return true;
}

/** As the file says; J1939 has extended identifiers. */
function parseExtended(reader: YamlReader, entries: Entries, isJ1939: boolean) {
  const entry = entries.byKey.get('extended');
  const extended = reader.boolean(entry, isJ1939);
  if (!isJ1939 || extended !== false || entry === undefined) return extended;
  const reason = 'J1939 identifiers have 29 bits: remove extended: false';
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

/**
 * `true`, `false`, `any` for data and remote frames alike, or `never`: as `false`, and no remote frame has these
 * identifiers.
 */
function parseRemote(
  reader: YamlReader,
  entry: Entry | undefined,
): RuleMatch['remote'] | 'never' | undefined {
  const word = entry !== undefined && isScalar(entry.node) ? entry.node.value : undefined;
  if (word === 'any' || word === 'never') return word;
  return reader.boolean(entry, false, 'true, false, any or never');
}
