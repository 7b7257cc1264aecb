// SPDX-License-Identifier: MIT
/**
 * IndexCheck: the lists of rules of format 2, and the two indexes that lead to them, in bounded pieces.
 *
 * Each list ends, its rules exist and ascend, and what they cost together is bounded. All of them are about
 * frames of one side, and the index of that side alone leads to them. A list may be the end of another.
 */
import { LIST_END, RULE_BYTES, RULE_FROM_AGL } from '../../build/generated/rule-image';
import {
  CONDITION_NANOS,
  LIST_NANOS_MAXIMUM,
  LISTED_RULE_NANOS,
} from '../../build/generated/rule-costs';
import { EXTENDED_MASK } from '../can/identifier';
import { Rule } from './rule';
import { TableSections } from './table-sections';

@final
export class IndexCheck {
  private nanos: u32 = 0;
  private last: i32 = -1;
  private side: u32 = 0;

  begin(): void {
    this.nanos = 0;
    this.last = -1;
  }

  /** The word of the lists that begins with `begin` is next. False: it is not valid. */
  isWord(sections: TableSections, word: u32): bool {
    const index: u32 = load<u16>(sections.lists + (word << 1));
    if (index === LIST_END) {
      this.begin();
      return true;
    }
    if (index >= sections.count || (index as i32) <= this.last) return false;
    const rule = changetype<Rule>(sections.rules + index * RULE_BYTES);
    const side = rule.flags & RULE_FROM_AGL;
    if (this.last >= 0 && side !== this.side) return false;
    this.side = side;
    this.last = index;
    this.nanos += LISTED_RULE_NANOS + rule.conditionCount * CONDITION_NANOS;
    return this.nanos <= LIST_NANOS_MAXIMUM;
  }

  /** The last word ended a list. */
  get isEnded(): bool {
    return this.last < 0;
  }
}

/** True if `word` begins a list of rules of the side `side`: 0, or RULE_FROM_AGL. */
export function isListOf(sections: TableSections, word: u32, words: u32, side: u32): bool {
  if (word >= words) return false;
  const index: u32 = load<u16>(sections.lists + (word << 1));
  if (index === LIST_END) return true;
  const rule = changetype<Rule>(sections.rules + index * RULE_BYTES);
  return (rule.flags & RULE_FROM_AGL) === side;
}

/** True if range `range` begins after the one before it, the first at 0. */
export function isRangeStart(starts: usize, range: u32): bool {
  const start = load<u32>(starts + (range << 2));
  if (range === 0) return start === 0;
  return start > load<u32>(starts + ((range - 1) << 2)) && start <= EXTENDED_MASK;
}
