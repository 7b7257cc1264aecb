// SPDX-License-Identifier: MIT
/**
 * The rate of a rule's answers, as a generic cell rate algorithm (ITU-T I.371): `burst` answers may follow
 * each other, in the long run one for each interval.
 *
 * An answer that leaves is charged. If that uses the rate up, the rule is marked, so that decisions about it
 * ask first; all others do not.
 */
import { INTERVAL_IN_BITS } from '../../build/generated/rule-image';
import { Rule } from './rule';
import { RuleState } from './rule-states';

const MICROS_PER_SECOND: u64 = 1_000_000;

/** An answer of `rule` leaves at `nowTicks`. True: its rate is used up now. `interval`: intervalTicks. */
export function charge(rule: Rule, state: RuleState, nowTicks: u64, interval: u64): bool {
  const due = max<u64>(state.due, nowTicks) + interval;
  state.due = due;
  if (due - nowTicks <= ((rule.burst as u64) - 1) * interval) return false;
  rule.isLimited = true;
  return true;
}

/** The earliest time at which an answer of `rule` may leave. */
export function allowedTicks(rule: Rule, state: RuleState, interval: u64): u64 {
  const ahead = ((rule.burst as u64) - 1) * interval;
  return state.due > ahead ? state.due - ahead : 0;
}

/** The mean interval of the answers of `rule`. 0: it has no limit. */
export function intervalTicks(rule: Rule, ticksPerSecond: u64, bitsPerSecond: u32): u64 {
  const interval = rule.interval;
  if (interval === 0) return 0;
  const units: u64 =
    (interval & INTERVAL_IN_BITS) !== 0 ? (bitsPerSecond as u64) : MICROS_PER_SECOND;
  return (((interval & ~INTERVAL_IN_BITS) as u64) * ticksPerSecond) / units;
}
