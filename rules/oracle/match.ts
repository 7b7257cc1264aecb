// SPDX-License-Identifier: MIT
/** Whether a rule or a filter takes a frame, by the model alone. */
import type { DataCondition, Filter, Rule, RuleMatch } from '../model.ts';
import { littleEndian, readField } from './field.ts';
import { eightBytes, lengthOf, wordOf } from './frame.ts';
import type { OracleFrame } from './frame.ts';

/** Whether the rule takes the frame. Its direction is not looked at. */
export function matches({ match }: Rule, frame: OracleFrame): boolean {
  const { extended, remote, conditions = [], maximumLength = Infinity } = match;
  if (frame.extended !== extended) return false;
  if (remote !== 'any' && frame.remote !== remote) return false;
  if (!takesIdentifier(match, frame.identifier)) return false;
  const length = lengthOf(frame);
  if (length < match.minimumLength || length > maximumLength) return false;
  const bytes = eightBytes(frame);
  if (!match.data.every(({ value, mask }, index) => (bytes[index] & mask) === value)) return false;
  // A remote frame has no data for a condition to hold.
  if (conditions.length > 0 && frame.remote) return false;
  return conditions.every((group) => group.some((condition) => holds(condition, bytes)));
}

/** `can_id & mask == id & mask` of struct can_filter, or its negation. */
export function passesFilter({ identifier, mask, inverted }: Filter, frame: OracleFrame): boolean {
  const differing = (wordOf(frame) ^ BigInt(identifier)) & BigInt(mask);
  return inverted ? differing !== 0n : differing === 0n;
}

function takesIdentifier({ identifiers, identifier, mask }: RuleMatch, number: number): boolean {
  if (((BigInt(number) ^ BigInt(identifier)) & BigInt(mask)) !== 0n) return false;
  return identifiers?.some(({ first, last }) => number >= first && number <= last) ?? true;
}

function holds(condition: DataCondition, bytes: Uint8Array): boolean {
  return isTrue(condition, bytes) !== condition.inverted;
}

function isTrue(condition: DataCondition, bytes: Uint8Array): boolean {
  if (condition.kind === 'bits') return (littleEndian(bytes) & condition.mask) === condition.value;
  const value = readField(bytes, condition.field);
  if (condition.kind === 'set') return condition.values.some((one) => BigInt(one) === value);
  return value >= condition.minimum && value <= condition.maximum;
}
