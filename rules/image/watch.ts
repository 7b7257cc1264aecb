// SPDX-License-Identifier: MIT
/**
 * The watch of a rule in an image: its action, and the timer of its timeout.
 */
import {
  ACTION_RECORD,
  RULE_NUMBERS_2 as image,
  TIMER_RECORD,
} from '../../formats/rule-image-2.ts';
import type { Rule } from '../model.ts';
import type { Watch } from '../watch.ts';
import type { Sections } from './decode-2.ts';
import { expectZero, RulesImageError } from './image-error.ts';

/** The action of watch `number`. */
export function encodeWatch({ changes, throttleMicros = 0 }: Watch, number: number): Buffer {
  const record = Buffer.alloc(image.ACTION_BYTES);
  const flags = changes === undefined ? 0 : image.WATCH_CHANGES;
  record.writeUInt8(image.ACTION_WATCH, ACTION_RECORD.kind.at);
  record.writeUInt8(flags | (changes?.length ? image.WATCH_LENGTH : 0), ACTION_RECORD.length.at);
  record.writeUInt8(number, ACTION_RECORD.reserved0.at);
  record.writeUInt32LE(throttleMicros, ACTION_RECORD.identifier.at);
  record.set(changes?.mask ?? [], ACTION_RECORD.data.at);
  return record;
}

/** The timers of all timeouts. `numberOf`: of a rule, from 1; 0: there is none. */
export function encodeTimeouts(
  rules: readonly Rule[],
  numberOf: (name: string | undefined) => number,
): Buffer[] {
  return rules.flatMap(({ watch }, rule) => {
    const timeout = watch?.timeout;
    if (timeout === undefined) return [];
    const record = Buffer.alloc(image.TIMER_BYTES);
    record.writeUInt8(image.TIMER_TIMEOUT, TIMER_RECORD.kind.at);
    record.writeUInt16LE(rule, TIMER_RECORD.rule.at);
    record.writeUInt32LE(timeout.micros, TIMER_RECORD.interval.at);
    record.writeUInt32LE(numberOf(timeout.missing), TIMER_RECORD.count.at);
    record.writeUInt32LE(numberOf(timeout.returned), TIMER_RECORD.next.at);
    return [record];
  });
}

/** The timeouts of an image by the number of their rule. Throws RulesImageError. */
export function readTimeouts(
  bytes: Buffer,
  { starts, counts }: Pick<Sections, 'starts' | 'counts'>,
  names: readonly string[],
): ReadonlyMap<number, NonNullable<Watch['timeout']>> {
  const timeouts = new Map<number, NonNullable<Watch['timeout']>>();
  for (let index = 0; index < counts.timers; index += 1) {
    const at = starts.timers + index * image.TIMER_BYTES;
    if (bytes.readUInt8(at) !== image.TIMER_TIMEOUT) continue;
    const name = `timer ${index}`;
    expectZero(bytes, name, at + TIMER_RECORD.flags.at, at + TIMER_RECORD.rule.at);
    expectZero(bytes, name, at + TIMER_RECORD.phase.at, at + image.TIMER_BYTES);
    const rule = bytes.readUInt16LE(at + TIMER_RECORD.rule.at);
    const micros = bytes.readUInt32LE(at + TIMER_RECORD.interval.at);
    const missing = bytes.readUInt32LE(at + TIMER_RECORD.count.at);
    const returned = bytes.readUInt32LE(at + TIMER_RECORD.next.at);
    const isTime = micros > 0 && micros <= image.TIMER_MICROS_MAXIMUM;
    if (!isTime || rule >= names.length || Math.max(missing, returned) > names.length) {
      const expected = `a time, and rules of ${names.length}`;
      throw new RulesImageError(name, at, expected, `${micros}, ${rule}, ${missing}, ${returned}`);
    }
    timeouts.set(rule, {
      micros,
      ...(missing === 0 ? {} : { missing: names[missing - 1] }),
      ...(returned === 0 ? {} : { returned: names[returned - 1] }),
    });
  }
  return timeouts;
}

/** The watch whose action begins at `at`. Throws RulesImageError. */
export function readWatch(
  bytes: Buffer,
  at: number,
  name: string,
  timeout: Watch['timeout'],
): Watch {
  const flags = bytes.readUInt8(at + ACTION_RECORD.length.at);
  const number = bytes.readUInt8(at + ACTION_RECORD.reserved0.at);
  const throttleMicros = bytes.readUInt32LE(at + ACTION_RECORD.identifier.at);
  const mask = [...bytes.subarray(at + ACTION_RECORD.data.at, at + ACTION_RECORD.sources.at)];
  expectZero(bytes, name, at + ACTION_RECORD.stepCount.at, at + ACTION_RECORD.reserved0.at);
  expectZero(bytes, name, at + ACTION_RECORD.stepFirst.at, at + ACTION_RECORD.identifier.at);
  expectZero(bytes, name, at + ACTION_RECORD.reserved2.at, at + ACTION_RECORD.data.at);
  expectZero(bytes, name, at + ACTION_RECORD.sources.at, at + image.ACTION_BYTES);
  const hasChanges = (flags & image.WATCH_CHANGES) !== 0;
  const isPlain = flags === 0 && mask.every((byte) => byte === 0);
  if (
    (hasChanges ? flags > image.WATCH_CHANGES + image.WATCH_LENGTH : !isPlain) ||
    number >= image.WATCHES_MAXIMUM ||
    throttleMicros > image.TIMER_MICROS_MAXIMUM
  ) {
    const expected = `a watch below ${image.WATCHES_MAXIMUM}`;
    throw new RulesImageError(name, at, expected, `${flags}, ${number}, ${throttleMicros}`);
  }
  const length = (flags & image.WATCH_LENGTH) !== 0;
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(hasChanges ? { changes: { mask, length } } : {}),
    ...(throttleMicros === 0 ? {} : { throttleMicros }),
  };
}
