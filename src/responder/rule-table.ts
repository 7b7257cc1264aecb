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
import {
  RECEIVE_AUTO,
  RULES_IMAGE_BYTES_MAXIMUM,
  RULES_MAGIC,
} from '../../build/generated/rule-image';
import { FilterList } from '../can/filter-list';
import { Status } from '../rt/status';
import { AnswerSummary } from './answer-summary';
import { LockedWall } from './locked-wall';
import { RULE_BYTES } from './rule';
import { RuleStates } from './rule-states';
import { TableCheck } from './table-check';
import { TableHeader } from './table-header';
import { TableSections } from './table-sections';

export {
  RECEIVE_AUTO,
  RECEIVE_SINGLE,
  RECEIVE_URGENT_FIRST,
  RULES_HEADER_BYTES,
  RULES_IMAGE_BYTES_MAXIMUM,
  RULES_MAXIMUM,
} from '../../build/generated/rule-image';

@final
export class RuleTable extends TableSections {
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
  /** About the answers of the rules in force. */
  summary: AnswerSummary = new AnswerSummary();
  readonly states: RuleStates = new RuleStates();
  /** Address of the hit counts: a number of 32 bits for each rule. */
  hits: usize = this.states.hits;
  /** Address of the counts of answers that a rate has refused, likewise. */
  refused: usize = this.states.refused;
  readonly wall: LockedWall = new LockedWall(this.states);
  /** What the rules about frames of AGL's do not take is refused, or must pass the locked wall. */
  judgesAll: bool = false;
  private readonly check: TableCheck = new TableCheck(this.states, this.wall);
  /** The place of the locked image, and the one that takes its part in the swaps. */
  private locked: usize = 0;
  private readonly spare: usize = heap.alloc(RULES_IMAGE_BYTES_MAXIMUM);

  constructor() {
    super();
    store<u32>(this.staging, 0);
    // The built-in table: format 1, no rules.
    memory.fill(this.image, 0, offsetof<TableHeader>());
    this.lay(this.image);
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
    if (status !== Status.Ok) return status;
    this.swap();
    if (changetype<TableHeader>(this.image).isLocked) {
      this.locked = this.image;
      this.wall.lock(this);
    }
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
    this.staging = this.image === this.locked ? this.spare : this.image;
    this.image = image;
    this.use(this.check.sections);
    const summary = this.check.summary;
    this.check.summary = this.summary;
    this.summary = summary;
    const header = changetype<TableHeader>(image);
    this.filters.use(this.filterRecords, header.filterCount);
    this.dropUnmatched = header.dropsUnmatched;
    this.receive = header.receive;
    this.checksum = header.crc32;
    const isBeside = this.wall.isSet;
    this.wall.isBeside = isBeside;
    this.judgesAll = this.deniesAgl || isBeside;
    if (isBeside) this.judgesAgl = true;
    this.states.swap();
    this.hits = this.states.hits;
    this.refused = this.states.refused;
  }

  /** True if a frame with this identifier word that no rule matches goes to AGL. */
  forwardsUnmatched(identifier: u32): bool {
    return this.filters.count === 0 ? !this.dropUnmatched : this.filters.passes(identifier);
  }

  /** The rule whose answer waits in the buffer of hardware filter `filter` (0 or 1), or -1. */
  ruleOfFilter(filter: u32): i32 {
    return filter === 0 ? this.summary.first : this.summary.second;
  }

  /**
   * The rule that filter RXF0 or RXF1 (0 or 1) recognises, or -1. That of RXF1 has an answer of its own, or that
   * of RXF0's rule.
   */
  ruleRecognised(filter: u32): i32 {
    return filter === 0 ? this.summary.first : this.summary.recognisedSecond;
  }

  /** Address of the rule of hardware filter `filter` in the checked image in `staging`; 0: none. */
  stagedRuleOfFilter(filter: u32): usize {
    const check = this.check;
    const index = filter === 0 ? check.summary.first : check.summary.second;
    return index < 0 ? 0 : check.sections.rules + index * RULE_BYTES;
  }

  /** Number of matches of rule `index`. */
  hitsOf(index: u32): u32 {
    return load<u32>(this.hits + index * sizeof<u32>());
  }

  /** Bytes of the hit counts, and of the names, each a multiple of 8. */
  get hitsBytes(): u32 {
    return (this.count * sizeof<u32>() + 7) & ~7;
  }

  get nameBytes(): u32 {
    const header = changetype<TableHeader>(this.image);
    return header.isIndexed ? (header.nameBytes + 7) & ~7 : 0;
  }

  /** Counts a match of rule `index`. */
  hit(index: u32): void {
    const address = this.hits + index * sizeof<u32>();
    store<u32>(address, load<u32>(address) + 1);
  }

  /** Counts an answer of rule `index` that its rate has refused. */
  refuse(index: u32): void {
    const address = this.refused + index * sizeof<u32>();
    store<u32>(address, load<u32>(address) + 1);
  }

  private get header(): TableHeader {
    return changetype<TableHeader>(this.staging);
  }
}
