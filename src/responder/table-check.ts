// SPDX-License-Identifier: MIT
/**
 * TableCheck: checks a rules image in bounded steps.
 *
 * The compiler makes the same checks; the cell does not rely on them. The image is not changed, except that
 * the checksum field is zero while the checksum is computed.
 *
 * The layout of an image: formats/rule-image.ts.
 *
 * The filters, 8 bytes each (src/can/filter-list.ts), follow the rules. If there are any, they decide about a
 * frame that no rule matches instead of bit 0 of the flags: it is forwarded if it passes one of them.
 */
import {
  RECEIVE_SHARED,
  RECEIVE_SINGLE,
  RECEIVE_URGENT_FIRST,
  RULES_FLAG_DROP_UNMATCHED,
  RULES_FLAG_RECEIVE_MASK,
  RULES_FLAG_RECEIVE_SHIFT,
  RULES_HEADER_BYTES,
  RULES_MAGIC,
  RULES_MAXIMUM,
  RULES_VERSION,
  TableFields,
} from '../../build/generated/rule-image';
import { checkFilter, FILTER_BYTES, FILTERS_MAXIMUM } from '../can/filter-list';
import { IDENTIFIER_REMOTE } from '../can/frame';
import { isExtended } from '../can/identifier';
import { CRC32_START, crc32Finish, crc32Update } from '../rt/crc32';
import { Status } from '../rt/status';
import { PATH_FILTER_0, PATH_SOFTWARE, Rule, RULE_ANSWER, RULE_BYTES } from './rule';
import { checkRule, overlap } from './rule-check';
import { RuleSieve, SIEVE_BYTES } from './rule-sieve';

export {
  RECEIVE_AUTO,
  RECEIVE_SHARED,
  RECEIVE_SINGLE,
  RECEIVE_URGENT_FIRST,
  RULES_HEADER_BYTES,
  RULES_MAGIC,
  RULES_MAXIMUM,
} from '../../build/generated/rule-image';

/** Bytes of the image that one step adds to the checksum. */
const CHECKSUM_BYTES: u32 = 64;

@unmanaged
export class TableHeader extends TableFields {
  get dropsUnmatched(): bool {
    return (this.flags & RULES_FLAG_DROP_UNMATCHED) !== 0;
  }

  /** RECEIVE_... */
  get receive(): u32 {
    return (this.flags & RULES_FLAG_RECEIVE_MASK) >> RULES_FLAG_RECEIVE_SHIFT;
  }
}

/** What the next step checks. */
enum Phase {
  Header = 0,
  Checksum = 1,
  Rules = 2,
  Paths = 3,
  Filters = 4,
}

@final
export class TableCheck {
  /** The refused rule, or -1. */
  refusedRule: i32 = -1;
  /** Built from the rules checked so far. */
  sieve: RuleSieve = changetype<RuleSieve>(heap.alloc(SIEVE_BYTES));
  private image: usize = 0;
  private phase: Phase = Phase.Header;
  /** Bytes added to the checksum, then number of rules checked. */
  private position: u32 = 0;
  private crc: u32 = 0;

  /** Starts with the image at `image`, which must stay unchanged until the check has ended. */
  begin(image: usize): void {
    this.image = image;
    this.phase = Phase.Header;
    this.refusedRule = -1;
    this.sieve.clear();
  }

  /**
   * Makes the next piece of the check. `Busy`: there is more. `Ok`: the image is valid. Otherwise the reason
   * of the refusal (`Rules...`). At most 64 bytes of checksum, or one rule against all before it, or a few
   * operations on each rule or filter.
   */
  step(): Status {
    switch (this.phase) {
      case Phase.Header:
        return this.next(this.checkHeader(), Phase.Checksum);
      case Phase.Checksum:
        return this.checkChecksum();
      case Phase.Rules:
        return this.checkNextRule();
      case Phase.Paths:
        return this.next(this.checkPaths(), Phase.Filters);
      default:
        return this.checkFilters();
    }
  }

  private get header(): TableHeader {
    return changetype<TableHeader>(this.image);
  }

  private rule(index: u32): Rule {
    return changetype<Rule>(this.image + RULES_HEADER_BYTES + index * RULE_BYTES);
  }

  /** Moves on to `phase` if `status` is `Ok`. */
  private next(status: Status, phase: Phase): Status {
    if (status !== Status.Ok) return status;
    this.phase = phase;
    this.position = 0;
    return Status.Busy;
  }

