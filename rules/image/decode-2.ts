// SPDX-License-Identifier: MIT
/**
 * Reads what format 2 has beside format 1: its sections, and the rules with all that they refer to.
 */
import { decodeCheck } from '../e2e/check.ts';
import {
  ACTION_RECORD,
  RULE_NUMBERS_2 as image,
  RULE_RECORD_2,
  RULES_HEADER_2,
  SECTIONS_2,
} from '../../formats/rule-image-2.ts';
import { RULE_NUMBERS, RULE_RECORD, RULES_HEADER } from '../../formats/rule-image.ts';
import type { IdentifierRange, Rule, RuleAnswer, RuleMatch, Step } from '../model.ts';
import { DEFAULT_RATE, hasDefaultRate } from '../model.ts';
import { indexRanges } from '../order/identifiers.ts';
import { readConditions } from './decode-condition.ts';
import { readSteps } from './decode-step.ts';
import { expectEqual, expectZero, RulesImageError } from './image-error.ts';
import { readIndex } from './read-index.ts';
import type { ANSWER_FIELDS } from './read-rule.ts';
import { readAnswer, readRule } from './read-rule.ts';
import { readTimers } from './timers.ts';
import { readTimeouts, readWatch } from './watch.ts';
import type { Watch } from '../watch.ts';

/** Of a rule: answer, forward, of AGL's, never remote, timed. */
const FLAGS_MAXIMUM = 31;

const RESERVED = [RULES_HEADER_2.reserved3, RULES_HEADER_2.reserved4];

type SectionName = (typeof SECTIONS_2)[number]['name'];

/** Where each section starts, and how many entries it has. `end`: that of the image. */
export interface Sections {
  readonly starts: Readonly<Record<SectionName, number>>;
  readonly counts: Readonly<Record<SectionName, number>>;
  readonly end: number;
}

/** By the counts of the header alone, which are not checked. */
export function sectionsOf(bytes: Buffer): Sections {
  const fields: Readonly<Record<string, { at: number; bytes: number }>> = {
    ...RULES_HEADER,
    ...RULES_HEADER_2,
  };
  if (bytes.length < image.RULES_HEADER_BYTES_2) {
    const expected = `${image.RULES_HEADER_BYTES_2} bytes`;
    throw new RulesImageError('header', 0, expected, `${bytes.length}`);
  }
  const starts = {} as Record<SectionName, number>;
  const counts = {} as Record<SectionName, number>;
  let end: number = image.RULES_HEADER_BYTES_2;
  for (const { name, bytes: size, count } of SECTIONS_2) {
    starts[name] = end;
    counts[name] = typeof count === 'number' ? count : bytes.readUInt16LE(fields[count].at);
    end += size * counts[name];
  }
  return { starts, counts, end: Math.ceil(end / 8) * 8 };
}

/** The rules of an image whose total size and checksum are right. */
export function readSecondFormat(bytes: Buffer, ruleCount: number): Rule[] {
  const sections = sectionsOf(bytes);
  const { starts, counts } = sections;
  for (const { at, bytes: size } of RESERVED) expectZero(bytes, 'header', at, at + size);
  const alarm = readAlarm(bytes, ruleCount);
  const { at } = RULES_HEADER_2.aglIndexes;
  if (counts.aglIndex > 1) {
    throw new RulesImageError('number of indexes of AGL', at, '0 or 1', `${counts.aglIndex}`);
  }
  const names = readNames(bytes, starts.names, counts.names, ruleCount);
  expectZero(bytes, 'end', starts.names + counts.names, bytes.length);
  const index = readIndex(bytes, sections, ruleCount);
  const timers = readTimers(bytes, sections, names);
  const timeouts = readTimeouts(bytes, sections, names);
  const told = new Set([
    ...[...timeouts.values()].flatMap(({ missing, returned }) => [missing, returned]),
    ...[...timers.values()].map(({ ended }) => ended),
  ]);
  return names.map((name, number) => {
    const start = starts.rules + number * RULE_NUMBERS.RULE_BYTES;
    const rule = readRule(bytes, start, name, FLAGS_MAXIMUM);
    const flags = bytes.readUInt8(start + RULE_RECORD.flags.at);
    const isOfAgl = (flags & image.RULE_FROM_AGL) !== 0;
    const listed = index[isOfAgl ? 'agl' : 'bus'][rule.match.extended ? 'extended' : 'standard'];
    const never = (flags & image.RULE_NEVER_REMOTE) !== 0;
    if (never && rule.match.remote !== false) {
      const place = start + RULE_RECORD.flags.at;
      throw new RulesImageError(
        `${name} flags`,
        place,
        'bit 3 clear, as it matches remote frames',
        'set',
      );
    }
    const more = readMore(bytes, start, rule, sections, listed.get(number) ?? []);
    const match = never ? { ...more, neverRemote: true as const } : more;
    const answer =
      rule.answer &&
      withSteps(rule.answer, readProgram(bytes, start, RULE_RECORD_2, sections, name));
    if (number === alarm) refuseAlarm(bytes, rule, isOfAgl);
    const timer = timers.get(number);
    const isTimed = (flags & image.RULE_TIMED) !== 0;
    if (isTimed !== (timer !== undefined || told.has(name))) {
      const place = start + RULE_RECORD.flags.at;
      throw new RulesImageError(`${name} flags`, place, 'bit 4 set with a timer', 'the other');
    }
    const whole = {
      ...{ name, match, answer, forward: rule.forward },
      ...(number === alarm ? { when: 'alarm' as const } : {}),
      ...(isTimed ? { when: timer ?? ('notice' as const) } : {}),
      ...readActions(bytes, start, name, match, sections, timeouts.get(number)),
      ...(isOfAgl ? { from: 'agl' as const } : {}),
    };
    return { ...whole, ...readRate(bytes, start, name, hasDefaultRate(whole)) };
  });
}

