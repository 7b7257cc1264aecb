// SPDX-License-Identifier: MIT
/**
 * Reads rules.yaml: text to rule table, with every error at its `file:line:column`. docs/rules.md describes
 * the language.
 */
import type { Diagnostic } from '../diagnostics.ts';
import { MAXIMUM_RULES } from '../model.ts';
import type { Rule, RuleMatch, RuleTable } from '../model.ts';
import { type Expectation, parseExpectations } from '../oracle/parse-expect.ts';
import { findCommonFrame } from '../order/overlap.ts';
import { parseAnswer } from './parse-answer.ts';
import { parseFilters } from './parse-filters.ts';
import { parseMatch } from './parse-match.ts';
import { parseReceive } from './parse-receive.ts';
import { checkVersion, readYaml } from './yaml-document.ts';
import type { Root } from './yaml-document.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const TABLE_KEYS = ['version', 'default', 'filters', 'receive', 'rules', 'expect'];
const RULE_KEYS = ['name', 'match', 'answer', 'deadline', 'forward', 'action', 'expect'];

/** The table if there were no errors, and all diagnostics in file order. */
export interface ParseResult {
  readonly table: RuleTable | undefined;
  /** What the file expects of its table. */
  readonly expectations: readonly Expectation[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The readable parts of a rule, even if other parts were wrong. */
interface ParsedRule {
  readonly name: string | undefined;
  readonly nameOffset: number;
  readonly match: RuleMatch | undefined;
  readonly matchOffset: number;
  readonly rule: Rule | undefined;
}

/** Reads the text of a rules file. `file` is only used in messages. */
export function parseRules(text: string, file: string): ParseResult {
  let expectations: Expectation[] = [];
  const { value, diagnostics } = readYaml(text, file, 'the rules file', (reader, root) => {
    expectations = parseExpectations(reader, root);
    return parseTable(reader, root);
  });
  return { table: value, expectations, diagnostics };
}

function parseTable(reader: YamlReader, root: Root): RuleTable | undefined {
  const entries = reader.map(root, TABLE_KEYS);
  if (entries === undefined) return undefined;
  checkVersion(reader, reader.required(entries, 'version', root.label));
  const defaultEntry = entries.byKey.get('default');
  const defaultAction =
    defaultEntry === undefined ? 'forward' : reader.word(defaultEntry, ['forward', 'drop']);
  const filters = parseFilters(reader, entries);
  const rules = parseRuleList(reader, entries, root.label);
  if (defaultAction === undefined) return undefined;
  const table: RuleTable = { defaultAction, rules, ...(filters.length === 0 ? {} : { filters }) };
  return { ...table, ...parseReceive(reader, entries, table) };
}

function parseRuleList(reader: YamlReader, entries: Entries, where: string): Rule[] {
  const entry = reader.required(entries, 'rules', where);
  // `rules:` without a value is a table without rules.
  if (entry === undefined || entry.node === null) return [];
  const items = reader.list(entry, 'rule', MAXIMUM_RULES, 1) ?? [];
  const parsed = items.map((item) => parseRule(reader, item)).filter((rule) => rule !== undefined);
  refuseDuplicateNames(reader, parsed);
  refuseOverlaps(reader, parsed);
  return parsed.map((candidate) => candidate.rule).filter((rule) => rule !== undefined);
}

function parseRule(reader: YamlReader, item: Entry): ParsedRule | undefined {
  const entries = reader.map(item, RULE_KEYS);
  if (entries === undefined) return undefined;
  const nameEntry = reader.required(entries, 'name', item.label);
  const name = nameEntry === undefined ? undefined : parseName(reader, nameEntry);
  const called = name === undefined ? item.label : `rule "${name}"`;
  const matchEntry = reader.required(entries, 'match', called);
  const match = matchEntry === undefined ? undefined : parseMatch(reader, matchEntry);
  const answerEntry = entries.byKey.get('answer');
  const answer = answerEntry === undefined ? null : parseAnswer(reader, answerEntry, match);
  const deadlineNanos = parseDeadline(reader, entries, called);
  const forward = parseForward(reader, entries, called);
  const complete =
    name !== undefined && match !== undefined && answer !== undefined && forward !== undefined;
  return {
    name,
    nameOffset: nameEntry?.offset ?? item.offset,
    match,
    matchOffset: matchEntry?.offset ?? item.offset,
    rule: complete
      ? {
          name,
          // A frame too short for a copy must not match.
          match: {
            ...match,
            minimumLength: Math.max(match.minimumLength, answer?.requestBytes ?? 0),
          },
          answer: answer?.answer ?? null,
          forward,
          ...(deadlineNanos === undefined ? {} : { deadlineNanos }),
        }
      : undefined,
  };
}

function parseName(reader: YamlReader, entry: Entry): string | undefined {
  const name = reader.text(entry);
  if (name === undefined || /^[a-z0-9-]+$/.test(name)) return name;
  const reason = `name ${JSON.stringify(name)} may have small letters, digits and - only`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

/** The longest time from the end of the request to the end of the answer that is good enough. */
function parseDeadline(reader: YamlReader, entries: Entries, called: string): number | undefined {
  const entry = entries.byKey.get('deadline');
  if (entry === undefined) return undefined;
  if (entries.byKey.has('answer')) return reader.duration(entry, 'above 0');
  const reason = `${called} has a deadline, but no answer that could be late`;
  reader.diagnostics.error(entry.keyOffset, reason);
  return undefined;
}

/** Whether the request goes to AGL: as `forward` or `action` says, otherwise only if unanswered. */
function parseForward(reader: YamlReader, entries: Entries, called: string): boolean | undefined {
  const answered = entries.byKey.has('answer');
  const forwardEntry = entries.byKey.get('forward');
  const action = entries.byKey.get('action');
  if (action !== undefined) {
    if (reader.word(action, ['drop']) === undefined) return undefined;
    const other = answered ? 'answer' : forwardEntry === undefined ? undefined : 'forward';
    if (other === undefined) return false;
    const reason = `${called} has "action: drop" and "${other}": remove one of them`;
    reader.diagnostics.error(action.keyOffset, reason);
    return undefined;
  }
  const forward = reader.boolean(forwardEntry, !answered);
  if (forward === false && !answered && forwardEntry !== undefined) {
    const reason = `${called} neither answers nor forwards: if that is meant, write "action: drop"`;
    reader.diagnostics.error(forwardEntry.keyOffset, reason);
    return undefined;
  }
  return forward;
}

function refuseDuplicateNames(reader: YamlReader, rules: readonly ParsedRule[]): void {
  const firstOf = new Map<string, number>();
  for (const { name, nameOffset } of rules) {
    if (name === undefined) continue;
    const first = firstOf.get(name);
    if (first === undefined) firstOf.set(name, nameOffset);
    else {
      const place = reader.diagnostics.place(first);
      reader.diagnostics.error(nameOffset, `name "${name}" is already used at ${place}`);
    }
  }
}

function refuseOverlaps(reader: YamlReader, rules: readonly ParsedRule[]): void {
  for (const [index, later] of rules.entries()) {
    for (const earlier of rules.slice(0, index)) {
      if (earlier.match === undefined || later.match === undefined) continue;
      const frame = findCommonFrame(earlier.match, later.match);
      if (frame === null) continue;
      const place = reader.diagnostics.place(earlier.matchOffset);
      reader.diagnostics.error(
        later.matchOffset,
        `rule "${later.name ?? '?'}" overlaps rule "${earlier.name ?? '?'}" (${place}): ` +
          `both match ${frame}; make one of them narrower`,
      );
    }
  }
}
