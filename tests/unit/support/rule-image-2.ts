// SPDX-License-Identifier: MIT
/**
 * Builds a rules image of format 2 byte by byte, as docs/rules.md describes it.
 *
 * Does not: use the responder's constants or layout.
 */
import { RuleRecords } from './rule-records';

const IMAGE_BYTES: u32 = 0x10000;

/** An image under construction at `address`. Each kind of record is added in its section's order. */
export class RuleImage2 extends RuleRecords {
  rules: u32 = 0;
  filters: u32 = 0;
  actions: u32 = 0;
  conditions: u32 = 0;
  steps: u32 = 0;
  tables: u32 = 0;
  timers: u32 = 0;
  /** Words of the lists; word 0 is the empty list. */
  words: u32 = 1;
  private place: usize = 64;
  private index: usize = 0;
  private ranges: u32 = 0;
  private starts: usize = 0;

  /** Begins an empty image. Without `hasAgl` there is no index for frames of AGL's. */
  constructor(
    address: usize,
    private readonly hasAgl: bool = false,
  ) {
    super(address);
    memory.fill(address, 0, IMAGE_BYTES);
    store<u32>(address, 0x4c525743); // "CWRL"
    store<u16>(address, 2, 4);
    store<u16>(address, 64, 6);
    store<u16>(address, 64, 18);
  }

  private take(bytes: u32): usize {
    const at = this.address + this.place;
    this.place += bytes;
    return at;
  }

  protected override takeRule(): usize {
    this.rules++;
    return this.take(64);
  }

  /** Adds an action; returns its address. kind: 1 answer, 2 modify. */
  addAction(kind: u8, stepFirst: u16, stepCount: u8): usize {
    const action = this.take(32);
    this.actions++;
    store<u8>(action, kind);
    store<u8>(action, stepCount, 2);
    store<u16>(action, stepFirst, 4);
    store<u64>(action, u64.MAX_VALUE, 24);
    return action;
  }

  /** Adds a condition; returns its address. */
  addCondition(kind: u8, flags: u8, shift: u8, width: u8, minimum: u64, maximum: u64): usize {
    const condition = this.take(24);
    this.conditions++;
    store<u8>(condition, kind);
    store<u8>(condition, flags, 1);
    store<u8>(condition, shift, 2);
    store<u8>(condition, width, 3);
    store<u64>(condition, minimum, 8);
    store<u64>(condition, maximum, 16);
    return condition;
  }

  /** Adds a step; returns its address. */
  addStep(kind: u8, flags: u8, shift: u8, width: u8, word: u32, value: u64): usize {
    const step = this.take(16);
    this.steps++;
    store<u8>(step, kind);
    store<u8>(step, flags, 1);
    store<u8>(step, shift, 2);
    store<u8>(step, width, 3);
    store<u32>(step, word, 4);
    store<u64>(step, value, 8);
    return step;
  }

  /** Adds a CRC-8 table, all zero; returns its address. */
  addTable(): usize {
    this.tables++;
    return this.take(272);
  }

  /** Adds a rule that no frame matches, with an answer of `length` own bytes; returns its address. */
  addTimed(identifier: u32, length: u8, data: u64): usize {
    const rule = this.addAnswer(0, identifier, length, data);
    store<u8>(rule, 0x11, 25);
    return rule;
  }

  /** Adds a cyclic timer of a rule, times in us; returns its address. */
  addTimer(rule: u16, interval: u32, count: u32, next: u32, phase: u32): usize {
    const timer = this.take(32);
    this.timers++;
    store<u8>(timer, 1);
    store<u16>(timer, rule, 2);
    store<u32>(timer, interval, 4);
    store<u32>(timer, count, 8);
    store<u32>(timer, next, 12);
    store<u32>(timer, phase, 16);
    return timer;
  }

