// SPDX-License-Identifier: MIT
/**
 * TableSections: where the parts of a rules image lie, and the list of rules to try for a frame.
 *
 * An image of format 1 has no index: all its rules are one list, made here behind it, to which every
 * identifier leads.
 * Does not: check. Before `lay` the header's counts must be within their limits (table-check.ts).
 *
 * The layout of an image: formats/rule-image.ts, formats/rule-image-2.ts.
 */
import {
  ACTION_BYTES,
  ActionFields,
  BUCKET_EMPTY,
  CHECKSUM_TABLE_BYTES,
  CONDITION_BYTES,
  FILTER_BYTES,
  KEY_FROM_AGL,
  LIST_END,
  RULE_BYTES,
  RULES_FLAG_AGL_DENY,
  RULES_HEADER_BYTES,
  RULES_HEADER_BYTES_2,
  RULES_VERSION_2,
  STANDARD_IDENTIFIERS,
  STEP_BYTES,
  TIMER_BYTES,
  TimerFields,
} from '../../build/generated/rule-image';
import { EXTENDED_MASK, isExtended, STANDARD_MASK } from '../can/identifier';
import { displacementOf, keyList, slotOf } from './key-index';
import { Rule } from './rule';
import { TableHeader } from './table-header';

const INDEX_BYTES: u32 = 2 * STANDARD_IDENTIFIERS;
/** The list of an image of format 1, which is shorter, lies here in the image's place. */
const PLAIN_LIST_OFFSET: u32 = 0x8000;
/** All zeros: an index, or one range from 0 on, that leads to word 0 of the lists. */
const ZEROS: usize = heap.alloc(INDEX_BYTES);
memory.fill(ZEROS, 0, INDEX_BYTES);
/** All ones: an index, or the list of one range, that leads to word 1 of the lists. */
const ONES: usize = heap.alloc(INDEX_BYTES);
for (let word: u32 = 0; word < INDEX_BYTES; word += 2) store<u16>(ONES + word, 1);

export class TableSections {
  rules: usize = 0;
  count: u32 = 0;
  filterRecords: usize = 0;
  actions: usize = 0;
  conditions: usize = 0;
  steps: usize = 0;
  checksumTables: usize = 0;
  timers: usize = 0;
  timerCount: u32 = 0;
  /** The keys: key-index.ts. Multiplier 0: there are none. */
  keyMultiplier: u32 = 0;
  keyMask: u32 = 0;
  keys: usize = 0;
  keyLists: usize = 0;
  keyDisplacements: usize = 0;
  busIndex: usize = ZEROS;
  aglIndex: usize = ZEROS;
  busRangeStarts: usize = ZEROS;
  aglRangeStarts: usize = ZEROS;
  busRangeLists: usize = ZEROS;
  aglRangeLists: usize = ZEROS;
  /** Ranges of extended identifiers, 1 or more. */
  busRangeCount: u32 = 1;
  aglRangeCount: u32 = 1;
  lists: usize = 0;
  names: usize = 0;
  /** Frames of AGL's that no rule takes do not reach the bus. */
  deniesAgl: bool = false;
  /** Some rule is about frames of AGL's, or those that none takes are denied. */
  judgesAgl: bool = false;
  /** The rule whose answer tells of a refused frame of AGL's, or -1. */
  alarmRule: i32 = -1;

  /** Finds the parts of the image at `image`. Returns how many bytes its counts give. */
  lay(image: usize): u32 {
    const header = changetype<TableHeader>(image);
    this.count = header.ruleCount;
    if ((header.version as u32) !== RULES_VERSION_2) return this.layPlain(image);
    let at = image + RULES_HEADER_BYTES_2;
    this.rules = at;
    at += this.count * RULE_BYTES;
    this.filterRecords = at;
    at += header.filterCount * FILTER_BYTES;
    this.actions = at;
    at += header.actionCount * ACTION_BYTES;
    this.conditions = at;
    at += header.conditionCount * CONDITION_BYTES;
    this.steps = at;
    at += header.stepCount * STEP_BYTES;
    this.checksumTables = at;
    at += header.checksumTableCount * CHECKSUM_TABLE_BYTES;
    this.timers = at;
    this.timerCount = header.timerCount;
    at += this.timerCount * TIMER_BYTES;
    const keySlots: u32 = header.keySlots;
    this.keyMultiplier = header.keyMultiplier;
    this.keyMask = keySlots - 1;
    this.keys = at;
    at += keySlots << 2;
    this.keyLists = at;
    at += keySlots << 1;
    this.keyDisplacements = at;
    at += (header.keyBuckets as u32) << 1;
    this.busIndex = at;
    at += INDEX_BYTES;
    const hasAglIndex = header.aglIndexes !== 0;
    this.deniesAgl = (header.flags & RULES_FLAG_AGL_DENY) !== 0;
    this.judgesAgl = hasAglIndex || this.deniesAgl;
    this.alarmRule = (header.alarmRule as i32) - 1;
    this.aglIndex = hasAglIndex ? at : ZEROS;
    at += header.aglIndexes * INDEX_BYTES;
    const busCount: u32 = header.busRangeCount;
    const aglCount: u32 = header.aglRangeCount;
    this.busRangeStarts = busCount !== 0 ? at : ZEROS;
    at += busCount << 2;
    this.aglRangeStarts = aglCount !== 0 ? at : ZEROS;
    at += aglCount << 2;
    this.busRangeLists = busCount !== 0 ? at : ZEROS;
    at += busCount << 1;
    this.aglRangeLists = aglCount !== 0 ? at : ZEROS;
    at += aglCount << 1;
    this.busRangeCount = max<u32>(busCount, 1);
    this.aglRangeCount = max<u32>(aglCount, 1);
    this.lists = at;
    at += (header.listWords as u32) << 1;
    this.names = at;
    at += header.nameBytes;
    return ((at - image + 7) & ~7) as u32;
  }

