// SPDX-License-Identifier: MIT
/**
 * Checks a frame by the E2E profile of the rule that matched it last, and counts the result.
 *
 * Does not: carry out what becomes of the frame (RuleActions, AglGate).
 */
import { Frame } from '../can/frame';
import {
  ActionFields,
  CHECK_PASS,
  checkActionOf,
  CheckResult,
  dispositionOf,
} from '../responder/e2e-check';
import { Rule } from '../responder/rule';
import { Counter } from '../rt/counters';
import { AnyParts } from './parts';

/** CHECK_...: what becomes of `frame`, which `rule` has matched. A rule without a check lets it pass. */
export function checkFrame<Parts extends AnyParts>(parts: Parts, rule: Rule, frame: Frame): u32 {
  const at = checkActionOf(parts.responder.table, rule);
  if (at === 0) return CHECK_PASS;
  const action = changetype<ActionFields>(at);
  const result = parts.responder.check(action, frame);
  if (result === CheckResult.SomeLost) parts.counters.count(Counter.CheckSomeLost);
  else if (result >= CheckResult.Repeated) {
    const first = Counter.CheckRepeated - (CheckResult.Repeated as u32);
    parts.counters.count(first + (result as u32));
  }
  return dispositionOf(action, result);
}
