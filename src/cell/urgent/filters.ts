// SPDX-License-Identifier: MIT
/**
 * FilterPlan: what the chip's two filters were set to when it was set up, and what that is good for when
 * other rules are in force.
 *
 * Does not: set filters; they can be written in configuration mode only, off the bus. A rule that would
 * have a filter the chip is not set to is recognised by reading the frame until the cell is restarted.
 */
import { URGENT_FILTERS } from '../../driver/mcp2515/acceptance';
import { Rule, RULE_BYTES } from '../../responder/rule';
import { RuleTable } from '../../responder/rule-table';

@final
export class FilterPlan {
  /** Copies of the rules that the filters were set for; all zero: of none. */
  private readonly rules: usize = heap.alloc(URGENT_FILTERS * RULE_BYTES);

  constructor() {
    memory.fill(this.rules, 0, URGENT_FILTERS * RULE_BYTES);
  }

  /** Filter `filter` is set for `rule`. Only at start-up. */
  set(filter: u32, rule: Rule): void {
    memory.copy(this.rules + filter * RULE_BYTES, changetype<usize>(rule), RULE_BYTES);
  }

  /** True when `filter` recognises the very requests of the rule that `table` has for it. */
  serves(filter: u32, table: RuleTable): bool {
    const index = table.ruleOfFilter(filter);
    if (index < 0) return false;
    const wanted = table.rule(index);
    const own = changetype<Rule>(this.rules + filter * RULE_BYTES);
    // A rule's mask is never zero, so nothing equals the copy of none.
    return (
      own.matchMask === wanted.matchMask &&
      own.matchIdentifier === wanted.matchIdentifier &&
      own.dataMask === wanted.dataMask &&
      own.dataValue === wanted.dataValue &&
      own.minimumLength === wanted.minimumLength
    );
  }
}
