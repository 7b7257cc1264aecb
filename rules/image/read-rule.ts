// SPDX-License-Identifier: MIT
/**
 * Reads the record of one rule: what formats 1 and 2 have in common.
 */
import { RULE_NUMBERS as image, RULE_RECORD } from '../../formats/rule-image.ts';
import type { Rule, RuleAnswer, RuleMatch } from '../model.ts';
import {
  CAN_ID_EXTENDED,
  CAN_ID_REMOTE,
  DATA_BYTES,
  EXTENDED_IDENTIFIER_MAXIMUM,
  LIVE_SOURCE,
  LIVE_VALUES,
  SAME_AS_REQUEST,
  STANDARD_IDENTIFIER_MAXIMUM,
} from '../model.ts';
import { expectEqual, expectZero, hex, RulesImageError } from './image-error.ts';

/** The paths by hardware filter are 1 and 2. */
const PATH_MAXIMUM = 2;

/** The fields of an answer, in a rule or in an action. */
export const ANSWER_FIELDS = {
  length: RULE_RECORD.answerLength,
  identifier: RULE_RECORD.answerIdentifier,
  data: RULE_RECORD.answerData,
  sources: RULE_RECORD.answerSources,
};

/** The rule at `start`. Its flags are at most `flagsMaximum`. */
export function readRule(bytes: Buffer, start: number, name: string, flagsMaximum: number): Rule {
  const flagsOffset = start + RULE_RECORD.flags.at;
  const flags = bytes.readUInt8(flagsOffset);
  if (flags > flagsMaximum) {
    throw new RulesImageError(`${name} flags`, flagsOffset, `0 to ${flagsMaximum}`, hex(flags));
  }
  const path = bytes.readUInt8(start + RULE_RECORD.path.at);
  if (path > PATH_MAXIMUM) {
    throw new RulesImageError(`${name} path`, start + RULE_RECORD.path.at, '0 to 2', `${path}`);
  }
  const match = readMatch(bytes, start, name);
  const forward = (flags & image.RULE_FORWARD) !== 0;
  if ((flags & image.RULE_ANSWER) !== 0) {
    return { name, match, answer: readAnswer(bytes, start, name, match, ANSWER_FIELDS), forward };
  }
  expectZero(
    bytes,
    `${name} answer`,
    start + RULE_RECORD.answerLength.at,
    start + RULE_RECORD.answerSources.at,
  );
  for (let index = 0; index < DATA_BYTES; index += 1) {
    const offset = start + RULE_RECORD.answerSources.at + index;
    const source = bytes.readUInt8(offset);
    expectEqual(`${name} answer source ${index}`, offset, image.SOURCE_OWN, source);
  }
  return { name, match, answer: null, forward };
}

