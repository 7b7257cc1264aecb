/**
 * RuleTable: the rules the cell answers by, and the gate a new table must pass.
 *
 * Used by: responder.ts (reads), src/board (copies an image to `staging`, then calls `adopt`).
 * Does not: fetch the image; it lies outside the module, where only the board may look.
 *
 * Image header (format 1, little-endian, 32 bytes; the rules follow, see rule.ts):
 *
 *   offset  size  field
 *        0     4  magic 0x4C525743, "CWRL"
 *        4     2  version 1
 *        6     2  headerBytes 32
 *        8     4  totalBytes
 *       12     4  crc32 over totalBytes with this field as zero
 *       16     2  ruleCount 0..64
 *       18     2  ruleBytes 64
 *       20     4  flags: bit 0 set: frames that no rule matches are dropped, else forwarded;
 *                 bits 2..1: use of the receive buffers, RECEIVE_...
 *       24     2  filterCount 0..32
 *       26     6  zero
 *
 * The filters, 8 bytes each (src/can/filter-list.ts), follow the rules. With any of them, a frame that
 * no rule matches is forwarded when it passes one, whatever bit 0 of the flags says.
 *
 * The built-in table, in force until a good image is adopted, has no rules and forwards everything.
 */
import { checkFilter, FILTER_BYTES, FilterList, FILTERS_MAXIMUM } from '../can/filter-list';
import { isExtended } from '../can/identifier';
import { CRC32_START, crc32Finish, crc32Update } from '../rt/crc32';
import { Status } from '../rt/status';
import { PATH_FILTER_0, PATH_SOFTWARE, Rule, RULE_ANSWER, RULE_BYTES } from './rule';
import { checkRule, overlap } from './rule-check';

/** "CWRL", little-endian. */
export const RULES_MAGIC: u32 = 0x4c525743;
export const RULES_HEADER_BYTES: u32 = 32;
/** The most rules a table can have: the scan over them is part of the response time. */
export const RULES_MAXIMUM: u32 = 64;
/** Bytes of the largest image, and of the staging area. */
export const RULES_IMAGE_BYTES_MAXIMUM: u32 =
  RULES_HEADER_BYTES + RULES_MAXIMUM * RULE_BYTES + FILTERS_MAXIMUM * FILTER_BYTES;

const RULES_VERSION: u32 = 1;
const FLAG_DROP_UNMATCHED: u32 = 1 << 0;
const FLAG_RECEIVE_SHIFT: u32 = 1;
const FLAG_RECEIVE_MASK: u32 = 3 << FLAG_RECEIVE_SHIFT;

/** The board decides how the receive buffers are used. */
export const RECEIVE_AUTO: u32 = 0;
/** Both receive buffers take every frame; no rule has a filter. */
export const RECEIVE_SHARED: u32 = 1;
/** One receive buffer is for what the filters recognise, whatever the load. */
export const RECEIVE_URGENT_FIRST: u32 = 2;

@unmanaged
class Header {
  magic: u32 = 0;
  version: u16 = 0;
  headerBytes: u16 = 0;
  totalBytes: u32 = 0;
  crc32: u32 = 0;
  ruleCount: u16 = 0;
  ruleBytes: u16 = 0;
  flags: u32 = 0;
  filterCount: u16 = 0;
  reserved0: u16 = 0;
  reserved1: u32 = 0;
}

@final
export class RuleTable {
  /** Rules in force. */
  count: u32 = 0;
  /** What becomes of frames that no rule matches: true: dropped; false: forwarded. */
  dropUnmatched: bool = false;
  /** Which of those frames are forwarded after all; empty: `dropUnmatched` decides. */
  readonly filters: FilterList = new FilterList();
  /** How the receive buffers are to be used: RECEIVE_... */
  receive: u32 = RECEIVE_AUTO;
  /** CRC-32 of the image in force, by which people tell tables apart; 0: the built-in table. */
  checksum: u32 = 0;
  /** After a refused `adopt`: the rule it was about, or -1 for the header. */
  refusedRule: i32 = -1;
  /** Where the board puts an image: RULES_IMAGE_BYTES_MAXIMUM bytes. */
  readonly staging: usize = heap.alloc(RULES_IMAGE_BYTES_MAXIMUM);
  private readonly rules: usize = heap.alloc(RULES_MAXIMUM * RULE_BYTES);
  private readonly hits: usize = heap.alloc(RULES_MAXIMUM * sizeof<u32>());

  constructor() {
    store<u32>(this.staging, 0);
    memory.fill(this.hits, 0, RULES_MAXIMUM * sizeof<u32>());
  }

  /** True when the first word in `staging` says that this is meant as a rules image. */
  get staged(): bool {
    return this.header.magic === RULES_MAGIC;
  }

  /** How much of the image the board is to copy: what its header says, but no more than fits. */
  get stagedBytes(): u32 {
    const totalBytes = this.header.totalBytes;
    return totalBytes < RULES_IMAGE_BYTES_MAXIMUM ? totalBytes : RULES_IMAGE_BYTES_MAXIMUM;
  }

