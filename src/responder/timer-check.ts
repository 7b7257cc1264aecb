// SPDX-License-Identifier: MIT
/**
 * Whether a timer of an image is valid, and the rule that it names fits it: its frame needs no request, so that it
 * can be made at any time.
 */
import {
  RULE_ANSWER,
  RULE_FROM_AGL,
  RULE_TIMED,
  TIMER_CYCLIC,
  TIMER_IN_SAFE_STATE,
  TIMER_MICROS_MAXIMUM,
  TIMER_PENDING,
  TIMER_SAFE_STATE,
  TIMER_TIMEOUT,
  TIMER_SILENT,
  TIMER_UNLESS_SAFE_STATE,
  TIMER_UNTIL_NEVER,
  TimerFields,
} from '../../build/generated/rule-image';
import { DATA_BYTES_MAXIMUM } from '../can/frame';
import { isRemote, isValidIdentifier } from '../can/identifier';
import { isIndependent } from './program-check';
import { PATH_SOFTWARE, Rule } from './rule';
import { TableSections } from './table-sections';
import { isTimeout } from './watch';

/** How often a client may be kept waiting. */
const PENDING_MAXIMUM: u32 = 255;
/** Length byte, 0x7F, service and code. */
const NEGATIVE_BYTES: u32 = 4;
const FLAGS: u32 = TIMER_IN_SAFE_STATE | TIMER_UNLESS_SAFE_STATE;

export function isTimer(index: u32, sections: TableSections): bool {
  const timer = sections.timer(index);
  if ((timer.kind as u32) === TIMER_SAFE_STATE) return index === 0 && isSafeState(timer, sections);
  if ((timer.kind as u32) === TIMER_TIMEOUT) {
    if (!isTimeout(timer, sections) || timer.interval === 0) return false;
    if (timer.interval > TIMER_MICROS_MAXIMUM || timer.reserved1 !== 0) return false;
    return isNotice(timer.count, sections) && isNotice(timer.next, sections);
  }
  if ((timer.kind as u32) === TIMER_PENDING) return isPending(timer);
  if ((timer.kind as u32) !== TIMER_CYCLIC) return false;
  if ((timer.flags & ~FLAGS) !== 0 || (timer.flags as u32) === FLAGS) return false;
  if (!areTimes(timer)) return false;
  if (timer.count === 0 && (timer.next | timer.ended) !== 0) return false;
  if (!isNotice(timer.ended, sections)) return false;
  if ((timer.rule as u32) >= sections.count) return false;
  return isTimed(sections.rule(timer.rule), 0, sections);
}

/** `number`, from 1, is that of a rule whose answer tells of something, the bus or AGL; 0: there is none. */
function isNotice(number: u32, sections: TableSections): bool {
  if (number === 0) return true;
  if (number > sections.count) return false;
  const rule = sections.rule(number - 1);
  return isTimed(rule, rule.flags & RULE_FROM_AGL, sections);
}

/** Its rules exist: the one whose frames end it, and the one whose frames are heartbeats. */
function isSafeState(timer: TimerFields, sections: TableSections): bool {
  if ((timer.flags & ~TIMER_UNTIL_NEVER) !== 0 || !areTimes(timer)) return false;
  if (timer.ended !== 0) return false;
  if ((timer.rule as u32) > sections.count || timer.count > sections.count) return false;
  if ((timer.flags as u32) !== 0 && (timer.rule as u32) !== 0) return false;
  return (timer.count === 0) === (timer.next === 0);
}

/** It ends, and its answer is a data frame with room for a negative response. */
function isPending(timer: TimerFields): bool {
  if ((timer.flags & ~TIMER_SILENT) !== 0 || (timer.rule as u32) !== 0) return false;
  if (timer.interval === 0 || timer.interval > TIMER_MICROS_MAXIMUM) return false;
  if (timer.phase > TIMER_MICROS_MAXIMUM || (timer.reserved1 as u64) !== 0) return false;
  if (timer.count === 0 || timer.count > PENDING_MAXIMUM) return false;
  if (!isValidIdentifier(timer.next) || isRemote(timer.next)) return false;
  const length = timer.ended & 0xff;
  return length >= NEGATIVE_BYTES && length <= DATA_BYTES_MAXIMUM && timer.ended >> 16 === 0;
}

function areTimes(timer: TimerFields): bool {
  if (timer.reserved1 !== 0) return false;
  if (timer.interval === 0 || timer.interval > TIMER_MICROS_MAXIMUM) return false;
  return timer.next <= TIMER_MICROS_MAXIMUM && timer.phase <= TIMER_MICROS_MAXIMUM;
}

/** Its answer, which has `flags` as well, is without a rate, and takes nothing from a request. */
function isTimed(rule: Rule, flags: u32, sections: TableSections): bool {
  if ((rule.flags as u32) !== (RULE_ANSWER | RULE_TIMED | flags)) return false;
  if (rule.interval !== 0) return false;
  if ((rule.path as u32) !== PATH_SOFTWARE || (rule.actionCount as u32) !== 0) return false;
  return rule.isAlone && isIndependent(rule, sections);
}
