// SPDX-License-Identifier: MIT
/**
 * Reads one rule: its name, what it matches, and what becomes of the frame.
 */
import { counted } from '../../cell-config/plural.ts';
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import type { Rule, RuleMatch } from '../model.ts';
import { programNanos } from '../paths.ts';
import type { Names } from './dbc-names.ts';
import { parseAnswer } from './parse-answer.ts';
import { checkActions, parseCheck } from './parse-check.ts';
import type { AnswerContext, ParsedAnswer } from './parse-answer.ts';
import { oneOrMore } from './parse-identifiers.ts';
import { parseMatch } from './parse-match.ts';
import { parseModify } from './parse-modify.ts';
import type { ParsedModify } from './parse-modify.ts';
import { parseRate } from './parse-rate.ts';
import { ACTIONS, keysOf, RULE, SIDES } from './words.ts';
import type { ParsedTimed } from './parse-cyclic.ts';
import { parseWatch } from './parse-watch.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** The first answer, and as many as a rule has actions. */
const ANSWERS_MAXIMUM = 1 + RULE_NUMBERS_2.RULE_ACTIONS_MAXIMUM;

/** The readable parts of a rule, even if other parts were wrong. */
export interface ParsedRule {
  readonly name: string | undefined;
  readonly nameOffset: number;
  readonly match: RuleMatch | undefined;
  readonly matchOffset: number;
  readonly rule: Rule | undefined;
  /** The rules that tell of what its watch finds. */
  readonly notices: readonly ParsedTimed[];
}

/** Undefined: the rule is no map. */
export function parseRule(reader: YamlReader, item: Entry, names: Names): ParsedRule | undefined {
  const entries = reader.map(item, keysOf(RULE));
  if (entries === undefined) return undefined;
  const nameEntry = reader.required(entries, 'name', item.label);
  const name = nameEntry === undefined ? undefined : parseName(reader, nameEntry);
  const called = name === undefined ? item.label : `rule "${name}"`;
  const matchEntry = reader.required(entries, 'match', called);
  const { match, message: request } =
    matchEntry === undefined ? NO_MATCH : parseMatch(reader, matchEntry, names);
  const context = { match, request, names };
  const answers = parseAnswers(reader, entries, context);
  const deadlineNanos = parseDeadline(reader, entries, called);
  const forward = parseForward(reader, entries, called);
  const fromEntry = entries.byKey.get('from');
  const from = fromEntry === undefined ? 'bus' : reader.word(fromEntry, SIDES);
  const isWall = from === 'agl' && forward === true;
  const rate = parseRate(reader, entries, called, isWall);
  const modify = parseChange(reader, entries, context, called, forward);
  const check = parseCheck(reader, entries, context, called, forward);
  const watching = { name, match, message: request, names, called, from };
  const watched = parseWatch(reader, entries, { ...watching, forward: forward !== false });
  const alone = parseWithoutAgl(reader, entries, context, called, from);
  const place = { name, nameOffset: nameEntry?.offset ?? item.offset, match };
  const matchOffset = matchEntry?.offset ?? item.offset;
  const parsed = { ...place, matchOffset, notices: watched?.notices ?? [] };
  if (answers === undefined || modify === undefined || rate === undefined || check === undefined) {
    return { ...parsed, rule: undefined };
  }
  if (watched === undefined) return { ...parsed, rule: undefined };
  if (alone === undefined) return { ...parsed, rule: undefined };
  // The check looks at the length, so what changes the frame does not have to.
  const made = alone === null || alone === 'nothing' ? answers : [...answers, alone];
  const parts = modify === null || check !== null ? made : [...made, modify];
  const needed = parts.reduce((most, { requestBytes }) => Math.max(most, requestBytes), 0);
  if (check !== null) refuseUnchecked(reader, entries, match, needed);
  // A frame is forwarded by one of the changes.
  const counting = [
    ...answers,
    { hasCounter: modify?.hasCounter === true || check?.hasCounter === true },
  ];
  checkParts(reader, entries, called, match, counting, needed);
  if (name === undefined || match === undefined || forward === undefined || from === undefined) {
    return { ...parsed, rule: undefined };
  }
  const [first, ...more] = answers;
  const rule = {
    // A frame too short for what is copied must not match.
    match: { ...match, minimumLength: Math.max(match.minimumLength, needed) },
    ...{ name, answer: answers.length === 0 ? null : first.answer, forward },
    ...(more.length === 0 ? {} : { moreAnswers: more.map(({ answer }) => answer) }),
    ...(from === 'agl' ? { from } : {}),
    ...(modify === null ? {} : { modify: modify.steps }),
    ...(check === null ? {} : { check: check.check }),
    ...(alone === null ? {} : { withoutAgl: alone === 'nothing' ? alone : alone.answer }),
    ...(rate === null ? {} : { rate }),
    ...(watched === null ? {} : { watch: watched.watch }),
    ...(deadlineNanos === undefined ? {} : { deadlineNanos }),
  };
  refuseSlowPrograms(reader, entries, called, rule);
  return { ...parsed, rule };
}

