// SPDX-License-Identifier: MIT
/**
 * Reads `cyclic:` of the table: frames that the cell sends by itself, again and again. Each becomes a rule that no
 * frame matches, with a timer.
 *
 * Does not: know what the bus carries beside them (rules/bus).
 */
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import type { Rule, RuleAnswer, Timer } from '../model.ts';
import { MAXIMUM_RULES, NO_FRAME } from '../model.ts';
import { stagingObstacleOf } from '../staged.ts';
import type { Names } from './dbc-names.ts';
import { parseAnswer } from './parse-answer.ts';
import { parseName, refuseSlowPrograms } from './parse-rule.ts';
import { parseNotice } from './parse-watch.ts';
import { CYCLIC, FRAME_WORDS, keysOf } from './words.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

const NANOS_PER_MICRO = 1_000;
const MICROS_MAXIMUM = RULE_NUMBERS_2.TIMER_MICROS_MAXIMUM;
const COUNT_MAXIMUM = 0xffffffff;

/** A rule with a timer, as far as it could be read. */
export interface ParsedTimed {
  readonly name: string | undefined;
  readonly nameOffset: number;
  readonly rule: Rule | undefined;
}

/** Reads the list of the table, if it is there. */
export function parseCyclic(reader: YamlReader, table: Entries, names: Names): ParsedTimed[] {
  const entry = table.byKey.get('cyclic');
  if (entry === undefined || entry.node === null) return [];
  const items = reader.list(entry, 'cyclic frame', MAXIMUM_RULES, 1) ?? [];
  return items.flatMap((item) => parseOne(reader, item, names));
}

/** The frame, and what tells of its end. */
function parseOne(reader: YamlReader, item: Entry, names: Names): ParsedTimed[] {
  const entries = reader.map(item, keysOf(CYCLIC));
  if (entries === undefined) return [];
  const nameEntry = reader.required(entries, 'name', item.label);
  const name = nameEntry === undefined ? undefined : parseName(reader, nameEntry);
  const called = name === undefined ? item.label : `cyclic frame "${name}"`;
  const when = parseTimer(reader, entries, called);
  const answer = parseFrame(reader, entries, called, names);
  const notices = parseEnd(reader, entries, name, called, names);
  const place = { name, nameOffset: nameEntry?.offset ?? item.offset };
  if (name === undefined || when === undefined || answer === undefined) {
    return [{ ...place, rule: undefined }, ...notices];
  }
  const ended = notices[0]?.rule?.name;
  const timer = ended === undefined ? when : { ...when, ended };
  const rule = { name, match: NO_FRAME, answer, forward: false, when: timer };
  return [{ ...place, rule }, ...notices];
}

/** The notice of `ended`; none if it is not there. */
export function parseEnd(
  reader: YamlReader,
  entries: Entries,
  name: string | undefined,
  called: string,
  names: Names,
): ParsedTimed[] {
  const entry = entries.byKey.get('ended');
  if (entry === undefined) return [];
  if (!entries.byKey.has('count')) {
    const reason = `${called} never ends: it has no "count"`;
    reader.diagnostics.error(entry.keyOffset, reason);
    return [];
  }
  const notice = parseNotice(reader, entry, name && `${name}-ended`, names);
  return notice === undefined ? [] : [notice];
}

/** The frame, which takes nothing from a request. */
export function parseFrame(
  reader: YamlReader,
  entries: Entries,
  called: string,
  names: Names,
): RuleAnswer | undefined {
  const entry = reader.required(entries, 'frame', called);
  const context = { match: NO_FRAME, request: undefined, names, words: FRAME_WORDS };
  const parsed = entry && parseAnswer(reader, entry, context);
  if (entry === undefined || parsed === undefined) return undefined;
  const { answer, requestBytes } = parsed;
  if (requestBytes > 0 || stagingObstacleOf({}, answer) !== undefined) {
    const reason = `${called} answers no request, so nothing of its frame can be taken from one`;
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
  refuseSlowPrograms(reader, entries, called, { answer });
  return answer;
}

/** `every`, `count`, `then` and `phase`. */
export function parseTimer(
  reader: YamlReader,
  entries: Entries,
  called: string,
): Timer | undefined {
  const everyEntry = reader.required(entries, 'every', called);
  const intervalMicros = everyEntry && parseMicros(reader, everyEntry, 1);
  const phaseEntry = entries.byKey.get('phase');
  const phaseMicros = phaseEntry === undefined ? 0 : parseMicros(reader, phaseEntry, 0);
  const [countEntry, thenEntry] = ['count', 'then'].map((key) => entries.byKey.get(key));
  const thenMicros = thenEntry === undefined ? 0 : parseMicros(reader, thenEntry, 1);
  const count = countEntry === undefined ? 0 : parseCount(reader, countEntry);
  if (thenEntry !== undefined && countEntry === undefined) {
    const reason = `${called} has a second interval, but no "count" after which it would begin`;
    reader.diagnostics.error(thenEntry.keyOffset, reason);
    return undefined;
  }
  if (intervalMicros === undefined || phaseMicros === undefined) return undefined;
  if (count === undefined || thenMicros === undefined) return undefined;
  return {
    ...({ kind: 'cyclic', intervalMicros, phaseMicros } as const),
    ...(count === 0 ? {} : { count, thenMicros }),
  };
}

function parseCount(reader: YamlReader, entry: Entry): number | undefined {
  const count = reader.number(entry, false);
  if (count === undefined || (count >= 1 && count <= COUNT_MAXIMUM)) return count;
  const reason = `count is ${count}: it is from 1 to ${COUNT_MAXIMUM}; left out, the frames never end`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}

/** A time in whole microseconds, `least` or more. */
export function parseMicros(reader: YamlReader, entry: Entry, least: number): number | undefined {
  const nanos = reader.duration(entry, least > 0 ? 'above 0' : '0 or more');
  if (nanos === undefined) return undefined;
  const micros = nanos / NANOS_PER_MICRO;
  if (Number.isInteger(micros) && micros >= least && micros <= MICROS_MAXIMUM) return micros;
  const reason = `${entry.label} is ${micros} us: it is a whole number of us from ${least} to ${MICROS_MAXIMUM}`;
  reader.diagnostics.error(entry.offset, reason);
  return undefined;
}