  /** The same parts as `other`. */
  use(other: TableSections): void {
    this.rules = other.rules;
    this.count = other.count;
    this.filterRecords = other.filterRecords;
    this.actions = other.actions;
    this.conditions = other.conditions;
    this.steps = other.steps;
    this.checksumTables = other.checksumTables;
    this.timers = other.timers;
    this.timerCount = other.timerCount;
    this.keyMultiplier = other.keyMultiplier;
    this.keyMask = other.keyMask;
    this.keys = other.keys;
    this.keyLists = other.keyLists;
    this.keyDisplacements = other.keyDisplacements;
    this.busIndex = other.busIndex;
    this.aglIndex = other.aglIndex;
    this.busRangeStarts = other.busRangeStarts;
    this.aglRangeStarts = other.aglRangeStarts;
    this.busRangeLists = other.busRangeLists;
    this.aglRangeLists = other.aglRangeLists;
    this.busRangeCount = other.busRangeCount;
    this.aglRangeCount = other.aglRangeCount;
    this.lists = other.lists;
    this.names = other.names;
    this.deniesAgl = other.deniesAgl;
    this.judgesAgl = other.judgesAgl;
    this.alarmRule = other.alarmRule;
  }

  /** Rule `index`, 0..count-1. */
  rule(index: u32): Rule {
    return changetype<Rule>(this.rules + index * RULE_BYTES);
  }

  /** Action `index` of `rule`. */
  actionOf(rule: Rule, index: u32): ActionFields {
    return changetype<ActionFields>(this.actions + (rule.actionFirst + index) * ACTION_BYTES);
  }

  /** Timer `index`, 0..timerCount-1. */
  timer(index: u32): TimerFields {
    return changetype<TimerFields>(this.timers + index * TIMER_BYTES);
  }

  /** The word with which the list for a frame of the bus begins; 0: no rule takes it. */
  busWord(identifier: u32): u32 {
    return isExtended(identifier)
      ? this.extendedBusWord(identifier & EXTENDED_MASK)
      : load<u16>(this.busIndex + ((identifier & STANDARD_MASK) << 1));
  }

  /** The same for a frame of AGL's. */
  aglWord(identifier: u32): u32 {
    return isExtended(identifier)
      ? this.extendedAglWord(identifier & EXTENDED_MASK)
      : load<u16>(this.aglIndex + ((identifier & STANDARD_MASK) << 1));
  }

  /** Address of the list that begins with `word`: rule numbers, u16, ascending up to LIST_END. */
  listAt(word: u32): usize {
    return this.lists + (word << 1);
  }

  /** As keyList, but for the call: with one the decision saves and moves registers for every frame. */
  private extendedBusWord(number: u32): u32 {
    const multiplier = this.keyMultiplier;
    if (multiplier !== 0) {
      const product = number * multiplier;
      const displacement = displacementOf(this, product);
      const slot = slotOf(this, product, displacement);
      const isKey = displacement !== BUCKET_EMPTY && load<u32>(this.keys + (slot << 2)) === number;
      if (isKey) return load<u16>(this.keyLists + (slot << 1));
    }
    return wordOfRange(number, this.busRangeStarts, this.busRangeLists, this.busRangeCount);
  }

  private extendedAglWord(number: u32): u32 {
    if (this.keyMultiplier !== 0) {
      const address = keyList(this, number | KEY_FROM_AGL);
      if (address !== 0) return load<u16>(address);
    }
    return wordOfRange(number, this.aglRangeStarts, this.aglRangeLists, this.aglRangeCount);
  }

  private layPlain(image: usize): u32 {
    const header = changetype<TableHeader>(image);
    this.rules = image + RULES_HEADER_BYTES;
    this.filterRecords = this.rules + this.count * RULE_BYTES;
    this.keyMultiplier = 0;
    this.busIndex = ONES;
    this.aglIndex = ZEROS;
    this.busRangeStarts = ZEROS;
    this.aglRangeStarts = ZEROS;
    this.busRangeLists = ONES;
    this.aglRangeLists = ZEROS;
    this.busRangeCount = 1;
    this.aglRangeCount = 1;
    this.deniesAgl = false;
    this.judgesAgl = false;
    this.alarmRule = -1;
    this.timerCount = 0;
    this.lists = image + PLAIN_LIST_OFFSET;
    // loop: at most RULES_MAXIMUM
    for (let rule: u32 = 0; rule < this.count; rule++) {
      store<u16>(this.listAt(rule + 1), rule as u16);
    }
    store<u16>(this.listAt(this.count + 1), LIST_END as u16);
    return ((this.filterRecords - image) as u32) + header.filterCount * FILTER_BYTES;
  }
}

/** The word of the list of the range that `number` is in: at most 16 steps. */
function wordOfRange(number: u32, starts: usize, lists: usize, count: u32): u32 {
  let first: u32 = 0;
  // loop: at most 16
  for (let left = count; left > 1;) {
    const half = left >> 1;
    if (load<u32>(starts + ((first + half) << 2)) <= number) first += half;
    left -= half;
  }
  return load<u16>(lists + (first << 1));
}