/** Null: the rule does the same whether AGL is there or not. */
function parseWithoutAgl(
  reader: YamlReader,
  entries: Entries,
  context: AnswerContext,
  called: string,
  from: Rule['from'] | 'bus' | undefined,
): ParsedAnswer | 'nothing' | null | undefined {
  const entry = entries.byKey.get('without-agl');
  if (entry === undefined) return null;
  if (from === 'agl') {
    const reason = `${called} is about frames of AGL, which do not come without AGL`;
    reader.diagnostics.error(entry.keyOffset, reason);
    return undefined;
  }
  if (reader.isWord(entry, 'nothing')) return 'nothing';
  const parsed = parseAnswer(reader, entry, context);
  if (parsed === undefined || (parsed.answer.steps ?? []).length === 0) return parsed;
  const reason = 'without-agl is made of bytes, copies and live values alone';
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

const NO_MATCH = { match: undefined, message: undefined };

/** One answer or a list; none if the key is absent. */
function parseAnswers(
  reader: YamlReader,
  entries: Entries,
  context: AnswerContext,
): ParsedAnswer[] | undefined {
  const entry = entries.byKey.get('answer');
  if (entry === undefined) return [];
  const others = [entries.byKey.has('modify'), isWatched(entries)].filter(Boolean).length;
  const most = ANSWERS_MAXIMUM - others - checkActions(entries);
  return oneOrMore(reader, entry, most, (item) => parseAnswer(reader, item, context));
}

/** Whether the rule has a watch, which is an action. */
function isWatched({ byKey }: Entries): boolean {
  return ['timeout', 'changes', 'throttle'].some((key) => byKey.has(key));
}

/** Null: the frame is not changed. */
function parseChange(
  reader: YamlReader,
  entries: Entries,
  context: AnswerContext,
  called: string,
  forward: boolean | undefined,
): ParsedModify | null | undefined {
  const entry = entries.byKey.get('modify');
  if (entry === undefined) return null;
  if (forward !== false) return parseModify(reader, entry, context);
  const reason = `${called} changes the frame on its way, but does not forward it: add "forward: true"`;
  reader.diagnostics.error(entry.keyOffset, reason);
  return undefined;
}

/** A frame too short for a checked rule's answers would not match, and nothing would check it. */
function refuseUnchecked(
  reader: YamlReader,
  entries: Entries,
  match: RuleMatch | undefined,
  needed: number,
): void {
  const entry = entries.byKey.get('answer');
  if (match === undefined || entry === undefined || needed <= match.minimumLength) return;
  const reason =
    `answer needs ${counted(needed, 'byte')} of the frame, so a shorter one would not be checked: ` +
    'write length in match, and give shorter frames a rule of their own';
  reader.diagnostics.error(entry.offset, reason);
}

/** What the answers and the change need together. */
function checkParts(
  reader: YamlReader,
  entries: Entries,
  called: string,
  match: RuleMatch | undefined,
  parts: readonly { readonly hasCounter: boolean }[],
  needed: number,
): void {
  const place = entries.byKey.get('answer') ?? entries.byKey.get('modify');
  const offset = place?.offset ?? entries.offset;
  if (parts.filter(({ hasCounter }) => hasCounter).length > 1) {
    const reason = `${called} has one counter, which one answer or modify may have`;
    reader.diagnostics.error(offset, reason);
  }
  const most = match?.maximumLength;
  if (most !== undefined && needed > most) {
    const reason = `${place?.label} needs ${needed} bytes of the frame, and match takes frames of at most ${most}`;
    reader.diagnostics.error(offset, reason);
  }
  if (needed > 0 && match !== undefined && match.remote !== false) {
    const reason = `${place?.label} needs data of the frame, and a remote frame has none`;
    reader.diagnostics.error(offset, reason);
  }
}

/** All steps of a rule follow its decision. */
export function refuseSlowPrograms(
  reader: YamlReader,
  entries: Entries,
  called: string,
  rule: Pick<Rule, 'answer' | 'moreAnswers' | 'modify' | 'check' | 'watch'>,
): void {
  const nanos = programNanos(rule);
  const most = RULE_COSTS.RULE_PROGRAMS_NANOS_MAXIMUM;
  if (nanos <= most) return;
  const place = entries.byKey.get('answer') ?? entries.byKey.get('modify');
  const reason = `${called} takes ${nanos / 1000} us for its steps, at most ${most / 1000} us may be: use fewer fields and checksums`;
  reader.diagnostics.error(place?.offset ?? entries.offset, reason);
}

export function parseName(reader: YamlReader, entry: Entry): string | undefined {
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
    if (reader.word(action, ACTIONS) === undefined) return undefined;
    const [other] = ['answer', 'forward', 'check'].filter((key) => entries.byKey.has(key));
    if ((other as string | undefined) === undefined) return false;
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
