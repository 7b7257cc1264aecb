// SPDX-License-Identifier: MIT
/**
 * Reads rules.yaml: text to rule table, with every error at its `file:line:column`. docs/rules.md describes
 * the language.
 */
import { counted } from '../../cell-config/plural.ts';
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { slowestDecision } from '../image/decision.ts';
import { ALARM_NAME, MAXIMUM_RULES } from '../model.ts';
import { WATCHES_MAXIMUM } from '../watch.ts';
import type { Rule, RuleTable } from '../model.ts';
import { type Expectation, parseExpectations } from '../oracle/parse-expect.ts';
import { findHidden } from '../order/hidden.ts';
import { findLoop } from '../order/loops.ts';
import { NO_FILES, readNames } from './dbc-files.ts';
import type { ReadText } from './dbc-files.ts';
import type { Names } from './dbc-names.ts';
import { parseAgl } from './parse-agl.ts';
import { parseCyclic } from './parse-cyclic.ts';
import type { ParsedTimed } from './parse-cyclic.ts';
import { diagnosisText, roleOf } from '../diagnosis/expand.ts';
import { parseDiagnosis } from './parse-diagnosis.ts';
import type { ParsedDiagnosis } from './parse-diagnosis.ts';
import { parseFilters } from './parse-filters.ts';
import { parseRule } from './parse-rule.ts';
import type { ParsedRule } from './parse-rule.ts';
import { parseReceive } from './parse-receive.ts';
import { parseSafeState } from './parse-safe-state.ts';
import { checkSafeState } from './check-safe-state.ts';
import { refuseOverload } from './check-timers.ts';
import { DEFAULTS, keysOf, RULELESS, TABLE } from './words.ts';
import { checkVersion, readYaml } from './yaml-document.ts';
import type { Root } from './yaml-document.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

/** Earlier rules that a message names. */
const NAMED_MAXIMUM = 3;

