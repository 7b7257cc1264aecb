// SPDX-License-Identifier: MIT
/**
 * TableCheck: checks a rules image in bounded steps.
 *
 * The compiler makes the same checks; the cell does not rely on them. The image is not changed, except that the
 * checksum field is zero while it is computed, and that a rule which takes over a state is marked if it has a
 * rate, and one whose answers have different identifiers. The layout of an image: formats/rule-image.ts, formats/rule-image-2.ts.
 *
 * The filters, 8 bytes each (src/can/filter-list.ts), follow the rules. If there are any, they decide about a
 * frame that no rule matches instead of bit 0 of the flags: it is forwarded if it passes one of them.
 */
import {
  ACTION_BYTES,
  ActionFields,
  CONDITION_BYTES,
  ConditionFields,
  LIST_END,
  RECEIVE_SHARED,
  RECEIVE_SINGLE,
  RECEIVE_URGENT_FIRST,
  RULE_FROM_AGL,
  RULE_NAMES_BYTES_MAXIMUM,
  RULES_HEADER_BYTES,
  RULES_HEADER_BYTES_2,
  RULES_IMAGE_BYTES_MAXIMUM,
  RULES_MAGIC,
  RULES_MAXIMUM,
  RULES_MAXIMUM_2,
  RULES_VERSION,
  STANDARD_IDENTIFIERS,
  STEP_BYTES,
  StepFields,
} from '../../build/generated/rule-image';
import { checkFilter, FILTER_BYTES, FILTERS_MAXIMUM } from '../can/filter-list';
import { IDENTIFIER_REMOTE } from '../can/frame';
import { isExtended } from '../can/identifier';
import { CRC32_START, crc32Finish, crc32Update } from '../rt/crc32';
import { Status } from '../rt/status';
import { AnswerSummary } from './answer-summary';
import { IndexCheck, isListOf, isRangeStart } from './index-check';
import { areKeyCounts, isKey } from './key-index';
import { areReferences, isAction, isCondition, isStep } from './program-check';
import { Rule, RULE_BYTES } from './rule';
import { checkRule, isAlarm, isOfFormat1, overlap } from './rule-check';
import { RuleStates } from './rule-states';
import { SafeStateCheck } from './safe-state-check';
import { stateKey } from './state-key';
import { LockedWall } from './locked-wall';
import { TableHeader } from './table-header';
import { TableSections } from './table-sections';
import { isTimer } from './timer-check';

/** Bytes of the image that one step adds to the checksum. */
const CHECKSUM_BYTES: u32 = 64;
/** Records of which one step looks at each: a few operations for one. */
const PIECE_RECORDS: u32 = 32;
/** Timers: for each, the programs of two rules are looked at. */
const PIECE_TIMERS: u32 = 2;

/** What the next step checks. Those from Actions on are for images of format 2. */
enum Phase {
  Header = 0,
  Checksum = 1,
  Rules = 2,
  Sharing = 3,
  Paths = 4,
  Filters = 5,
  Actions = 6,
  Conditions = 7,
  Steps = 8,
  Timers = 9,
  Lists = 10,
  BusIndex = 11,
  AglIndex = 12,
  BusRanges = 13,
  AglRanges = 14,
  Keys = 15,
  Names = 16,
  /** Of an image of format 1. */
  States = 17,
  SafeState = 18,
}

@final
export class TableCheck {
  /** The refused rule, or -1. */
  refusedRule: i32 = -1;
  /** The parts of the image. Valid once the checksum is. */
  readonly sections: TableSections = new TableSections();
  /** About the rules checked so far. */
  summary: AnswerSummary = new AnswerSummary();
  private readonly index: IndexCheck = new IndexCheck();
  private readonly safeState: SafeStateCheck = new SafeStateCheck();
  private image: usize = 0;
  private phase: Phase = Phase.Header;
  /** Bytes added to the checksum, or records checked. */
  private position: u32 = 0;
  private crc: u32 = 0;

  constructor(
    private readonly states: RuleStates,
    private readonly wall: LockedWall,
  ) {}

  /** Starts with the image at `image`, which stays unchanged until the check has ended. */
  begin(image: usize): void {
    this.image = image;
    this.phase = Phase.Header;
    this.refusedRule = -1;
    this.summary.clear();
    this.index.begin();
    this.safeState.begin();
    this.states.begin();
  }