/** The number of the alarm's rule; -1: there is none. */
function readAlarm(bytes: Buffer, ruleCount: number): number {
  const { at } = RULES_HEADER_2.alarmRule;
  const alarm = bytes.readUInt16LE(at);
  if (alarm <= ruleCount) return alarm - 1;
  throw new RulesImageError('rule of the alarm', at, `at most ${ruleCount}`, `${alarm}`);
}

/** The alarm's answer goes to the bus, and no filter recognises its request. */
function refuseAlarm(bytes: Buffer, { answer }: Rule, isOfAgl: boolean): void {
  if (answer !== null && !isOfAgl) return;
  const { at } = RULES_HEADER_2.alarmRule;
  const number = `${bytes.readUInt16LE(at)}`;
  throw new RulesImageError('rule of the alarm', at, 'one with an answer to the bus', number);
}

/** The match with its identifiers, conditions and greatest length. */
function readMore(
  bytes: Buffer,
  start: number,
  { name, match }: Rule,
  { starts, counts }: Sections,
  listed: readonly IdentifierRange[],
): RuleMatch {
  const run = readRun(bytes, start, RULE_RECORD_2.conditionFirst, RULE_RECORD_2.conditionCount);
  const what = `${name} conditions`;
  refuseBeyond(what, run, counts.conditions, image.RULE_CONDITIONS_MAXIMUM);
  const conditions = readConditions(bytes, starts.conditions, run.first, run.count);
  const limitOffset = start + RULE_RECORD_2.lengthLimit.at;
  const limit = bytes.readUInt8(limitOffset);
  const isData = match.remote === false;
  if (limit > (isData ? 8 : 0) || (limit > 0 && limit <= match.minimumLength)) {
    const expected = isData ? `0, or above ${match.minimumLength} and at most 8` : '0';
    throw new RulesImageError(`${name} length limit`, limitOffset, expected, `${limit}`);
  }
  const own = indexRanges(match);
  const isOwn =
    own.length === listed.length &&
    own.every(({ first, last }, at) => listed[at].first === first && listed[at].last === last);
  return {
    ...match,
    ...(isOwn ? {} : { identifiers: listed }),
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(limit === 0 ? {} : { maximumLength: limit - 1 }),
  };
}

