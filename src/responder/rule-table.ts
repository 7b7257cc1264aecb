// SPDX-License-Identifier: MIT
/**
 * RuleTable: the rules in force, and their replacement by a new table.
 *
 * There are two places for an image (layout: table-check.ts): one for the rules in force, one for the next
 * image. Swapping them takes the same time for every table size. The caller fetches the image, which lies
 * outside the module.
 *
 * The built-in table has no rules and forwards everything. It is in force until a valid image is adopted.
 */
import { FILTER_BYTES, FilterList, FILTERS_MAXIMUM } from '../can/filter-list';
import { Status } from '../rt/status';
import { PATH_FILTER_0, PATH_SOFTWARE, Rule, RULE_ANSWER, RULE_BYTES } from './rule';
import { RuleSieve, SIEVE_BYTES } from './rule-sieve';
import {
  RECEIVE_AUTO,
  RULES_HEADER_BYTES,
  RULES_MAGIC,
  RULES_MAXIMUM,
  TableCheck,
  TableHeader,
} from './table-check';

export {
  RECEIVE_AUTO,
  RECEIVE_SINGLE,
  RECEIVE_URGENT_FIRST,
  RULES_HEADER_BYTES,
  RULES_MAXIMUM,
} from './table-check';

/** Bytes of the largest image, and of the staging area. */
export const RULES_IMAGE_BYTES_MAXIMUM: u32 =
  RULES_HEADER_BYTES + RULES_MAXIMUM * RULE_BYTES + FILTERS_MAXIMUM * FILTER_BYTES;

const HITS_BYTES: u32 = RULES_MAXIMUM * sizeof<u32>();

@final
export class RuleTable {
  /** Rules in force. */
  count: u32 = 0;
  /** Frames that no rule matches are dropped (true) or forwarded (false). */
  dropUnmatched: bool = false;
  /** If not empty, these decide about those frames instead of `dropUnmatched`. */
  readonly filters: FilterList = new FilterList();
  /** Use of the receive buffers: RECEIVE_... */
  receive: u32 = RECEIVE_AUTO;
  /** CRC-32 of the image in force, to tell tables apart. 0: the built-in table. */
  checksum: u32 = 0;
  /** Place for the next image: RULES_IMAGE_BYTES_MAXIMUM bytes. Changes with `swap`. */
  staging: usize = heap.alloc(RULES_IMAGE_BYTES_MAXIMUM);
  /** The image in force. */
  private image: usize = heap.alloc(RULES_IMAGE_BYTES_MAXIMUM);
  private rules: usize = 0;
  /** Asked before the rules in force are searched. The check builds the next one. */
  sieve: RuleSieve = changetype<RuleSieve>(heap.alloc(SIEVE_BYTES));
  private readonly hits: usize = heap.alloc(HITS_BYTES);
  private readonly check: TableCheck = new TableCheck();

  constructor() {
    store<u32>(this.staging, 0);
    this.sieve.clear();
    this.rules = this.image + RULES_HEADER_BYTES;
    this.clearHits();
  }

  /** True if the first word in `staging` is the magic of a rules image. */
  get staged(): bool {
    return this.header.magic === RULES_MAGIC;
  }

  /** Number of bytes to copy: what the image's header says, at most what fits. */
  get stagedBytes(): u32 {
    const totalBytes = this.header.totalBytes;
    return totalBytes < RULES_IMAGE_BYTES_MAXIMUM ? totalBytes : RULES_IMAGE_BYTES_MAXIMUM;
  }

  /** The rule that was refused, or -1 for the header. */
  get refusedRule(): i32 {
    return this.check.refusedRule;
  }

  /**
   * Checks the image in `staging` and puts it in force, with hit counts of zero. After an error (`Rules...`)
   * the old table stays in force and `refusedRule` says where it failed. Only at start-up: the time grows
   * with the table.
   */
  adopt(): Status {
    this.beginCheck();
    let status = this.checkStep();
    while (status === Status.Busy) status = this.checkStep();
    if (status === Status.Ok) this.swap();
    return status;
  }

  /** Starts the check of the image in `staging`. */
  beginCheck(): void {
    this.check.begin(this.staging);
  }

  /** The next piece of the check; see TableCheck.step. */
  checkStep(): Status {
    return this.check.step();
  }

