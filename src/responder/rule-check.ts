// SPDX-License-Identifier: MIT
/**
 * Rule check: whether a rule is valid, and whether two rules match a common frame.
 *
 * The compiler makes the same checks; the cell does not rely on them.
 */
import { INTERVAL_IN_BITS } from '../../build/generated/rule-image';
import { DATA_BYTES_MAXIMUM, IDENTIFIER_EXTENDED, IDENTIFIER_REMOTE } from '../can/frame';
import { isExtended, isRemote, isValidIdentifier, numberMaskOf } from '../can/identifier';
import { Status } from '../rt/status';
import { hasWindow } from './answer-window';
import {
  ANSWER_LENGTH_OF_REQUEST,
  LIVE_VALUES,
  Rule,
  RULE_ANSWER,
  RULE_FORWARD,
  RULE_FROM_AGL,
  RULE_NEVER_REMOTE,
  RULE_TIMED,
  SOURCE_LIVE,
  SOURCE_OWN,
  PATH_FILTER_1,
  PATH_SOFTWARE,
} from './rule';

const FORM_BITS: u32 = IDENTIFIER_EXTENDED | IDENTIFIER_REMOTE;
const RULE_FLAGS_1: u32 = RULE_ANSWER | RULE_FORWARD;
const RULE_FLAGS: u32 = RULE_FLAGS_1 | RULE_FROM_AGL | RULE_NEVER_REMOTE | RULE_TIMED;
/** Data bytes 0 and 1. */
const FILTER_DATA_MASK: u64 = 0xffff;

/**
 * `Ok`, or `RulesIdentifierRange` or `RulesField` for the first error. Does not look at what a rule
 * refers to (program-check.ts).
 */
export function checkRule(rule: Rule): Status {
  const identifier = rule.matchIdentifier;
  const mask = rule.matchMask;
  if (!isValidIdentifier(identifier)) return Status.RulesIdentifierRange;
  if ((mask & IDENTIFIER_EXTENDED) === 0) return Status.RulesIdentifierRange;
  if ((mask & ~(FORM_BITS | numberMaskOf(identifier))) !== 0) return Status.RulesIdentifierRange;
  if ((identifier & ~mask) !== 0) return Status.RulesIdentifierRange;
  if (!isValidIdentifier(rule.answerIdentifier)) return Status.RulesIdentifierRange;
  if (isRemote(rule.answerIdentifier)) return Status.RulesIdentifierRange;

  if ((rule.dataValue & ~rule.dataMask) !== 0) return Status.RulesField;
  if (rule.minimumLength > DATA_BYTES_MAXIMUM) return Status.RulesField;
  const takesRemote = isRemote(identifier) || rule.takesAnyFrame;
  if (takesRemote && (rule.minimumLength !== 0 || rule.dataMask !== 0)) return Status.RulesField;
  if ((rule.flags & ~RULE_FLAGS) !== 0) return Status.RulesField;
  if (takesRemote && (rule.flags & RULE_NEVER_REMOTE) !== 0) return Status.RulesField;
  if (rule.lengthLimit > DATA_BYTES_MAXIMUM) return Status.RulesField;
  if (((rule.interval & ~INTERVAL_IN_BITS) === 0) !== (rule.burst === 0)) return Status.RulesField;
  if (rule.interval === INTERVAL_IN_BITS) return Status.RulesField;
  if (!isAnswerLength(rule.answerLength)) return Status.RulesField;
  if (!areSources(rule.answerSources)) return Status.RulesField;
  if (!isPath(rule)) return Status.RulesField;
  return Status.Ok;
}

/** True if a rule of format 1 has zeros where format 2 has more. */
export function isOfFormat1(rule: Rule): bool {
  const more = changetype<usize>(rule) + offsetof<Rule>('conditionFirst');
  return (load<u64>(more) | load<u64>(more, 8)) === 0 && (rule.flags & ~RULE_FLAGS_1) === 0;
}

/** True if the rule's answer goes to the bus by any free buffer, so that it can tell of a refused frame. */
export function isAlarm(rule: Rule): bool {
  const isAnswer = (rule.flags & (RULE_ANSWER | RULE_FROM_AGL)) === RULE_ANSWER;
  return isAnswer && (rule.path as u32) === PATH_SOFTWARE;
}

/** True if some frame matches both: every bit that both compare has the same value in both. */
export function overlap(one: Rule, other: Rule): bool {
  const identifierBits = one.matchMask & other.matchMask;
  const dataBits = one.dataMask & other.dataMask;
  return (
    ((one.matchIdentifier ^ other.matchIdentifier) & identifierBits) === 0 &&
    ((one.dataValue ^ other.dataValue) & dataBits) === 0
  );
}

export function isAnswerLength(length: u32): bool {
  return length <= DATA_BYTES_MAXIMUM || length === ANSWER_LENGTH_OF_REQUEST;
}

/**
 * Checks the path of a rule. A filter path needs an answer that takes nothing from the request, or has a window. The filter compares only the first two data
 * bytes, and only in standard frames; a frame's length shows which of them it has, so the rule's length must
 * cover the bytes it compares.
 */
function isPath(rule: Rule): bool {
  const path: u32 = rule.path;
  if (path === PATH_SOFTWARE) return true;
  if (path > PATH_FILTER_1) return false;
  if ((rule.flags & (RULE_ANSWER | RULE_FROM_AGL)) !== RULE_ANSWER) return false;
  if (!rule.isAlone && !hasWindow(rule)) return false;
  // The filter does not see what conditions look at.
  if (rule.conditionCount !== 0 || rule.lengthLimit !== 0) return false;
  if (rule.dataMask === 0) return true;
  if (isExtended(rule.matchIdentifier) || rule.dataMask > FILTER_DATA_MASK) return false;
  return (rule.minimumLength as u32) >= (rule.dataMask > 0xff ? 2 : 1);
}

/** Each byte must be 0..7, a live value, or SOURCE_OWN. */
export function areSources(sources: u64): bool {
  for (let index: u64 = 0; index < DATA_BYTES_MAXIMUM; index++) {
    const source = ((sources >> (index << 3)) as u32) & 0xff;
    if (source < DATA_BYTES_MAXIMUM || source === SOURCE_OWN) continue;
    if (source < SOURCE_LIVE || source >= SOURCE_LIVE + LIVE_VALUES) return false;
  }
  return true;
}