  /**
   * Adds a table of keys with four slots, all empty, and no key in any bucket. The multiplier is 2^23 + 2^12: the
   * bucket of a key below 512 is the key, and its place too.
   */
  addKeys(): void {
    this.keys = this.take(4 * 6 + 512 * 2);
    memory.fill(this.keys, 0xff, 4 * 4);
    memory.fill(this.keys + 24, 0xff, 512 * 2);
    store<u16>(this.address, 4, 50);
    store<u16>(this.address, 512, 52);
    store<u32>(this.address, 0x801000, 56);
  }
  /** Address of the table of keys, its lists 16 behind it, its displacements 24. */
  keys: usize = 0;

  /** The key `key` is in slot `slot`, and its bucket, which is `bucket`, has this displacement. */
  putKey(key: u32, slot: u32, bucket: u32, displacement: u16, word: u16): void {
    store<u32>(this.keys + 4 * slot, key);
    store<u16>(this.keys + 16 + 2 * slot, word);
    store<u16>(this.keys + 24 + 2 * bucket, displacement);
  }

  /** Adds the record of a safe state, first of the timers; returns its address. `until`: a rule from 1; 0: AGL. */
  addSafeState(after: u32, until: u16, heartbeat: u32, within: u32, grace: u32): usize {
    const timer = this.addTimer(until, after, heartbeat, within, grace);
    store<u8>(timer, 2);
    return timer;
  }

  /** Ends the records: the indexes follow. `starts`: the first number of each range of extended identifiers. */
  beginIndex(starts: StaticArray<u32>): void {
    this.index = this.take(this.hasAgl ? 8192 : 4096);
    this.ranges = starts.length;
    this.starts = this.take(this.ranges * 6);
    for (let range: u32 = 0; range < this.ranges; range++) {
      store<u32>(this.starts + 4 * range, starts[range]);
    }
    this.take(2); // word 0
    store<u16>(this.starts + 6 * this.ranges, 0xffff);
  }

  /** Adds a list; returns the word with which it begins. */
  addList(rules: StaticArray<u16>): u16 {
    const word = this.words as u16;
    for (let index = 0; index < rules.length; index++) store<u16>(this.take(2), rules[index]);
    store<u16>(this.take(2), 0xffff);
    this.words += rules.length + 1;
    return word;
  }

  /** Frames of the bus with this standard identifier go by the list that begins with `word`. */
  point(identifier: u32, word: u16): void {
    store<u16>(this.index + 2 * identifier, word);
  }

  /** The same for frames of AGL's. */
  pointAgl(identifier: u32, word: u16): void {
    store<u16>(this.index + 4096 + 2 * identifier, word);
  }

  /** Ends the records: rule 0 is all there is for this standard identifier, of the bus or of AGL's. */
  indexOnly(identifier: u32, fromAgl: bool): void {
    this.beginIndex([]);
    const list = this.addList([0]);
    if (fromAgl) this.pointAgl(identifier, list);
    else this.point(identifier, list);
  }

  /** The same for extended identifiers of the bus in range `range`. */
  pointRange(range: u32, word: u16): void {
    store<u16>(this.starts + 4 * this.ranges + 2 * range, word);
  }

  /** Names the next rule. */
  name(text: string): void {
    for (let index = 0; index < text.length; index++) {
      store<u8>(this.take(1), text.charCodeAt(index) as u8);
    }
    this.take(1);
    this.nameBytes += text.length + 1;
  }
  private nameBytes: u32 = 0;

  /** Names those rules that have none, and fills in counts, sizes and the checksum. */
  finish(): void {
    const at = this.address;
    if (this.nameBytes === 0) for (let rule: u32 = 0; rule < this.rules; rule++) this.name('r');
    this.place = (this.place + 7) & ~7;
    store<u16>(at, this.rules as u16, 16);
    store<u16>(at, this.filters as u16, 24);
    store<u16>(at, this.actions as u16, 26);
    store<u16>(at, this.conditions as u16, 28);
    store<u16>(at, this.steps as u16, 30);
    store<u16>(at, this.ranges as u16, 32);
    store<u16>(at, this.words as u16, 36);
    store<u16>(at, this.tables as u16, 38);
    store<u16>(at, this.nameBytes as u16, 40);
    store<u16>(at, this.hasAgl ? 1 : 0, 42);
    store<u16>(at, this.timers as u16, 48);
    store<u32>(at, this.place as u32, 8);
    this.seal();
  }
}
