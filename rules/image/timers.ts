// SPDX-License-Identifier: MIT
/**
 * The timers of an image: what sends the answers of rules that no frame matches.
 */
import { RULE_NUMBERS_2 as image, TIMER_RECORD } from '../../formats/rule-image-2.ts';
import type { Rule, Timer } from '../model.ts';
import { arbitrationRank, timerOf } from '../model.ts';
import type { Sections } from './decode-2.ts';
import { expectZero, RulesImageError } from './image-error.ts';

/** The records of all timers, the strongest frame first. */
export function encodeTimers(rules: readonly Rule[]): Buffer {
  const timed = rules.flatMap((rule, number) => {
    const timer = timerOf(rule);
    return timer === undefined ? [] : [{ rule, number, timer }];
  });
  const sorted = timed.toSorted((one, other) => strengthOf(one.rule) - strengthOf(other.rule));
  return Buffer.concat(sorted.map(({ number, timer }) => encodeTimer(timer, number)));
}

function strengthOf({ answer }: Rule): number {
  return answer === null ? 0 : arbitrationRank({ ...answer, remote: false });
}

function encodeTimer(timer: Timer, rule: number): Buffer {
  const record = Buffer.alloc(image.TIMER_BYTES);
  record.writeUInt8(image.TIMER_CYCLIC, TIMER_RECORD.kind.at);
  record.writeUInt16LE(rule, TIMER_RECORD.rule.at);
  record.writeUInt32LE(timer.intervalMicros, TIMER_RECORD.interval.at);
  record.writeUInt32LE(timer.count ?? 0, TIMER_RECORD.count.at);
  record.writeUInt32LE(timer.thenMicros ?? 0, TIMER_RECORD.next.at);
  record.writeUInt32LE(timer.phaseMicros, TIMER_RECORD.phase.at);
  return record;
}

/** The timers of an image by the number of their rule. Throws RulesImageError. */
export function readTimers(
  bytes: Buffer,
  { starts, counts }: Sections,
  ruleCount: number,
): ReadonlyMap<number, Timer> {
  const timers = new Map<number, Timer>();
  for (let index = 0; index < counts.timers; index += 1) {
    const at = starts.timers + index * image.TIMER_BYTES;
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
    timers.set(rule, readTimer(bytes, at, `timer ${index}`));
  }
  return timers;
}

function readTimer(bytes: Buffer, at: number, name: string): Timer {
  const kind = bytes.readUInt8(at);
  if (kind !== image.TIMER_CYCLIC) throw new RulesImageError(name, at, 'a cyclic one', `${kind}`);
  const flagsAt = at + TIMER_RECORD.flags.at;
  expectZero(bytes, `${name} flags`, flagsAt, flagsAt + 1);
  expectZero(bytes, name, at + TIMER_RECORD.reserved0.at, at + image.TIMER_BYTES);
  const [intervalMicros, thenMicros, phaseMicros] = (['interval', 'next', 'phase'] as const).map(
    (field) => {
      const offset = at + TIMER_RECORD[field].at;
      const micros = bytes.readUInt32LE(offset);
      const least = field === 'interval' ? 1 : 0;
      if (micros >= least && micros <= image.TIMER_MICROS_MAXIMUM) return micros;
      const expected = `${least} to ${image.TIMER_MICROS_MAXIMUM}`;
      throw new RulesImageError(`${name} ${field}`, offset, expected, `${micros}`);
    },
  );
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
  };
}