function readMatch(bytes: Buffer, start: number, name: string): RuleMatch {
  const identifierOffset = start + RULE_RECORD.matchIdentifier.at;
  const canId = bytes.readUInt32LE(identifierOffset);
  const extended = (canId & CAN_ID_EXTENDED) !== 0;
  const identifier = readIdentifier(canId, extended, `${name} identifier`, identifierOffset);
  const maskOffset = start + RULE_RECORD.matchMask.at;
  const canIdMask = bytes.readUInt32LE(maskOffset);
  const comparesRemote = (canIdMask & CAN_ID_REMOTE) !== 0;
  const remote = comparesRemote ? (canId & CAN_ID_REMOTE) !== 0 : ('any' as const);
  if ((canIdMask & CAN_ID_EXTENDED) === 0) {
    throw new RulesImageError(`${name} mask`, maskOffset, 'bit 31 set', hex(canIdMask));
  }
  if (!comparesRemote && (canId & CAN_ID_REMOTE) !== 0) {
    const expected = 'bit 30 clear, as the mask has it clear';
    throw new RulesImageError(`${name} identifier`, identifierOffset, expected, hex(canId));
  }
  const mask = readIdentifier(canIdMask, extended, `${name} mask`, maskOffset);
  if ((identifier & ~mask) !== 0) {
    const expected = `no bits outside the mask ${hex(mask)}`;
    throw new RulesImageError(`${name} identifier`, identifierOffset, expected, hex(identifier));
  }
  const lengthOffset = start + RULE_RECORD.minimumLength.at;
  const minimumLength = bytes.readUInt8(lengthOffset);
  const longest = remote === false ? DATA_BYTES : 0;
  if (minimumLength > longest) {
    const expected = `at most ${longest}${remote === false ? '' : ' for a remote frame'}`;
    throw new RulesImageError(`${name} length`, lengthOffset, expected, `${minimumLength}`);
  }
  const data = Array.from({ length: DATA_BYTES }, (_, index) => {
    const offset = start + RULE_RECORD.dataValue.at + index;
    const value = bytes.readUInt8(offset);
    const byteMask = bytes.readUInt8(start + RULE_RECORD.dataMask.at + index);
    if ((value & ~byteMask) !== 0) {
      const expected = `no bits outside the mask ${hex(byteMask)}`;
      throw new RulesImageError(`${name} data byte ${index}`, offset, expected, hex(value));
    }
    if (byteMask !== 0 && index >= minimumLength) {
      const expected = `more than ${index}, as data byte ${index} is compared`;
      throw new RulesImageError(`${name} length`, lengthOffset, expected, `${minimumLength}`);
    }
    return { value, mask: byteMask };
  });
  return { identifier, mask, extended, remote, data, minimumLength };
}

/** The answer whose fields lie `at` these places from `start`. */
export function readAnswer(
  bytes: Buffer,
  start: number,
  name: string,
  match: RuleMatch,
  at: typeof ANSWER_FIELDS,
): RuleAnswer {
  const identifierOffset = start + at.identifier.at;
  const canId = bytes.readUInt32LE(identifierOffset);
  if ((canId & CAN_ID_REMOTE) !== 0) {
    const expected = 'a data frame (bit 30 clear)';
    throw new RulesImageError(`${name} answer identifier`, identifierOffset, expected, hex(canId));
  }
  const extended = (canId & CAN_ID_EXTENDED) !== 0;
  const identifier = readIdentifier(canId, extended, `${name} answer identifier`, identifierOffset);
  const lengthOffset = start + at.length.at;
  const lengthByte = bytes.readUInt8(lengthOffset);
  if (lengthByte > DATA_BYTES && lengthByte !== image.ANSWER_LENGTH_OF_REQUEST) {
    const expected = '0 to 8, or 0xff for the same as the request';
    throw new RulesImageError(`${name} answer length`, lengthOffset, expected, hex(lengthByte));
  }
  const length = lengthByte === image.ANSWER_LENGTH_OF_REQUEST ? SAME_AS_REQUEST : lengthByte;
  const dataStart = start + at.data.at;
  const data = [...bytes.subarray(dataStart, dataStart + DATA_BYTES)];
  const source = Array.from({ length: DATA_BYTES }, (_, index) => {
    const offset = start + at.sources.at + index;
    const value = bytes.readUInt8(offset);
    if (value === image.SOURCE_OWN) return null;
    if (value >= LIVE_SOURCE && value < LIVE_SOURCE + LIVE_VALUES) return value;
    if (value >= match.minimumLength) {
      const expected = `a request byte below the minimum length ${match.minimumLength}, 0x80 to 0xbf, or 0xff`;
      throw new RulesImageError(`${name} answer source ${index}`, offset, expected, hex(value));
    }
    return value;
  });
  return { identifier, extended, length, data, source };
}

/** The identifier bits of a can_id. Throws if a bit is set that the frame format does not have. */
function readIdentifier(canId: number, extended: boolean, field: string, offset: number): number {
  const identifier = canId & 0x3fffffff;
  const maximum = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  if (identifier > maximum) {
    throw new RulesImageError(field, offset, `at most ${hex(maximum)}`, hex(identifier));
  }
  return identifier;
}
