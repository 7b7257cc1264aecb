// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The gate for images of format 2: the index, the table of keys and their lists, one thing wrong at a time.
 *
 * Layout: formats/rule-image-2.ts.
 */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { checkStaged, checkWithByte } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging, true);
});

function expectByte(at: usize, value: u8, status: Status, what: string): void {
  expect(checkWithByte(table, image, at, value)).toBe(status, what);
}

describe('an index', () => {
  test('leads to lists of its side', () => {
    image.add(0x100);
    store<u8>(image.add(0x200), 6, 25); // forwards, of AGL's
    image.beginIndex([0, 0x100]);
    const list = image.addList([0]);
    image.point(0x100, list);
    image.pointRange(1, list);
    image.pointAgl(0x200, image.addList([1]));
    image.finish();
    expect(checkStaged(table)).toBe(Status.Ok);
    const agl = image.address + 64 + 2 * 64 + 4096;
    const index = agl - 4096;
    const starts = agl + 4096;
    const lists = starts + 2 * 6;
    expectByte(index + 0x200, 5, Status.RulesField, 'a list beyond the last word');
    expectByte(index + 0x201, 0xff, Status.RulesField, 'far beyond');
    expectByte(index + 0x200, 3, Status.RulesField, 'rules about frames of AGL');
    expectByte(agl, 1, Status.RulesField, 'rules about frames of the bus');
    expectByte(index, 2, Status.Ok, 'the end of another list');
    expectByte(starts, 1, Status.RulesField, 'the first range does not begin at 0');
    expectByte(starts + 5, 0, Status.RulesField, 'two that begin at 0');
    expectByte(starts + 7, 0x20, Status.RulesField, 'above 29 bits');
    expectByte(starts + 8, 5, Status.RulesField, 'a list beyond the last word');
    expectByte(starts + 8, 3, Status.RulesField, 'rules about frames of AGL');
    expectByte(lists, 0, Status.RulesField, 'word 0 is not the empty list');
    expectByte(lists + 2, 2, Status.RulesField, 'a rule that is none');
    expectByte(lists + 4, 0, Status.RulesField, 'a list without an end');
    expectByte(lists + 8, 0, Status.RulesField, 'the last list without an end');
    store<u16>(lists + 4, 1);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'rules of both sides in one list');
  });

  test('has an empty list at word 0, to which every other identifier leads', () => {
    image = new RuleImage2(table.staging);
    image.add(0x100);
    image.add(0x101);
    image.beginIndex([]);
    const lists = image.address + 64 + 2 * 64 + 4096;
    image.point(0x101, image.addList([1]));
    image.finish();
    expect(checkStaged(table)).toBe(Status.Ok);
    store<u16>(lists, 0);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'rules 0 and 1');
  });

  test('has ranges of extended identifiers for frames of AGL', () => {
    image = new RuleImage2(table.staging, true);
    store<u8>(image.add(0x80000100), 6, 25);
    image.beginIndex([0, 0x100, 0x101]);
    image.pointRange(1, image.addList([0]));
    image.finish();
    // The same sections, if the ranges are AGL's.
    store<u16>(image.address, 0, 32);
    store<u16>(image.address, 3, 34);
    image.seal();
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.aglWord(0x80000100)).toBe(1);
    expect(table.aglWord(0x800000ff)).toBe(0);
    expect(table.aglWord(0x80000101)).toBe(0);
    expect(table.busWord(0x80000100)).toBe(0);
  });
});

describe('a table of keys', () => {
  test('is one in which each look finds its key', () => {
    image.add(0x80000005);
    store<u8>(image.add(0x80000006), 6, 25); // forwards, of AGL's
    image.addKeys();
    image.beginIndex([]);
    image.putKey(5, 1, 5, 0, image.addList([0]));
    image.putKey(0x20000006, 2, 6, 0, image.addList([1]));
    image.finish();
    expect(checkStaged(table)).toBe(Status.Ok);
    const keys = image.keys;
    expectByte(keys, 0xfe, Status.RulesField, 'an empty slot with a key above 30 bits');
    expectByte(keys + 4, 6, Status.RulesField, 'the key of another bucket');
    expectByte(keys + 4, 4, Status.RulesField, 'a key whose bucket has none');
    expectByte(keys + 8, 5, Status.RulesField, 'a key of AGL in the slot of another');
    expectByte(keys + 7, 0x40, Status.RulesField, 'bit 30');
    expectByte(keys + 16, 1, Status.RulesField, 'a list of an empty slot');
    expectByte(keys + 18, 5, Status.RulesField, 'a list beyond the last word');
    expectByte(keys + 18, 3, Status.RulesField, 'rules about frames of AGL');
    expectByte(keys + 20, 1, Status.RulesField, 'rules about frames of the bus');
    expectByte(keys + 24 + 2 * 5, 1, Status.RulesField, 'another displacement');
    expectByte(keys + 24 + 2 * 5, 4, Status.Ok, 'one that leads to the same slot');
    expectByte(image.address + 58, 0, Status.RulesField, 'another multiplier');
    const address = image.address;
    store<u32>(address, 0, 56);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'no multiplier');
    store<u32>(address, 0x801000, 56);
    // As many bytes: 3 slots of 6 bytes and 3 buckets more. 3 is no power of two.
    store<u16>(address, 3, 50);
    store<u16>(address, 515, 52);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'three slots');
    store<u16>(address, 0, 50);
    store<u16>(address, 524, 52);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'buckets without slots');
    store<u16>(address, 4096, 50);
    store<u16>(address, 512, 52);
    store<u32>(address, load<u32>(address, 8) + 4092 * 6, 8);
    memory.fill(keys, 0xff, 4096 * 4);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'more slots than there may be');
  });
});

describe('a list', () => {
  test('whose rules and conditions together take too long is refused', () => {
    for (let rules: u32 = 1; rules < 3; rules++) {
      image = new RuleImage2(table.staging);
      for (let index: u32 = 0; index < rules; index++) store<u8>(image.add(0x100), 10, 50);
      for (let index: u32 = 0; index < 10; index++) image.addCondition(2, 0, 0, 1, 0, 0);
      image.beginIndex([]);
      image.point(0x100, image.addList(rules === 1 ? [0] : [0, 1]));
      image.finish();
      expect(checkStaged(table)).toBe(rules === 1 ? Status.Ok : Status.RulesField);
    }
  });

  test('has each rule once, in their order', () => {
    for (let second: u16 = 0; second < 2; second++) {
      image = new RuleImage2(table.staging);
      image.add(0x100);
      image.add(0x100);
      image.beginIndex([]);
      image.point(0x100, image.addList([1, second]));
      image.finish();
      expect(checkStaged(table)).toBe(Status.RulesField);
    }
  });
});
