// SPDX-License-Identifier: MIT
/**
 * The timers of an image: what sends the answers of rules that no frame matches.
 */
import { RULE_NUMBERS_2 as image, TIMER_RECORD } from '../../formats/rule-image-2.ts';
import { decodePending, encodePending, isPendingRecord } from '../diagnosis/pending.ts';
import type { PendingResponse } from '../diagnosis/pending.ts';
import type { Rule, RuleTable, SafeState, Timer } from '../model.ts';
import { arbitrationRank, timerOf } from '../model.ts';
import type { Sections } from './decode-2.ts';
import { encodeTimeouts } from './watch.ts';
import { expectZero, RulesImageError } from './image-error.ts';

/** The record of the safe state, and those of all timers, the strongest frame first. */
export function encodeTimers({ rules, safeState, pending }: RuleTable): Buffer {
  const numberOf = (name: string | undefined) => rules.findIndex((rule) => rule.name === name) + 1;
  const timed = rules.flatMap((rule, number) => {
    const timer = timerOf(rule);
    return timer === undefined ? [] : [{ rule, number, timer }];
  });
  const safe = new Set(timed.filter(({ timer }) => timer.during).map(({ rule }) => idOf(rule)));
  const sorted = timed.toSorted((one, other) => strengthOf(one.rule) - strengthOf(other.rule));
  const records = sorted.map(({ rule, number, timer }) => {
    const isReplaced = timer.during === undefined && safe.has(idOf(rule));
    return encodeTimer(timer, number, isReplaced, numberOf(timer.ended));
  });
  records.push(...encodeTimeouts(rules, numberOf));
  return Buffer.concat([
    ...(safeState === undefined ? [] : [encodeSafeState(safeState, rules)]),
    ...records,
    ...(pending === undefined ? [] : [encodePending(pending)]),
  ]);
}

/** By which two frames are the same to the bus. */
function idOf({ answer }: Rule): string {
  return `${answer?.identifier} ${answer?.extended}`;
}

function strengthOf({ answer }: Rule): number {
  return answer === null ? 0 : arbitrationRank({ ...answer, remote: false });
}

function encodeSafeState(
  { afterMicros, graceMicros, heartbeat, until }: SafeState,
  rules: readonly Rule[],
): Buffer {
  const numberOf = (name: string) => rules.findIndex((rule) => rule.name === name) + 1;
  const record = Buffer.alloc(image.TIMER_BYTES);
  record.writeUInt8(image.TIMER_SAFE_STATE, TIMER_RECORD.kind.at);
  if (until === 'never') record.writeUInt8(image.TIMER_UNTIL_NEVER, TIMER_RECORD.flags.at);
  if (typeof until === 'object') record.writeUInt16LE(numberOf(until.rule), TIMER_RECORD.rule.at);
  record.writeUInt32LE(afterMicros, TIMER_RECORD.interval.at);
  record.writeUInt32LE(graceMicros, TIMER_RECORD.phase.at);
  if (heartbeat === undefined) return record;
  record.writeUInt32LE(numberOf(heartbeat.rule), TIMER_RECORD.count.at);
  record.writeUInt32LE(heartbeat.withinMicros, TIMER_RECORD.next.at);
  return record;
}

function encodeTimer(timer: Timer, rule: number, isReplaced: boolean, ended: number): Buffer {
  const record = Buffer.alloc(image.TIMER_BYTES);
  const inSafeState = timer.during === undefined ? 0 : image.TIMER_IN_SAFE_STATE;
  const flags = isReplaced ? image.TIMER_UNLESS_SAFE_STATE : inSafeState;
  record.writeUInt8(flags, TIMER_RECORD.flags.at);
  record.writeUInt8(image.TIMER_CYCLIC, TIMER_RECORD.kind.at);
  record.writeUInt16LE(rule, TIMER_RECORD.rule.at);
  record.writeUInt32LE(timer.intervalMicros, TIMER_RECORD.interval.at);
  record.writeUInt32LE(timer.count ?? 0, TIMER_RECORD.count.at);
  record.writeUInt32LE(timer.thenMicros ?? 0, TIMER_RECORD.next.at);
  record.writeUInt32LE(timer.phaseMicros, TIMER_RECORD.phase.at);
  record.writeUInt32LE(ended, TIMER_RECORD.ended.at);
  return record;
}

/** The timers of an image by the number of their rule. Throws RulesImageError. */
export function readTimers(
  bytes: Buffer,
  { starts, counts }: Sections,
  names: readonly string[],
): ReadonlyMap<number, Timer> {
  const ruleCount = names.length;
  const timers = new Map<number, Timer>();
  const first = hasSafeState(bytes, { starts, counts }) ? 1 : 0;
  for (let index = first; index < counts.timers; index += 1) {
    const at = starts.timers + index * image.TIMER_BYTES;
    if (bytes.readUInt8(at) === image.TIMER_TIMEOUT) continue;
    if (isPendingRecord(bytes, at)) continue;
    const rule = bytes.readUInt16LE(at + TIMER_RECORD.rule.at);
    if (rule >= ruleCount || timers.has(rule)) {
      const expected = `one of ${ruleCount} rules, each once`;
      throw new RulesImageError(
        `timer ${index} rule`,
        at + TIMER_RECORD.rule.at,
        expected,
        `${rule}`,
      );
    }
    timers.set(rule, readTimer(bytes, at, `timer ${index}`, names));
  }
  return timers;
}

