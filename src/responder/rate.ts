// SPDX-License-Identifier: MIT
/**
 * The rate of a rule's answers, as a generic cell rate algorithm (ITU-T I.371): `burst` answers may follow
 * each other, in the long run one for each interval.
 *
 * An answer that leaves is charged. If that uses the rate up, the rule is marked, so that decisions about it
 * ask first; all others do not.
 */
import { Rule } from './rule';
import { RuleState } from './rule-states';

const MICROS_PER_SECOND: u64 = 1_000_000;

/** An answer of `rule` leaves at `nowTicks`. True: its rate is used up now. */
export function charge(rule: Rule, state: RuleState, nowTicks: u64, ticksPerSecond: u64): bool {
  const micros: u64 = rule.intervalMicros;
  if (micros === 0) return false;
  const interval = (micros * ticksPerSecond) / MICROS_PER_SECOND;
  const due = max<u64>(state.due, nowTicks) + interval;
  state.due = due;
  if (due - nowTicks <= ((rule.burst as u64) - 1) * interval) return false;
  rule.isLimited = true;
  return true;
}

/** True if an answer of `rule`, which is marked, may leave at `nowTicks`. It is not marked any more then. */
export function isAllowed(rule: Rule, state: RuleState, nowTicks: u64, ticksPerSecond: u64): bool {
  const interval = ((rule.intervalMicros as u64) * ticksPerSecond) / MICROS_PER_SECOND;
  if (nowTicks + ((rule.burst as u64) - 1) * interval < state.due) return false;
  rule.isLimited = false;
  return true;
}
