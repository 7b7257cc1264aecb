// SPDX-License-Identifier: MIT
/**
 * One rule as its record of 64 bytes, with its conditions, steps and actions in the pools.
 */
import {
  ACTION_RECORD,
  CONDITION_RECORD,
  RULE_NUMBERS_2 as image,
  RULE_RECORD_2,
} from '../../formats/rule-image-2.ts';
import { RULE_NUMBERS, RULE_RECORD } from '../../formats/rule-image.ts';
import { encodeCheck } from '../e2e/check.ts';
import type { DataCondition, RateLimit, Rule, RuleAnswer, RuleMatch } from '../model.ts';
import { CAN_ID_EXTENDED, CAN_ID_REMOTE, rateOf, SAME_AS_REQUEST, timerOf } from '../model.ts';
import { fieldFlags } from './encode-step.ts';
import { encodeWatch } from './watch.ts';
import type { Pools } from './pools.ts';

/** The record of a rule with that path; `watch`: the number of its watch, if it has one. */
export function encodeRule(rule: Rule, path: number, pools: Pools, watch: number): Buffer {
  const { match, answer } = rule;
  const rate = rateOf(rule);
  const record = Buffer.alloc(RULE_NUMBERS.RULE_BYTES);
  writeMatch(record, match);
  const flags =
    (answer === null ? 0 : RULE_NUMBERS.RULE_ANSWER) |
    (rule.forward ? RULE_NUMBERS.RULE_FORWARD : 0) |
    (rule.from === 'agl' ? image.RULE_FROM_AGL : 0) |
    (match.neverRemote === true ? image.RULE_NEVER_REMOTE : 0) |
    (timerOf(rule) === undefined && rule.when !== 'notice' ? 0 : image.RULE_TIMED);
  record.writeUInt8(flags, RULE_RECORD.flags.at);
  record.writeUInt8(path, RULE_RECORD.path.at);
  record.fill(RULE_NUMBERS.SOURCE_OWN, RULE_RECORD.answerSources.at, RULE_RECORD.reserved1.at);
  if (answer !== null) writeAnswer(record, answer, ANSWER_FIELDS);

  const conditions = pools.addConditions((match.conditions ?? []).flatMap(encodeGroup));
  record.writeUInt16LE(conditions.first, RULE_RECORD_2.conditionFirst.at);
  record.writeUInt8(conditions.count, RULE_RECORD_2.conditionCount.at);
  record.writeUInt8((match.maximumLength ?? -1) + 1, RULE_RECORD_2.lengthLimit.at);
  const steps = pools.addProgram(answer?.steps ?? []);
  record.writeUInt16LE(steps.first, RULE_RECORD_2.stepFirst.at);
  record.writeUInt8(steps.count, RULE_RECORD_2.stepCount.at);
  const watching = rule.watch === undefined ? [] : [encodeWatch(rule.watch, watch)];
  const actions = pools.addActions([...encodeActions(rule, pools), ...watching]);
  record.writeUInt8(actions.count, RULE_RECORD_2.actionCount.at);
  record.writeUInt16LE(actions.first, RULE_RECORD_2.actionFirst.at);
  record.writeUInt16LE(rate?.burst ?? 0, RULE_RECORD_2.burst.at);
  record.writeUInt32LE(rate === undefined ? 0 : intervalOf(rate), RULE_RECORD_2.interval.at);
  return record;
}

function intervalOf(rate: RateLimit): number {
  return 'intervalMicros' in rate
    ? rate.intervalMicros
    : rate.intervalBits + image.INTERVAL_IN_BITS;
}

const ANSWER_FIELDS = {
  length: RULE_RECORD.answerLength,
  identifier: RULE_RECORD.answerIdentifier,
  data: RULE_RECORD.answerData,
  sources: RULE_RECORD.answerSources,
};

function writeMatch(record: Buffer, match: RuleMatch): void {
  const kind = canIdFlags(match.extended, match.remote === true);
  const kindMask = canIdFlags(true, match.remote !== 'any');
  record.writeUInt32LE((match.identifier | kind) >>> 0, RULE_RECORD.matchIdentifier.at);
  record.writeUInt32LE((match.mask | kindMask) >>> 0, RULE_RECORD.matchMask.at);
  match.data.forEach(({ value, mask }, index) => {
    record.writeUInt8(value, RULE_RECORD.dataValue.at + index);
    record.writeUInt8(mask, RULE_RECORD.dataMask.at + index);
  });
  record.writeUInt8(match.minimumLength, RULE_RECORD.minimumLength.at);
}

