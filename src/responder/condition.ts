// SPDX-License-Identifier: MIT
/**
 * The conditions that a rule of format 2 has beside masks and smallest length.
 *
 * The layout: formats/rule-image-2.ts. Does not: check them (program-check.ts).
 */
import {
  CONDITION_BITS,
  CONDITION_BYTES,
  CONDITION_INVERTED,
  CONDITION_OR_NEXT,
  CONDITION_RANGE,
  ConditionFields,
  FIELD_BIG_ENDIAN,
  FIELD_SIGNED,
} from '../../build/generated/rule-image';
import { Frame } from '../can/frame';
import { isRemote } from '../can/identifier';
import { Rule } from './rule';

const DATA_BITS: u32 = 64;

/** True if `frame` fulfils `rule`'s conditions, the first of which would lie at `conditions`, and is not too long. */
export function fulfils(frame: Frame, rule: Rule, conditions: usize): bool {
  const limit: u32 = rule.lengthLimit;
  if (limit !== 0 && (frame.length as u32) >= limit) return false;
  const count: u32 = rule.conditionCount;
  if (count === 0) return true;
  // It has no data.
  if (isRemote(frame.identifier)) return false;
  const data = frame.data;
  let at = conditions + rule.conditionFirst * CONDITION_BYTES;
  const end = at + count * CONDITION_BYTES;
  let holds: bool = false;
  // loop: at most RULE_CONDITIONS_MAXIMUM
  for (; at !== end; at += CONDITION_BYTES) {
    const condition = changetype<ConditionFields>(at);
    const flags: u32 = condition.flags;
    holds = holds || isTrue(condition, data) !== ((flags & CONDITION_INVERTED) !== 0);
    if ((flags & CONDITION_OR_NEXT) !== 0) continue;
    if (!holds) return false;
    holds = false;
  }
  return true;
}

function isTrue(condition: ConditionFields, data: u64): bool {
  const kind: u32 = condition.kind;
  if (kind === CONDITION_BITS) return (data & condition.maximum) === condition.minimum;
  const value = fieldOf(data, condition.flags, condition.shift, condition.width);
  if (kind === CONDITION_RANGE) {
    return (condition.minimum as i64) <= value && value <= (condition.maximum as i64);
  }
  return ((condition.minimum >> (value & 63)) & 1) !== 0;
}

/** The field of `data` with these FIELD_... flags, as a number. */
export function fieldOf(data: u64, flags: u32, shift: u32, width: u32): i64 {
  const ordered = (flags & FIELD_BIG_ENDIAN) !== 0 ? bswap<u64>(data) : data;
  const above = ordered << (DATA_BITS - shift - width);
  const below = DATA_BITS - width;
  return (flags & FIELD_SIGNED) !== 0 ? (above as i64) >> below : ((above >> below) as i64);
}
