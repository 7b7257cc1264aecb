// SPDX-License-Identifier: MIT
/**
 * The key of a rule's state: a CRC-32 of its name, and of what must be the same for another table's rule to take the
 * state over: the answer's identifier, the counter's largest value, whether a timer sends it, the kind of its check.
 */
import { RULE_TIMED } from '../../build/generated/rule-image';
import { crc32Update } from '../rt/crc32';
import { checkKindOf } from './e2e-check';
import { counterMaximumOf } from './program-check';
import { Rule } from './rule';
import { TableSections } from './table-sections';

/** Above the counter's largest value. */
const TIMED_SHIFT: u64 = 32;
const CHECK_SHIFT: u64 = 40;
const KIND_BYTES: u32 = 16;

/** What belongs to a key beside the name. */
const KIND: usize = heap.alloc(KIND_BYTES);

/** The key of `rule` of the table `sections`, whose name has the CRC `crc`. */
export function stateKey(crc: u32, rule: Rule, sections: TableSections): u32 {
  const timed = ((rule.flags & RULE_TIMED) as u64) << TIMED_SHIFT;
  const check = checkKindOf(sections, rule) << CHECK_SHIFT;
  store<u64>(KIND, counterMaximumOf(rule, sections) | timed | check);
  store<u64>(KIND, rule.answerIdentifier, 8);
  return crc32Update(crc, KIND, KIND_BYTES);
}
