// SPDX-License-Identifier: MIT
/**
 * Reads one rule: its name, what it matches, and what becomes of the frame.
 */
import type { Rule, RuleMatch } from '../model.ts';
import { parseAnswer } from './parse-answer.ts';
import { parseMatch } from './parse-match.ts';
import { parseModify } from './parse-modify.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const RULE_KEYS = [
  ...['name', 'from', 'match', 'answer', 'deadline', 'forward', 'modify', 'action', 'expect'],
];

/** The readable parts of a rule, even if other parts were wrong. */
export interface ParsedRule {
  readonly name: string | undefined;
  readonly nameOffset: number;
  readonly match: RuleMatch | undefined;
  readonly matchOffset: number;
  readonly rule: Rule | undefined;
}

/** Undefined: the rule is no map. */
export function parseRule(reader: YamlReader, item: Entry): ParsedRule | undefined {
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
  const fromEntry = entries.byKey.get('from');
  const from = fromEntry === undefined ? 'bus' : reader.word(fromEntry, ['bus', 'agl']);
  const modifyEntry = entries.byKey.get('modify');
  const modify = modifyEntry === undefined ? [] : parseModify(reader, modifyEntry);
  if (modifyEntry !== undefined && forward === false) {
    const reason = `${called} changes the frame on its way, but does not forward it: add "forward: true"`;
    reader.diagnostics.error(modifyEntry.keyOffset, reason);
  }
  const most = match?.maximumLength;
  if (answerEntry !== undefined && most !== undefined && (answer?.requestBytes ?? 0) > most) {
    const reason = `the answer needs ${answer?.requestBytes} bytes of the request, and match takes frames of at most ${most}`;
    reader.diagnostics.error(answerEntry.offset, reason);
  }
  const complete =
    name !== undefined &&
    match !== undefined &&
    answer !== undefined &&
    forward !== undefined &&
    from !== undefined &&
    modify !== undefined;
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
          ...(from === 'agl' ? { from } : {}),
          ...(modify.length === 0 ? {} : { modify }),
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