/** The response pending of an image, if it has one. Throws RulesImageError. */
export function readPending(
  bytes: Buffer,
  { starts, counts }: TimerSections,
): PendingResponse | undefined {
  const all = Array.from(
    { length: counts.timers },
    (_, index) => starts.timers + index * image.TIMER_BYTES,
  );
  const [first, second] = all.filter((at) => isPendingRecord(bytes, at));
  if (second !== undefined)
    throw new RulesImageError('timers', second, 'one response pending', '2');
  return first === undefined ? undefined : decodePending(bytes, first);
}

type TimerSections = Pick<Sections, 'starts' | 'counts'>;

function hasSafeState(bytes: Buffer, { starts, counts }: TimerSections): boolean {
  return counts.timers > 0 && bytes.readUInt8(starts.timers) === image.TIMER_SAFE_STATE;
}

/** The safe state of an image whose rules have these names, if it has one. Throws RulesImageError. */
export function readSafeState(
  bytes: Buffer,
  sections: TimerSections,
  names: readonly string[],
): SafeState | undefined {
  if (!hasSafeState(bytes, sections)) return undefined;
  const at = sections.starts.timers;
  const flags = bytes.readUInt8(at + TIMER_RECORD.flags.at);
  const [rule, beating] = [
    bytes.readUInt16LE(at + TIMER_RECORD.rule.at),
    bytes.readUInt32LE(at + TIMER_RECORD.count.at),
  ];
  const [afterMicros, withinMicros, graceMicros] = readTimes(bytes, at, 'safe state');
  expectZero(bytes, 'safe state', at + TIMER_RECORD.ended.at, at + image.TIMER_BYTES);
  const isNever = flags === image.TIMER_UNTIL_NEVER;
  const isEnd = flags === 0 || (isNever && rule === 0);
  if (
    !isEnd ||
    Math.max(rule, beating) > names.length ||
    (beating === 0) !== (withinMicros === 0)
  ) {
    const expected = `an end, and at most ${names.length} rules`;
    throw new RulesImageError('safe state', at, expected, `${flags}, ${rule}, ${beating}`);
  }
  const end = rule === 0 ? ('agl' as const) : { rule: names[rule - 1] };
  return {
    ...{ afterMicros, graceMicros, until: isNever ? 'never' : end },
    ...(beating === 0 ? {} : { heartbeat: { rule: names[beating - 1], withinMicros } }),
  };
}

function readTimes(bytes: Buffer, at: number, name: string): number[] {
  return (['interval', 'next', 'phase'] as const).map((field) => {
    const offset = at + TIMER_RECORD[field].at;
    const micros = bytes.readUInt32LE(offset);
    const least = field === 'interval' ? 1 : 0;
    if (micros >= least && micros <= image.TIMER_MICROS_MAXIMUM) return micros;
    const expected = `${least} to ${image.TIMER_MICROS_MAXIMUM}`;
    throw new RulesImageError(`${name} ${field}`, offset, expected, `${micros}`);
  });
}

function readTimer(bytes: Buffer, at: number, name: string, names: readonly string[]): Timer {
  const kind = bytes.readUInt8(at);
  if (kind !== image.TIMER_CYCLIC) throw new RulesImageError(name, at, 'a cyclic one', `${kind}`);
  const flags = bytes.readUInt8(at + TIMER_RECORD.flags.at);
  if (flags > image.TIMER_UNLESS_SAFE_STATE) {
    throw new RulesImageError(`${name} flags`, at, '0 to 2', `${flags}`);
  }
  expectZero(bytes, name, at + TIMER_RECORD.reserved1.at, at + image.TIMER_BYTES);
  const ended = bytes.readUInt32LE(at + TIMER_RECORD.ended.at);
  if (ended > names.length) {
    throw new RulesImageError(`${name} end`, at, `at most ${names.length}`, `${ended}`);
  }
  const [intervalMicros, thenMicros, phaseMicros] = readTimes(bytes, at, name);
  const count = bytes.readUInt32LE(at + TIMER_RECORD.count.at);
  if (count === 0 && thenMicros !== 0) {
    const offset = at + TIMER_RECORD.next.at;
    throw new RulesImageError(
      `${name} next interval`,
      offset,
      '0 without a count',
      `${thenMicros}`,
    );
  }
  return {
    ...({ kind: 'cyclic', intervalMicros, phaseMicros } as const),
    ...(count === 0 ? {} : { count, thenMicros }),
    ...(ended === 0 ? {} : { ended: names[ended - 1] }),
    ...(flags === image.TIMER_IN_SAFE_STATE ? { during: 'safe-state' as const } : {}),
  };
}