  /**
   * Makes the next piece of the check. `Busy`: there is more. `Ok`: the image is valid. Otherwise the reason
   * of the refusal (`Rules...`). At most 64 bytes of checksum, or one rule against all before it, or a few
   * operations on each of PIECE_RECORDS records, or two timers.
   */
  step(): Status {
    const header = this.header;
    switch (this.phase) {
      case Phase.Header:
        return this.next(this.checkHeader(), Phase.Checksum);
      case Phase.Checksum:
        return this.checkChecksum();
      case Phase.Rules:
        return this.checkNextRule();
      case Phase.Sharing:
        return this.checkPiece(header.ruleCount, Phase.Paths);
      case Phase.Paths:
        return this.next(this.checkPaths(), Phase.Filters);
      case Phase.Filters:
        return this.checkFilters();
      case Phase.Actions:
        return this.checkPiece(header.actionCount, Phase.Conditions);
      case Phase.Conditions:
        return this.checkPiece(header.conditionCount, Phase.Steps);
      case Phase.Steps:
        return this.checkPiece(header.stepCount, Phase.Timers);
      case Phase.Timers:
        return this.checkPiece(header.timerCount, Phase.SafeState);
      case Phase.SafeState:
        return this.next(
          this.safeState.step(this.sections, this.wall),
          header.isIndexed ? Phase.Lists : Phase.States,
        );
      case Phase.Lists:
        return this.checkPiece(header.listWords, Phase.BusIndex);
      case Phase.BusIndex:
        return this.checkPiece(STANDARD_IDENTIFIERS, Phase.AglIndex);
      case Phase.AglIndex:
        return this.checkPiece(header.aglIndexes * STANDARD_IDENTIFIERS, Phase.BusRanges);
      case Phase.BusRanges:
        return this.checkPiece(header.busRangeCount, Phase.AglRanges);
      case Phase.AglRanges:
        return this.checkPiece(header.aglRangeCount, Phase.Keys);
      case Phase.Keys:
        return this.checkPiece(header.keySlots, Phase.Names);
      case Phase.Names:
        return this.checkNames();
      default:
        return this.addStates();
    }
  }

  private get header(): TableHeader {
    return changetype<TableHeader>(this.image);
  }

  private rule(index: u32): Rule {
    return changetype<Rule>(this.sections.rules + index * RULE_BYTES);
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
    const isIndexed = header.isIndexed;
    const headerBytes = isIndexed ? RULES_HEADER_BYTES_2 : RULES_HEADER_BYTES;
    if (!isIndexed && header.version !== RULES_VERSION) return Status.RulesVersion;
    if (header.headerBytes !== headerBytes) return Status.RulesVersion;
    if (header.ruleBytes !== RULE_BYTES) return Status.RulesVersion;
    if (header.ruleCount > (isIndexed ? RULES_MAXIMUM_2 : RULES_MAXIMUM)) return Status.RulesCount;
    if (header.filterCount > FILTERS_MAXIMUM) return Status.RulesCount;
    if (header.totalBytes > RULES_IMAGE_BYTES_MAXIMUM) return Status.RulesSize;
    if (isIndexed && header.aglIndexes > 1) return Status.RulesField;
    if (isIndexed && header.timerCount > RULES_MAXIMUM_2) return Status.RulesCount;
    if (header.totalBytes !== this.sections.lay(this.image)) return Status.RulesSize;
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
    if (header.hasUnknownFlags) return Status.RulesField;
    if (header.isForWindow && header.receive !== RECEIVE_URGENT_FIRST) return Status.RulesField;
    if (!header.isIndexed) {
      return ((header.actionCount | header.conditionCount | header.stepCount) as u32) === 0
        ? Status.Ok
        : Status.RulesField;
    }
    const unused = (header.reserved3 as u32) | header.reserved4;
    if (unused !== 0 || !areKeyCounts(header)) return Status.RulesField;
    if (header.alarmRule > header.ruleCount) return Status.RulesField;
    if (header.nameBytes > RULE_NAMES_BYTES_MAXIMUM) return Status.RulesSize;
    // Word 0 is the empty list, so there is one.
    return (header.listWords as u32) !== 0 && load<u16>(this.sections.lists) === (LIST_END as u16)
      ? Status.Ok
      : Status.RulesField;
  }