function readActions(
  bytes: Buffer,
  start: number,
  name: string,
  match: RuleMatch,
  sections: Sections,
  timeout: Watch['timeout'],
): Pick<Rule, 'moreAnswers' | 'modify' | 'check' | 'watch' | 'diagnosis' | 'withoutAgl'> {
  const run = readRun(bytes, start, RULE_RECORD_2.actionFirst, RULE_RECORD_2.actionCount);
  refuseBeyond(`${name} actions`, run, sections.counts.actions, image.RULE_ACTIONS_MAXIMUM);
  const moreAnswers: RuleAnswer[] = [];
  let modify: readonly Step[] | undefined;
  let checking: CheckedAction | undefined;
  const replacing: CheckedAction[] = [];
  let watch: Watch | undefined;
  const more: { diagnosis?: 'request' | 'answer'; withoutAgl?: RuleAnswer | 'nothing' } = {};
  for (let number = run.first; number < run.first + run.count; number += 1) {
    const at = sections.starts.actions + number * image.ACTION_BYTES;
    const called = `${name} action ${number}`;
    const kind = bytes.readUInt8(at);
    if (kind === image.ACTION_CHECK && number === run.first) {
      checking = { at, steps: readProgram(bytes, at, ACTION_RECORD, sections, called) };
      expectZero(bytes, called, at + ACTION_RECORD.data.at, at + image.ACTION_BYTES);
      continue;
    }
    if (kind === image.ACTION_WATCH && number === run.first + run.count - 1) {
      watch = readWatch(bytes, at, called, timeout);
      continue;
    }
    expectZero(bytes, called, at + ACTION_RECORD.reserved0.at, at + ACTION_RECORD.stepFirst.at);
    expectZero(bytes, called, at + ACTION_RECORD.reserved1.at, at + ACTION_RECORD.identifier.at);
    expectZero(bytes, called, at + ACTION_RECORD.reserved2.at, at + ACTION_RECORD.data.at);
    const steps = readProgram(bytes, at, ACTION_RECORD, sections, called);
    if (kind === image.ACTION_ANSWER) {
      const fields = ACTION_RECORD as unknown as typeof ANSWER_FIELDS;
      moreAnswers.push(withSteps(readAnswer(bytes, at, called, match, fields), steps));
      continue;
    }
    if (kind === image.ACTION_PENDING || kind === image.ACTION_ANSWERED) {
      expectZero(bytes, called, at + ACTION_RECORD.identifier.at, at + image.ACTION_BYTES);
      more.diagnosis = kind === image.ACTION_PENDING ? 'request' : 'answer';
      continue;
    }
    if (kind === image.ACTION_WITHOUT_AGL) {
      const isNone = bytes.readUInt8(at + ACTION_RECORD.length.at) === image.ANSWER_NONE;
      const fields = ACTION_RECORD as unknown as typeof ANSWER_FIELDS;
      more.withoutAgl = isNone ? 'nothing' : readAnswer(bytes, at, called, match, fields);
      continue;
    }
    if (kind === image.ACTION_REPLACE && checking !== undefined) {
      expectZero(bytes, called, at + ACTION_RECORD.identifier.at, at + image.ACTION_BYTES);
      replacing.push({ at, steps });
      continue;
    }
    if (kind !== image.ACTION_MODIFY || modify !== undefined) {
      throw new RulesImageError(called, at, 'an answer, or the one that modifies', `${kind}`);
    }
    expectEqual(`${called} length`, at + ACTION_RECORD.length.at, 0, bytes.readUInt8(at + 1));
    expectZero(bytes, called, at + ACTION_RECORD.identifier.at, at + image.ACTION_BYTES);
    modify = steps;
  }
  const check = checking && decodeCheck(bytes, checking.at, checking.steps, replacing);
  if (checking !== undefined && check === undefined) {
    throw new RulesImageError(`${name} check`, checking.at, 'a check with its fields', 'another');
  }
  return {
    ...(moreAnswers.length === 0 ? {} : { moreAnswers }),
    ...(modify === undefined ? {} : { modify }),
    ...(check === undefined ? {} : { check }),
    ...(watch === undefined ? {} : { watch }),
    ...more,
  };
}

interface CheckedAction {
  readonly at: number;
  readonly steps: readonly Step[];
}

function readRate(
  bytes: Buffer,
  start: number,
  name: string,
  hasDefault: boolean,
): Pick<Rule, 'rate'> {
  const fields = RULE_RECORD_2;
  const burst = bytes.readUInt16LE(start + fields.burst.at);
  const word = bytes.readUInt32LE(start + fields.interval.at);
  if (burst === 0 && word === 0) return hasDefault ? { rate: 'none' } : {};
  const interval = word % image.INTERVAL_IN_BITS;
  if (burst === 0 || interval === 0) {
    const expected = 'a burst with an interval';
    throw new RulesImageError(`${name} burst`, start + fields.burst.at, expected, `${burst}`);
  }
  if (interval === word) return { rate: { intervalMicros: interval, burst } };
  const isDefault = interval === DEFAULT_RATE.intervalBits && burst === DEFAULT_RATE.burst;
  return hasDefault && isDefault ? {} : { rate: { intervalBits: interval, burst } };
}

function withSteps(answer: RuleAnswer, steps: readonly Step[]): RuleAnswer {
  return steps.length === 0 ? answer : { ...answer, steps };
}

interface Run {
  readonly at: number;
  readonly first: number;
  readonly count: number;
}

interface Place {
  readonly at: number;
}

function readRun(bytes: Buffer, start: number, first: Place, count: Place): Run {
  const at = start + first.at;
  return { at, first: bytes.readUInt16LE(at), count: bytes.readUInt8(start + count.at) };
}

function refuseBeyond(what: string, { at, first, count }: Run, total: number, most: number): void {
  if (count === 0) return expectEqual(`${what}: first`, at, 0, first);
  if (count <= most && first + count <= total) return;
  const expected = `at most ${most} of ${total}`;
  throw new RulesImageError(what, at, expected, `${first} to ${first + count - 1}`);
}

function readProgram(
  bytes: Buffer,
  start: number,
  fields: { readonly stepFirst: Place; readonly stepCount: Place },
  { starts, counts }: Sections,
  name: string,
): Step[] {
  const run = readRun(bytes, start, fields.stepFirst, fields.stepCount);
  refuseBeyond(`${name} steps`, run, counts.steps, image.PROGRAM_STEPS_MAXIMUM);
  const tables = { start: starts.checksumTables, count: counts.checksumTables };
  return readSteps(bytes, starts.steps, run.first, run.count, tables);
}

function readNames(bytes: Buffer, start: number, length: number, ruleCount: number): string[] {
  const names = bytes.toString('latin1', start, start + length).split('\0');
  const end = names.pop();
  const isPlain = names.every((name) => /^[a-z0-9-]+$/.test(name));
  if (end !== '' || names.length !== ruleCount || !isPlain) {
    const got = `${names.length} and "${end}"`;
    throw new RulesImageError('names', start, `${ruleCount} names, each with a 0 behind it`, got);
  }
  return names;
}