  /** Swaps the two places: puts the checked image in `staging` in force. */
  swap(): void {
    const image = this.staging;
    this.staging = this.image;
    this.image = image;
    this.rules = image + RULES_HEADER_BYTES;
    const sieve = this.check.sieve;
    this.check.sieve = this.sieve;
    this.sieve = sieve;
    const header = changetype<TableHeader>(image);
    const count: u32 = header.ruleCount;
    this.count = count;
    this.filters.use(this.rules + count * RULE_BYTES, header.filterCount);
    this.dropUnmatched = header.dropsUnmatched;
    this.receive = header.receive;
    this.checksum = header.crc32;
    this.clearHits();
  }

  /** True if a frame with this identifier word that no rule matches goes to AGL. */
  forwardsUnmatched(identifier: u32): bool {
    return this.filters.count === 0 ? !this.dropUnmatched : this.filters.passes(identifier);
  }

  /** Rule `index`, 0..count-1, of the table in force. */
  rule(index: u32): Rule {
    return changetype<Rule>(this.rules + index * RULE_BYTES);
  }

  /** The rule whose answer waits in the buffer of hardware filter `filter` (0 or 1), or -1. */
  ruleOfFilter(filter: u32): i32 {
    return findFilterRule(this.rules, this.count, filter);
  }

  /**
   * The rule that filter RXF0 or RXF1 (0 or 1) recognises, or -1. That of RXF1 has an answer of its own, or that
   * of RXF0's rule.
   */
  ruleRecognised(filter: u32): i32 {
    const first = this.ruleOfFilter(0);
    if (filter === 0 || first < 0) return first;
    const rules = this.rule(first + 1);
    const left = this.count - first - 1;
    const same = findFilterRule(changetype<usize>(rules), left, 0);
    return same < 0 ? this.ruleOfFilter(1) : first + 1 + same;
  }

  /** Rule `index` of the checked image in `staging`. */
  stagedRule(index: u32): Rule {
    return changetype<Rule>(this.staging + RULES_HEADER_BYTES + index * RULE_BYTES);
  }

  /** As `ruleOfFilter`, for the checked image in `staging`. */
  stagedRuleOfFilter(filter: u32): i32 {
    return findFilterRule(this.staging + RULES_HEADER_BYTES, this.header.ruleCount, filter);
  }

  /** True if some rule answers. */
  get hasAnswers(): bool {
    for (let index: u32 = 0; index < this.count; index++) {
      if ((this.rule(index).flags & RULE_ANSWER) !== 0) return true;
    }
    return false;
  }

  /** The number of different answers: of rules that answer, two with one answer in one buffer counted once. */
  get answering(): u32 {
    let count: u32 = 0;
    let filtered: u32 = 0;
    for (let index: u32 = 0; index < this.count; index++) {
      const rule = this.rule(index);
      if ((rule.flags & RULE_ANSWER) !== 0) count++;
      if ((rule.path as u32) === PATH_FILTER_0) filtered++;
    }
    return filtered > 1 ? count - 1 : count;
  }

  /** True if a rule with another buffer than `index` answers with the same identifier. */
  sharesAnswerIdentifier(index: u32): bool {
    const own = this.rule(index);
    for (let other: u32 = 0; other < this.count; other++) {
      const rule = this.rule(other);
      if (rule.path === own.path || (rule.flags & RULE_ANSWER) === 0) continue;
      if (rule.answerIdentifier === own.answerIdentifier) return true;
    }
    return false;
  }

  /** True if some rule answers without a buffer that is kept for it. */
  get hasUnkeptAnswers(): bool {
    for (let index: u32 = 0; index < this.count; index++) {
      const rule = this.rule(index);
      if ((rule.flags & RULE_ANSWER) !== 0 && (rule.path as u32) === PATH_SOFTWARE) return true;
    }
    return false;
  }

  /** Number of matches of rule `index`. */
  hitsOf(index: u32): u32 {
    return load<u32>(this.hits + index * sizeof<u32>());
  }

  /** Address of the hit counts: RULES_MAXIMUM numbers of 32 bits. */
  get hitsTable(): usize {
    return this.hits;
  }

  /** Counts a match of rule `index`. */
  hit(index: u32): void {
    const address = this.hits + index * sizeof<u32>();
    store<u32>(address, load<u32>(address) + 1);
  }

  private get header(): TableHeader {
    return changetype<TableHeader>(this.staging);
  }

  private clearHits(): void {
    const end = this.hits + HITS_BYTES;
    for (let address = this.hits; address < end; address += 8) store<u64>(address, 0);
  }
}

function findFilterRule(rules: usize, count: u32, filter: u32): i32 {
  for (let index: u32 = 0; index < count; index++) {
    const rule = changetype<Rule>(rules + index * RULE_BYTES);
    if ((rule.path as u32) === PATH_FILTER_0 + filter) return index;
  }
  return -1;
}
