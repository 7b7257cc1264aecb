// SPDX-License-Identifier: MIT
/**
 * Reads `match:` of one rule: identifiers, frame kind, and what the data must be.
 *
 * Does not: compare rules with each other; see order/hidden.ts.
 */
import { isScalar } from 'yaml';
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import type { RuleMatch } from '../model.ts';
import { parseDataMatch } from './parse-data.ts';
import { parseIdentifiers } from './parse-identifiers.ts';
import { J1939_KEYS, j1939Entry, parseJ1939 } from './parse-j1939.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const MATCH_KEYS = ['id', 'mask', 'extended', 'remote', 'length', 'data', ...J1939_KEYS];

/** Reads the condition of a rule. Undefined after an error. */
export function parseMatch(reader: YamlReader, entry: Entry): RuleMatch | undefined {
  const entries = reader.map(entry, MATCH_KEYS);
  if (entries === undefined) return undefined;
  const j1939 = j1939Entry(entries);
  const extended = parseExtended(reader, entries, j1939 !== undefined);
  const remote = parseRemote(reader, entries.byKey.get('remote'));
  const identifiers =
    j1939 === undefined ? parseIdentifiers(reader, entries, extended) : parseJ1939(reader, entries);
  const dataMatch = parseDataMatch(reader, entries, remote);
  if (extended === undefined || remote === undefined) return undefined;
  if (identifiers === undefined || dataMatch === undefined) return undefined;
  const { conditions, ...rest } = dataMatch;
  const count = conditions.reduce((sum, group) => sum + group.length, 0);
  if (count > RULE_NUMBERS_2.RULE_CONDITIONS_MAXIMUM) {
    const reason = `match has ${count} conditions on data, at most ${RULE_NUMBERS_2.RULE_CONDITIONS_MAXIMUM} fit: write several rules`;
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
  const match = { ...identifiers, extended, remote, ...rest };
  return conditions.length === 0 ? match : { ...match, conditions };
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

/** `true`, `false`, or `any` for data and remote frames alike. */
function parseRemote(reader: YamlReader, entry: Entry | undefined): boolean | 'any' | undefined {
  const isAny = entry !== undefined && isScalar(entry.node) && entry.node.value === 'any';
  return isAny ? 'any' : reader.boolean(entry, false);
}
