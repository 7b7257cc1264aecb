// SPDX-License-Identifier: MIT
/**
 * The watch of a rule: its last action, and whether action and timer of an image fit the rule. What a watch does with
 * frames: src/cell/watches.ts.
 *
 * The layout: formats/rule-image-2.ts.
 */
import {
  ACTION_WATCH,
  ActionFields,
  TIMER_MICROS_MAXIMUM,
  TimerFields,
  WATCH_CHANGES,
  WATCH_LENGTH,
  WATCHES_MAXIMUM,
} from '../../build/generated/rule-image';
import { Rule, RULE_FROM_AGL } from './rule';
import { TableSections } from './table-sections';

/** Address of the watch of `rule`; 0: it has none. */
export function watchOf(sections: TableSections, rule: Rule): usize {
  const actions: u32 = rule.actionCount;
  if (actions === 0) return 0;
  const action = sections.actionOf(rule, actions - 1);
  return (action.kind as u32) === ACTION_WATCH ? changetype<usize>(action) : 0;
}

/** True if the fields of a watch are possible. */
export function isWatch(action: ActionFields): bool {
  if (((action.stepCount as u32) | action.reserved1 | action.reserved2) !== 0) return false;
  if ((action.reserved0 as u32) >= WATCHES_MAXIMUM || action.sources !== 0) return false;
  if (action.identifier > TIMER_MICROS_MAXIMUM) return false;
  const flags: u32 = action.length;
  if ((flags & ~(WATCH_CHANGES | WATCH_LENGTH)) !== 0) return false;
  return (flags & WATCH_CHANGES) !== 0 || (flags === 0 && action.data === 0);
}

/** How many actions of the rule, whose actions exist, are watches; -1: one where none may be. */
export function watchesOf(rule: Rule, sections: TableSections): i32 {
  const actions: u32 = rule.actionCount;
  // loop: at most RULE_ACTIONS_MAXIMUM
  for (let index: u32 = 0; index + 1 < actions; index++) {
    if ((sections.actionOf(rule, index).kind as u32) === ACTION_WATCH) return -1;
  }
  if (watchOf(sections, rule) === 0) return 0;
  return (rule.flags & RULE_FROM_AGL) === 0 ? 1 : -1;
}

/** True if the timer is the timeout of a rule with a watch, and the rules that tell of it are there. */
export function isTimeout(timer: TimerFields, sections: TableSections): bool {
  if ((timer.flags as u32) !== 0 || timer.phase !== 0 || timer.ended !== 0) return false;
  if ((timer.rule as u32) >= sections.count) return false;
  return watchOf(sections, sections.rule(timer.rule)) !== 0;
}
