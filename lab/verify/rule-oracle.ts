// SPDX-License-Identifier: MIT
/**
 * The actions that a rule table demands for a frame of the bus that comes alone: the rule oracle
 * (rules/oracle) without history.
 */
import type { Rule, RuleTable } from '../../rules/model.ts';
import { isStaticAnswer } from '../../rules/model.ts';
import { type DropReason, RuleOracle, type Verdict } from '../../rules/oracle/oracle.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';

export interface Demand {
  /** The matching rule, if any. */
  readonly rule: Rule | undefined;
  /** The first answer. */
  readonly answer: CanFrame | undefined;
  readonly answers: readonly CanFrame[];
  /** The answer is the same for every request. */
  readonly isStatic: boolean;
  readonly forward: boolean;
  /** The frame that AGL gets. */
  readonly forwarded: CanFrame | undefined;
  /** Set when there is neither answer nor forward. */
  readonly drop: DropReason | undefined;
}

/** The demand for a frame received from the bus while the live values are `live`. */
export function demandFor(table: RuleTable, frame: CanFrame, live?: Uint8Array): Demand {
  const oracle = new RuleOracle(table);
  if (live !== undefined) oracle.live.set(live);
  return demandOf(oracle.feed(frame));
}

/** What a verdict of the oracle demands. */
export function demandOf({ rule, toBus, forwarded, drop }: Verdict): Demand {
  return {
    rule,
    answer: toBus.at(0),
    answers: toBus,
    isStatic: rule?.answer ? isStaticAnswer(rule.answer) : false,
    forward: forwarded !== undefined,
    forwarded,
    drop,
  };
}