  /** Before the checksum is verified, only the fields needed to compute it are used. */
  private checkHeader(): Status {
    const header = this.header;
    if (header.magic !== RULES_MAGIC) return Status.RulesMagic;
    if (header.version !== RULES_VERSION) return Status.RulesVersion;
    if (header.headerBytes !== RULES_HEADER_BYTES) return Status.RulesVersion;
    if (header.ruleBytes !== RULE_BYTES) return Status.RulesVersion;
    const count: u32 = header.ruleCount;
    if (count > RULES_MAXIMUM) return Status.RulesCount;
    const filterCount: u32 = header.filterCount;
    if (filterCount > FILTERS_MAXIMUM) return Status.RulesCount;
    const totalBytes = RULES_HEADER_BYTES + count * RULE_BYTES + filterCount * FILTER_BYTES;
    if (header.totalBytes !== totalBytes) return Status.RulesSize;
    this.crc = CRC32_START;
    return Status.Ok;
  }

  private checkChecksum(): Status {
    const header = this.header;
    const left = header.totalBytes - this.position;
    const bytes = left < CHECKSUM_BYTES ? left : CHECKSUM_BYTES;
    const claimed = header.crc32;
    header.crc32 = 0;
    this.crc = crc32Update(this.crc, this.image + this.position, bytes);
    header.crc32 = claimed;
    this.position += bytes;
    if (this.position < header.totalBytes) return Status.Busy;
    return this.next(this.checkFlags(), Phase.Rules);
  }

  private checkFlags(): Status {
    const header = this.header;
    if (crc32Finish(this.crc) !== header.crc32) return Status.RulesCrc;
    if ((header.flags & ~(RULES_FLAG_DROP_UNMATCHED | RULES_FLAG_RECEIVE_MASK)) !== 0)
      return Status.RulesField;
    if (header.reserved0 !== 0 || header.reserved1 !== 0) return Status.RulesField;
    return Status.Ok;
  }

  private checkNextRule(): Status {
    const index = this.position;
    if (index === (this.header.ruleCount as u32)) return this.next(Status.Ok, Phase.Paths);
    this.refusedRule = index;
    const rule = this.rule(index);
    const status = checkRule(rule);
    if (status !== Status.Ok) return status;
    for (let earlier: u32 = 0; earlier < index; earlier++) {
      if (overlap(this.rule(earlier), rule)) return Status.RulesOverlap;
    }
    this.refusedRule = -1;
    const identifier = rule.matchIdentifier;
    this.sieve.add(identifier, rule.matchMask, isExtended(identifier));
    this.position++;
    return Status.Busy;
  }

  /**
   * Each filter has at most one rule, the first filter first. Both filters have one form and one mask. With
   * two filters, the answer of the second needs the last transmit buffer, so no other rule may answer. Two
   * rules with the path of filter 0 have both filters, and one answer. The receive layout must fit the
   * filters.
   */
  private checkPaths(): Status {
    let first: i32 = -1;
    let second: i32 = -1;
    let answering: u32 = 0;
    const count: u32 = this.header.ruleCount;
    for (let index: u32 = 0; index < count; index++) {
      const rule = this.rule(index);
      if ((rule.flags & RULE_ANSWER) !== 0) answering++;
      const path: u32 = rule.path;
      if (path === PATH_SOFTWARE) continue;
      this.refusedRule = index;
      if (path === PATH_FILTER_0) {
        if (first < 0) first = index;
        else if (second < 0) second = index;
        else return Status.RulesField;
      } else {
        if (second >= 0) return Status.RulesField;
        second = index;
      }
    }
    if (second >= 0) {
      this.refusedRule = second;
      if (first < 0) return Status.RulesField;
      const one = this.rule(first);
      const other = this.rule(second);
      const isShared = other.path === one.path;
      if (isShared ? !one.hasAnswerOf(other) : answering !== 2) return Status.RulesField;
      // The chip's filters do not compare RTR.
      const differing = (one.matchMask ^ other.matchMask) & ~IDENTIFIER_REMOTE;
      if (differing !== 0) return Status.RulesField;
      if (one.dataMask !== other.dataMask) return Status.RulesField;
      if (isExtended(one.matchIdentifier) !== isExtended(other.matchIdentifier)) {
        return Status.RulesField;
      }
    }
    this.refusedRule = -1;
    const receive = this.header.receive;
    if (receive === RECEIVE_SHARED && first >= 0) return Status.RulesField;
    if (receive >= RECEIVE_URGENT_FIRST && first < 0) return Status.RulesField;
    if (receive === RECEIVE_SINGLE && !this.rule(first).takesAnyFrame) return Status.RulesField;
    return Status.Ok;
  }

  private checkFilters(): Status {
    const header = this.header;
    let filter = this.image + RULES_HEADER_BYTES + header.ruleCount * RULE_BYTES;
    const end = filter + header.filterCount * FILTER_BYTES;
    for (; filter < end; filter += FILTER_BYTES) {
      const status = checkFilter(filter);
      if (status !== Status.Ok) return status;
    }
    return Status.Ok;
  }
}
