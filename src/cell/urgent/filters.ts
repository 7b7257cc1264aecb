// SPDX-License-Identifier: MIT
/**
 * FilterPlan: the rules that the chip's two filters were set for, and which rules in force they
 * serve.
 *
 * The chip takes filters in configuration mode only, off the bus. If a new rule needs a filter that
 * is set for another rule, the cell recognises its requests by reading the frame, until it is
 * restarted.
 * Does not: set filters.
 */
import { URGENT_FILTERS } from '../../driver/mcp2515/acceptance';
import { Rule, RULE_BYTES } from '../../responder/rule';
import { RuleTable } from '../../responder/rule-table';

@final
export class FilterPlan {
  /** Copies of the rules that the filters were set for; all zero: no rule. */
  private readonly rules: usize = heap.alloc(URGENT_FILTERS * RULE_BYTES);

  constructor() {
    memory.fill(this.rules, 0, URGENT_FILTERS * RULE_BYTES);
  }

  /** Notes that `filter` is set for `rule`. Call it only at start-up. */
  set(filter: u32, rule: Rule): void {
    memory.copy(this.rules + filter * RULE_BYTES, changetype<usize>(rule), RULE_BYTES);
  }

  /** True when `filter` is set for a rule. */
  isSet(filter: u32): bool {
    return changetype<Rule>(this.rules + filter * RULE_BYTES).matchMask !== 0;
  }

  /** True when `filter` recognises exactly the requests of the rule that `table` has for it, and its rate is not used up. */
  serves(filter: u32, table: RuleTable): bool {
    const index = table.ruleRecognised(filter);
    if (index < 0) return false;
    const wanted = table.rule(index);
    const own = changetype<Rule>(this.rules + filter * RULE_BYTES);
    // A rule's mask is never zero, so no rule equals an empty copy.
    return (
      !wanted.isLimited &&
      own.matchMask === wanted.matchMask &&
      own.matchIdentifier === wanted.matchIdentifier &&
      own.dataMask === wanted.dataMask &&
      own.dataValue === wanted.dataValue &&
      own.minimumLength === wanted.minimumLength
    );
  }
}