function writeAnswer(record: Buffer, answer: RuleAnswer, at: typeof ANSWER_FIELDS): void {
  const { length, identifier, extended, data, source } = answer;
  const isSame = length === SAME_AS_REQUEST;
  record.writeUInt8(isSame ? RULE_NUMBERS.ANSWER_LENGTH_OF_REQUEST : length, at.length.at);
  record.writeUInt32LE((identifier | canIdFlags(extended, false)) >>> 0, at.identifier.at);
  record.set(data, at.data.at);
  record.set(
    source.map((byte) => byte ?? RULE_NUMBERS.SOURCE_OWN),
    at.sources.at,
  );
}

function encodeActions(rule: Rule, pools: Pools): Buffer[] {
  const { moreAnswers = [], modify, check } = rule;
  const checking = encodeCheck(check, (kind, steps) => encodeAction(kind, steps, pools));
  const answers = moreAnswers.map((answer) => {
    const record = encodeAction(image.ACTION_ANSWER, answer.steps ?? [], pools);
    writeAnswer(record, answer, ACTION_RECORD as unknown as typeof ANSWER_FIELDS);
    return record;
  });
  const others = [...checking, ...answers, ...encodeDiagnosis(rule, pools)];
  return modify === undefined
    ? others
    : [...others, encodeAction(image.ACTION_MODIFY, modify, pools)];
}

/** What has to do with whether AGL is there. */
function encodeDiagnosis({ diagnosis, withoutAgl }: Rule, pools: Pools): Buffer[] {
  const records: Buffer[] = [];
  if (diagnosis !== undefined) {
    const kind = diagnosis === 'request' ? image.ACTION_PENDING : image.ACTION_ANSWERED;
    records.push(encodeAction(kind, [], pools));
  }
  if (withoutAgl === undefined) return records;
  const record = encodeAction(image.ACTION_WITHOUT_AGL, [], pools);
  if (withoutAgl === 'nothing') record.writeUInt8(image.ANSWER_NONE, ACTION_RECORD.length.at);
  else writeAnswer(record, withoutAgl, ACTION_RECORD as unknown as typeof ANSWER_FIELDS);
  return [...records, record];
}

function encodeAction(
  kind: number,
  steps: Parameters<Pools['addProgram']>[0],
  pools: Pools,
): Buffer {
  const record = Buffer.alloc(image.ACTION_BYTES);
  const { first, count } = pools.addProgram(steps);
  record.writeUInt8(kind, ACTION_RECORD.kind.at);
  record.writeUInt8(count, ACTION_RECORD.stepCount.at);
  record.writeUInt16LE(first, ACTION_RECORD.stepFirst.at);
  return record;
}

/** The conditions of which one must hold. */
function encodeGroup(group: readonly DataCondition[]): Buffer[] {
  return group.map((condition, index) => {
    const record = Buffer.alloc(image.CONDITION_BYTES);
    const flags =
      (condition.inverted ? image.CONDITION_INVERTED : 0) |
      (index < group.length - 1 ? image.CONDITION_OR_NEXT : 0) |
      ('field' in condition ? fieldFlags(condition.field) : 0);
    record.writeUInt8(CONDITION_NUMBERS[condition.kind], CONDITION_RECORD.kind.at);
    record.writeUInt8(flags, CONDITION_RECORD.flags.at);
    const { shift, width } = 'field' in condition ? condition.field : { shift: 0, width: 64 };
    record.writeUInt8(shift, CONDITION_RECORD.shift.at);
    record.writeUInt8(width, CONDITION_RECORD.width.at);
    const [minimum, maximum] = limitsOf(condition);
    record.writeBigUInt64LE(BigInt.asUintN(64, minimum), CONDITION_RECORD.minimum.at);
    record.writeBigUInt64LE(BigInt.asUintN(64, maximum), CONDITION_RECORD.maximum.at);
    return record;
  });
}

/** The number of each kind in the image. */
export const CONDITION_NUMBERS = {
  range: image.CONDITION_RANGE,
  bits: image.CONDITION_BITS,
  set: image.CONDITION_SET,
} as const;

function limitsOf(condition: DataCondition): readonly [bigint, bigint] {
  if (condition.kind === 'range') return [condition.minimum, condition.maximum];
  if (condition.kind === 'bits') return [condition.value, condition.mask];
  const set = condition.values.reduce((bits, value) => bits | (1n << BigInt(value)), 0n);
  return [set, 0n];
}

function canIdFlags(extended: boolean, remote: boolean): number {
  return (extended ? CAN_ID_EXTENDED : 0) | (remote ? CAN_ID_REMOTE : 0);
}
