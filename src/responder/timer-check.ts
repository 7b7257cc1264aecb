// SPDX-License-Identifier: MIT
/**
 * Whether a timer of an image is valid, and the rule that it names fits it: its frame needs no request, so that it
 * can be made at any time.
 */
import {
  RULE_ANSWER,
  RULE_TIMED,
  TIMER_CYCLIC,
  TIMER_IN_SAFE_STATE,
  TIMER_MICROS_MAXIMUM,
  TIMER_SAFE_STATE,
  TIMER_UNLESS_SAFE_STATE,
  TIMER_UNTIL_NEVER,
  TimerFields,
} from '../../build/generated/rule-image';
import { isIndependent } from './program-check';
import { PATH_SOFTWARE, Rule } from './rule';
import { TableSections } from './table-sections';

const FLAGS: u32 = TIMER_IN_SAFE_STATE | TIMER_UNLESS_SAFE_STATE;

export function isTimer(index: u32, sections: TableSections): bool {
  const timer = sections.timer(index);
  if ((timer.kind as u32) === TIMER_SAFE_STATE) return index === 0 && isSafeState(timer, sections);
  if ((timer.kind as u32) !== TIMER_CYCLIC) return false;
  if ((timer.flags & ~FLAGS) !== 0 || (timer.flags as u32) === FLAGS) return false;
  if (!areTimes(timer)) return false;
  if (timer.count === 0 && timer.next !== 0) return false;
  if ((timer.rule as u32) >= sections.count) return false;
  return isTimed(sections.rule(timer.rule), sections);
}

/** Its rules exist: the one whose frames end it, and the one whose frames are heartbeats. */
function isSafeState(timer: TimerFields, sections: TableSections): bool {
  if ((timer.flags & ~TIMER_UNTIL_NEVER) !== 0 || !areTimes(timer)) return false;
  if ((timer.rule as u32) > sections.count || timer.count > sections.count) return false;
  if ((timer.flags as u32) !== 0 && (timer.rule as u32) !== 0) return false;
  return (timer.count === 0) === (timer.next === 0);
}

function areTimes(timer: TimerFields): bool {
  if ((timer.reserved0 as u64) !== 0 || timer.reserved1 !== 0) return false;
  if (timer.interval === 0 || timer.interval > TIMER_MICROS_MAXIMUM) return false;
  return timer.next <= TIMER_MICROS_MAXIMUM && timer.phase <= TIMER_MICROS_MAXIMUM;
}

/** Its answer goes to the bus, without a rate, and takes nothing from a request. */
function isTimed(rule: Rule, sections: TableSections): bool {
  if ((rule.flags as u32) !== (RULE_ANSWER | RULE_TIMED) || rule.interval !== 0) return false;
  if ((rule.path as u32) !== PATH_SOFTWARE || (rule.actionCount as u32) !== 0) return false;
  return rule.isAlone && isIndependent(rule, sections);
}