  /**
   * Checks the image in `staging` and puts it in force, with hit counts of zero. On any other
   * result than `Ok` (`Rules...`) the table in force stays, and `refusedRule` says where it failed.
   */
  adopt(): Status {
    this.refusedRule = -1;
    let status = this.checkHeader();
    if (status === Status.Ok) status = this.checkRules();
    if (status === Status.Ok) status = this.checkFilters();
    if (status !== Status.Ok) return status;

    const header = this.header;
    memory.copy(this.rules, this.staging + RULES_HEADER_BYTES, header.ruleCount * RULE_BYTES);
    memory.fill(this.hits, 0, RULES_MAXIMUM * sizeof<u32>());
    this.count = header.ruleCount;
    this.filters.replace(this.stagedFilter(0), header.filterCount);
    this.dropUnmatched = (header.flags & FLAG_DROP_UNMATCHED) !== 0;
    this.receive = receiveOf(header.flags);
    this.checksum = header.crc32;
    return Status.Ok;
  }

  /** True when a frame with this identifier word, which no rule matches, is to be forwarded. */
  forwardsUnmatched(identifier: u32): bool {
    return this.filters.count === 0 ? !this.dropUnmatched : this.filters.passes(identifier);
  }

  /** Rule `index`, 0..count-1, of the table in force. */
  rule(index: u32): Rule {
    return changetype<Rule>(this.rules + index * RULE_BYTES);
  }

  /** The rule that hardware filter `filter` (0 or 1) recognises, or -1. */
  ruleOfFilter(filter: u32): i32 {
    for (let index: u32 = 0; index < this.count; index++) {
      if ((this.rule(index).path as u32) === PATH_FILTER_0 + filter) return index;
    }
    return -1;
  }

  /** True when some rule answers. */
  get hasAnswers(): bool {
    for (let index: u32 = 0; index < this.count; index++) {
      if ((this.rule(index).flags & RULE_ANSWER) !== 0) return true;
    }
    return false;
  }

  /** How often rule `index` has matched. */
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

  private get header(): Header {
    return changetype<Header>(this.staging);
  }

  private stagedRule(index: u32): Rule {
    return changetype<Rule>(this.staging + RULES_HEADER_BYTES + index * RULE_BYTES);
  }

  private stagedFilter(index: u32): usize {
    const rulesEnd = this.staging + RULES_HEADER_BYTES + this.header.ruleCount * RULE_BYTES;
    return rulesEnd + index * FILTER_BYTES;
  }

  private checkFilters(): Status {
    const count: u32 = this.header.filterCount;
    for (let index: u32 = 0; index < count; index++) {
      const status = checkFilter(this.stagedFilter(index));
      if (status !== Status.Ok) return status;
    }
    return Status.Ok;
  }

  /** Nothing is believed before the CRC holds, except what is needed to compute it. */
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
    if (this.stagedCrc() !== header.crc32) return Status.RulesCrc;
    if ((header.flags & ~(FLAG_DROP_UNMATCHED | FLAG_RECEIVE_MASK)) !== 0) return Status.RulesField;
    if (receiveOf(header.flags) > RECEIVE_URGENT_FIRST) return Status.RulesField;
    if (header.reserved0 !== 0 || header.reserved1 !== 0) return Status.RulesField;
    return Status.Ok;
  }

  private stagedCrc(): u32 {
    const field = this.staging + offsetof<Header>('crc32');
    const claimed = load<u32>(field);
    store<u32>(field, 0);
    const crc = crc32Update(CRC32_START, this.staging, this.header.totalBytes);
    store<u32>(field, claimed);
    return crc32Finish(crc);
  }

  private checkRules(): Status {
    const count: u32 = this.header.ruleCount;
    for (let index: u32 = 0; index < count; index++) {
      this.refusedRule = index;
      const rule = this.stagedRule(index);
      const status = checkRule(rule);
      if (status !== Status.Ok) return status;
      for (let earlier: u32 = 0; earlier < index; earlier++) {
        if (overlap(this.stagedRule(earlier), rule)) return Status.RulesOverlap;
      }
    }
    this.refusedRule = -1;
    return this.checkPaths();
  }

  /**
   * One rule for each filter, the first one first; both filters have one form and one mask. A buffer
   * that is said to be shared, or kept, is so.
   */
  private checkPaths(): Status {
    let first: i32 = -1;
    let second: i32 = -1;
    const count: u32 = this.header.ruleCount;
    for (let index: u32 = 0; index < count; index++) {
      const path: u32 = this.stagedRule(index).path;
      if (path === PATH_SOFTWARE) continue;
      this.refusedRule = index;
      if (path === PATH_FILTER_0) {
        if (first >= 0) return Status.RulesField;
        first = index;
      } else {
        if (second >= 0) return Status.RulesField;
        second = index;
      }
    }
    if (second >= 0) {
      if (first < 0) return Status.RulesField;
      const one = this.stagedRule(first);
      const other = this.stagedRule(second);
      if (one.matchMask !== other.matchMask) return Status.RulesField;
      if (one.dataMask !== other.dataMask) return Status.RulesField;
      if (isExtended(one.matchIdentifier) !== isExtended(other.matchIdentifier)) {
        return Status.RulesField;
      }
    }
    this.refusedRule = -1;
    const receive = receiveOf(this.header.flags);
    if (receive === RECEIVE_SHARED && first >= 0) return Status.RulesField;
    if (receive === RECEIVE_URGENT_FIRST && first < 0) return Status.RulesField;
    return Status.Ok;
  }
}

function receiveOf(flags: u32): u32 {
  return (flags & FLAG_RECEIVE_MASK) >> FLAG_RECEIVE_SHIFT;
}