  private checkNextRule(): Status {
    const index = this.position;
    const header = this.header;
    if (index === (header.ruleCount as u32)) return this.next(Status.Ok, Phase.Sharing);
    this.refusedRule = index;
    const rule = this.rule(index);
    const status = checkRule(rule);
    if (status !== Status.Ok) return status;
    if (header.isIndexed) {
      if (!areReferences(rule, this.sections, header)) return Status.RulesField;
    } else {
      if (!isOfFormat1(rule)) return Status.RulesField;
      for (let earlier: u32 = 0; earlier < index; earlier++) {
        if (overlap(this.rule(earlier), rule)) return Status.RulesOverlap;
      }
    }
    const isOfBus = (rule.flags & RULE_FROM_AGL) === 0;
    if (isOfBus && !this.summary.add(rule, index, this.sections)) return Status.RulesField;
    this.refusedRule = -1;
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
    const summary = this.summary;
    const first = summary.first;
    const second = summary.recognisedSecond;
    const alarm = this.sections.alarmRule;
    if (alarm >= 0 && !isAlarm(this.rule(alarm))) return Status.RulesField;
    if (summary.same >= 0 && summary.second >= 0) return Status.RulesField;
    if (second >= 0) {
      this.refusedRule = second;
      if (first < 0) return Status.RulesField;
      const one = this.rule(first);
      const other = this.rule(second);
      const isShared = other.path === one.path;
      if (isShared ? !one.hasAnswerOf(other) : summary.answers !== 2) return Status.RulesField;
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
    if (receive === RECEIVE_SINGLE && !this.rule(first).isToldByLine) return Status.RulesField;
    if (this.header.isForWindow && this.rule(first).isAlone) return Status.RulesField;
    return Status.Ok;
  }

  private checkFilters(): Status {
    let filter = this.sections.filterRecords;
    const end = filter + this.header.filterCount * FILTER_BYTES;
    for (; filter < end; filter += FILTER_BYTES) {
      const status = checkFilter(filter);
      if (status !== Status.Ok) return status;
    }
    this.crc = CRC32_START;
    return this.next(Status.Ok, this.header.isIndexed ? Phase.Actions : Phase.SafeState);
  }

  /** The next records of `count`; behind the last `phase` follows. */
  private checkPiece(count: u32, phase: Phase): Status {
    const most = this.phase === Phase.Timers ? PIECE_TIMERS : PIECE_RECORDS;
    const end = min<u32>(count, this.position + most);
    // loop: at most PIECE_RECORDS
    for (; this.position < end; this.position++) {
      if (this.isRecord(this.position)) continue;
      return this.refusedRule < 0 ? Status.RulesField : Status.RulesWalled;
    }
    if (this.position < count) return Status.Busy;
    const isEnded = this.phase !== Phase.Lists || this.index.isEnded;
    return isEnded ? this.next(Status.Ok, phase) : Status.RulesField;
  }

  private isRecord(at: u32): bool {
    const sections = this.sections;
    const header = this.header;
    const words: u32 = header.listWords;
    switch (this.phase) {
      case Phase.Sharing:
        this.summary.noteSharing(this.rule(at), sections);
        if (!this.wall.isSet || this.wall.admits(this.rule(at))) return true;
        this.refusedRule = at;
        return false;
      case Phase.Actions:
        return isAction(
          changetype<ActionFields>(sections.actions + at * ACTION_BYTES),
          sections,
          header,
        );
      case Phase.Conditions:
        return isCondition(changetype<ConditionFields>(sections.conditions + at * CONDITION_BYTES));
      case Phase.Steps:
        return isStep(
          changetype<StepFields>(sections.steps + at * STEP_BYTES),
          header.checksumTableCount,
        );
      case Phase.Timers:
        return isTimer(at, sections) && this.summary.addTimer(sections.timer(at), at);
      case Phase.Lists:
        return this.index.isWord(sections, at);
      case Phase.BusIndex:
        return isListOf(sections, load<u16>(sections.busIndex + (at << 1)), words, 0);
      case Phase.AglIndex:
        return isListOf(sections, load<u16>(sections.aglIndex + (at << 1)), words, RULE_FROM_AGL);
      case Phase.BusRanges:
        return (
          isRangeStart(sections.busRangeStarts, at) &&
          isListOf(sections, load<u16>(sections.busRangeLists + (at << 1)), words, 0)
        );
      case Phase.Keys:
        return isKey(sections, at, words);
      default:
        return (
          isRangeStart(sections.aglRangeStarts, at) &&
          isListOf(sections, load<u16>(sections.aglRangeLists + (at << 1)), words, RULE_FROM_AGL)
        );
    }
  }

  /**
   * Names, each with a 0 behind it: the rest of one, at most 64 bytes. At its end the rule gets its state. The
   * rate of one taken over may be used up, so the first decision about it asks.
   */
  private checkNames(): Status {
    const bytes: u32 = this.header.nameBytes;
    const end = min<u32>(bytes, this.position + CHECKSUM_BYTES);
    for (; this.position < end; this.position++) {
      const letter = this.sections.names + this.position;
      this.crc = crc32Update(this.crc, letter, 1);
      if (load<u8>(letter) !== 0) continue;
      if (this.states.added === this.sections.count) return Status.RulesField;
      const rule = this.rule(this.states.added);
      const key = stateKey(this.crc, rule, this.sections);
      // The locked wall has states of its own.
      const isNew = this.wall.isSet && (rule.flags & RULE_FROM_AGL) !== 0;
      if (isNew) this.states.addNew(key);
      else if (this.states.add(key) && rule.interval !== 0) rule.isLimited = true;
      this.crc = CRC32_START;
      this.position++;
      return Status.Busy;
    }
    if (this.position < bytes) return Status.Busy;
    const isWhole = this.crc === CRC32_START && this.states.added === this.sections.count;
    return isWhole ? Status.Ok : Status.RulesField;
  }

  /** The rules of format 1 have no names: each begins anew. */
  private addStates(): Status {
    const end = min<u32>(this.sections.count, this.states.added + PIECE_RECORDS);
    // loop: at most PIECE_RECORDS
    while (this.states.added < end) this.states.addNew(0);
    return end < this.sections.count ? Status.Busy : Status.Ok;
  }
}