/** The table if there were no errors, and all diagnostics in file order. */
export interface ParseResult {
  readonly table: RuleTable | undefined;
  /** What the file expects of its table. */
  readonly expectations: readonly Expectation[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the text of a rules file. `file` is its path: messages begin with it, and DBC files are looked for
 * in its folder. `readText` reads them. Without it a DBC file is an error.
 */
export function parseRules(text: string, file: string, readText: ReadText = NO_FILES): ParseResult {
  let expectations: Expectation[] = [];
  const { value, diagnostics } = readYaml(text, file, 'the rules file', (reader, root) => {
    expectations = parseExpectations(reader, root);
    return parseTable(reader, root, file, readText);
  });
  return { table: value, expectations, diagnostics };
}

function parseTable(
  reader: YamlReader,
  root: Root,
  file: string,
  readText: ReadText,
): RuleTable | undefined {
  const entries = reader.map(root, keysOf(TABLE));
  if (entries === undefined) return undefined;
  checkVersion(reader, reader.required(entries, 'version', root.label));
  const defaultEntry = entries.byKey.get('default');
  const defaultAction =
    defaultEntry === undefined ? 'forward' : reader.word(defaultEntry, DEFAULTS);
  const filters = parseFilters(reader, entries);
  const names = readNames(reader, entries, file, readText);
  const { agl, alarm } = parseAgl(reader, entries, names);
  const safe = parseSafeState(reader, entries, names);
  const timed = [...parseCyclic(reader, entries, names), ...safe.frames];
  const front = parseDiagnosis(reader, entries);
  const own = front === undefined ? [] : diagnosisRules(reader, front);
  const parsed = parseRuleList(reader, entries, root.label, names, timed, own);
  checkSafeState(reader, safe, parsed);
  refuseOverload(reader, timed);
  const listed = parsed.flatMap(({ rule }) => rule ?? []);
  const cyclic = timed.flatMap(({ rule }) => rule ?? []);
  const notices = parsed.flatMap((one) => one.notices.flatMap(({ rule }) => rule ?? []));
  refuseWatches(reader, parsed);
  const rules = [...listed, ...notices, ...cyclic, ...(alarm === undefined ? [] : [alarm])];
  refuseAlarmName(reader, entries, rules);
  refuseTooMany(reader, entries, rules);
  if (defaultAction === undefined) return undefined;
  const table: RuleTable = {
    ...{ defaultAction, rules },
    ...(filters.length === 0 ? {} : { filters }),
    ...(agl === undefined ? {} : { agl }),
    ...(safe.safeState === undefined ? {} : { safeState: safe.safeState }),
    ...(front?.pending === undefined ? {} : { pending: front.pending }),
  };
  return { ...table, ...parseReceive(reader, entries, table) };
}

/** The alarm is a rule with a name of its own, and one of as many as fit. */
function refuseAlarmName(reader: YamlReader, entries: Entries, rules: readonly Rule[]): void {
  const entry = entries.byKey.get('agl');
  if (entry === undefined) return;
  if (rules.filter(({ name }) => name === ALARM_NAME).length > 1) {
    const reason = `a rule is called "${ALARM_NAME}", and that is the name of the alarm: rename it`;
    reader.diagnostics.error(entry.keyOffset, reason);
  }
}

/** Refuses the first rule with a watch that does not fit. */
function refuseWatches(reader: YamlReader, parsed: readonly ParsedRule[]): void {
  const watched = parsed.filter(({ rule }) => rule?.watch !== undefined);
  if (watched.length <= WATCHES_MAXIMUM) return;
  const beyond = watched[WATCHES_MAXIMUM];
  const reason = `${watched.length} rules have timeout, changes or throttle; at most ${WATCHES_MAXIMUM} may, and "${beyond.name}" is one more`;
  reader.diagnostics.error(beyond.nameOffset, reason);
}

/** The alarm, notices and what a timer sends are rules as well. */
function refuseTooMany(reader: YamlReader, entries: Entries, rules: readonly Rule[]): void {
  if (rules.length <= MAXIMUM_RULES) return;
  const entry =
    entries.byKey.get('cyclic') ?? entries.byKey.get('safe-state') ?? entries.byKey.get('agl');
  const reason = `with cyclic and safe-state frames, diagnosis, notices and the alarm there are ${rules.length} rules; at most ${MAXIMUM_RULES} fit`;
  reader.diagnostics.error(entry?.keyOffset ?? entries.offset, reason);
}

function parseRuleList(
  reader: YamlReader,
  entries: Entries,
  where: string,
  names: Names,
  timed: readonly ParsedTimed[],
  more: readonly ParsedRule[],
): ParsedRule[] {
  const isNeeded = !RULELESS.some((key) => entries.byKey.has(key));
  const entry = isNeeded ? reader.required(entries, 'rules', where) : entries.byKey.get('rules');
  // `rules:` without a value is a table without rules.
  const isEmpty = entry === undefined || entry.node === null;
  const items = isEmpty ? [] : (reader.list(entry, 'rule', MAXIMUM_RULES, 1) ?? []);
  const listed = items
    .map((item) => parseRule(reader, item, names))
    .filter((rule) => rule !== undefined);
  const parsed = [...listed, ...more];
  const notices = parsed.flatMap((rule) => rule.notices);
  refuseDuplicateNames(reader, [...parsed, ...notices, ...timed]);
  if (!reader.diagnostics.hasErrors) {
    tellHidden(reader, listed);
    refuseSlow(reader, parsed);
    refuseLoop(reader, parsed);
  }
  return parsed;
}

/** The rules that `diagnosis:` stands for, behind all others. All have its place. */
function diagnosisRules(
  reader: YamlReader,
  { diagnosis, pending, offset }: ParsedDiagnosis,
): ParsedRule[] {
  const { table, diagnostics } = parseRules(diagnosisText(diagnosis), 'diagnosis');
  for (const { severity, reason } of diagnostics) {
    if (severity === 'error') reader.diagnostics.error(offset, `diagnosis: ${reason}`);
  }
  return (table?.rules ?? []).map((rule) => {
    const role = pending === undefined ? undefined : roleOf(rule.name);
    const whole = role === undefined ? rule : { ...rule, diagnosis: role };
    const { name, match } = whole;
    return { name, nameOffset: offset, match, matchOffset: offset, rule: whole, notices: [] };
  });
}

function refuseDuplicateNames(
  reader: YamlReader,
  rules: readonly Pick<ParsedRule, 'name' | 'nameOffset'>[],
): void {
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

/** Refuses rules that answer each other. */
function refuseLoop(reader: YamlReader, parsed: readonly ParsedRule[]): void {
  const loop = findLoop(parsed.map(({ rule }) => rule).filter((rule) => rule !== undefined));
  const [first, ...others] = loop.map((rule) => parsed.find((each) => each.rule === rule));
  if (first === undefined) return;
  const names = others.map(
    (each) => `rule "${each?.name}" (${reader.diagnostics.place(each?.matchOffset ?? 0)})`,
  );
  const reason =
    `the answer of rule "${first.name}" is a request of ${names.join(', whose answer is one of ')}, ` +
    `and that answer is one of rule "${first.name}": two cells with this table would answer each other ` +
    'without end; make a match narrower, or give an answer another id';
  reader.diagnostics.error(first.matchOffset, reason);
}

/** Refuses a table that would have too many rules tried for one identifier. */
function refuseSlow(reader: YamlReader, parsed: readonly ParsedRule[]): void {
  const rules = parsed.map(({ rule }) => rule).filter((rule) => rule !== undefined);
  const slowest = slowestDecision(rules);
  if (slowest === undefined || slowest.listNanos <= RULE_COSTS.LIST_NANOS_MAXIMUM) return;
  const { listNanos, identifier, rules: tried, fitting } = slowest;
  const beyond = parsed.find(({ rule }) => rule === tried[fitting]);
  const names = tried.slice(0, NAMED_MAXIMUM).map(({ name }) => `"${name}"`);
  const more = tried.length > names.length ? ` and ${tried.length - names.length} more` : '';
  const [takes, most] = [listNanos, RULE_COSTS.LIST_NANOS_MAXIMUM].map(inMicros);
  const reason =
    `a frame with ${identifier} would have ${counted(tried.length, 'rule')} tried, ${names.join(', ')}${more}, ` +
    `in ${takes}; ${most} is the most, so the first ${fitting} fit, and "${beyond?.name}" does not; ` +
    'let one rule take several values (data: { any: [...] } or { min, max }), give general rules fewer ' +
    'identifiers, or a rule fewer conditions';
  reader.diagnostics.error(beyond?.matchOffset ?? 0, reason);
}

/** Warns of rules that no frame reaches, and notes those of which an earlier rule takes some. */
function tellHidden(reader: YamlReader, parsed: readonly ParsedRule[]): void {
  const placeOf = new Map(parsed.map(({ rule, matchOffset }) => [rule, matchOffset]));
  const rules = parsed.map(({ rule }) => rule).filter((rule) => rule !== undefined);
  for (const { rule, all, by } of findHidden(rules)) {
    const names = by.slice(0, NAMED_MAXIMUM).map((earlier) => {
      const place = reader.diagnostics.place(placeOf.get(earlier) ?? 0);
      return `rule "${earlier.name}" (${place})`;
    });
    const more = by.length > names.length ? ` and ${by.length - names.length} more` : '';
    const who = `${names.join(', ')}${more} ${by.length === 1 ? 'takes' : 'take'}`;
    const offset = placeOf.get(rule) ?? 0;
    if (all) {
      const reason = `rule "${rule.name}" can never match: ${who} all its frames; move it up, or remove it`;
      reader.diagnostics.warning(offset, reason);
    } else {
      const reason = `rule "${rule.name}" comes after ${names.join(', ')}${more}, which may take some of its frames`;
      reader.diagnostics.note(offset, reason);
    }
  }
}

function inMicros(nanos: number): string {
  return `${(nanos / 1000).toFixed(2)} us`;
}
