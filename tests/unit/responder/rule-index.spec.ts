// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Format 2: which rule decides, by index, order and conditions.
 */
import { Responder } from '../../../src/responder/responder';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { dirtyFrame, newFrame, show } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';

const NO_RANGES: StaticArray<u32> = [];

let table = new RuleTable();
let image = new RuleImage2(table.staging);
let responder = new Responder(table);
const answer = dirtyFrame();

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging);
  responder = new Responder(table);
});

function adopt(): void {
  image.finish();
  expect(table.adopt()).toBe(Status.Ok);
}

/** The rule that decides on this frame, or -1. */
function ruleFor(identifier: u32, length: u8, data: u64): i32 {
  responder.decide(newFrame(identifier, length, data), answer);
  return responder.matchedRule;
}

describe('the index', () => {
  test('gives the rules to try for a standard identifier; the first that matches decides', () => {
    const narrow = image.add(0x100);
    store<u64>(narrow, 0x11, 8);
    store<u64>(narrow, 0xff, 16);
    image.addAnswer(0x100, 0x101, 1, 0x22);
    image.add(0x7ff);
    image.beginIndex(NO_RANGES);
    image.point(0x100, image.addList([0, 1]));
    image.point(0x7ff, image.addList([2]));
    adopt();
    expect(ruleFor(0x100, 1, 0x11)).toBe(0);
    expect(ruleFor(0x100, 1, 0x12)).toBe(1);
    expect(show(answer)).toBe('101 1 0 0 22');
    expect(ruleFor(0x7ff, 0, 0)).toBe(2);
    expect(ruleFor(0x101, 0, 0)).toBe(-1);
    expect(ruleFor(0x80000100, 0, 0)).toBe(-1, 'no ranges: no rule for extended identifiers');
    expect(table.hitsOf(1)).toBe(1);
  });

  test('gives them for ranges of extended identifiers', () => {
    for (let rule: u32 = 0; rule < 3; rule++) {
      store<u32>(image.add(0x80000000), 0xc0000000, 4);
    }
    image.beginIndex([0, 0x1000, 0x2000, 0x18ff0000, 0x1fffffff]);
    image.pointRange(1, image.addList([0]));
    image.pointRange(3, image.addList([1]));
    image.pointRange(4, image.addList([2]));
    adopt();
    expect(ruleFor(0x80000fff, 0, 0)).toBe(-1);
    expect(ruleFor(0x80001000, 0, 0)).toBe(0);
    expect(ruleFor(0x80001fff, 0, 0)).toBe(0);
    expect(ruleFor(0x80002000, 0, 0)).toBe(-1);
    expect(ruleFor(0x98feffff, 0, 0)).toBe(-1);
    expect(ruleFor(0x98ff0000, 0, 0)).toBe(1);
    expect(ruleFor(0x9ffffffe, 0, 0)).toBe(1);
    expect(ruleFor(0x9fffffff, 0, 0)).toBe(2);
    expect(ruleFor(0xd8ff0000, 0, 0)).toBe(-1, 'a remote frame');
  });

  test('gives them for single extended identifiers, before their range', () => {
    for (let rule: u32 = 0; rule < 3; rule++) {
      store<u32>(image.add(0x80000000), 0xc0000000, 4);
    }
    image.addKeys();
    image.beginIndex([0, 0x10, 0x20]);
    const first = image.addList([0]);
    const both = image.addList([1, 2]);
    image.pointRange(1, image.addList([2]));
    // 5 and 9 have the places 1 modulo 4, so they need two displacements.
    image.putKey(5, 1, 5, 0, first);
    image.putKey(9, 2, 9, 1, 0);
    image.putKey(0x12, 3, 0x12, 1, both);
    adopt();
    expect(ruleFor(0x80000005, 0, 0)).toBe(0);
    expect(ruleFor(0x80000009, 0, 0)).toBe(-1, 'its list is empty');
    expect(ruleFor(0x80000012, 0, 0)).toBe(1);
    expect(ruleFor(0x80000011, 0, 0)).toBe(2, 'a bucket without a key: by the range');
    // Bucket 0x12, as bits 9 and above do not go into it, and place 0x212.
    expect(ruleFor(0x80000212, 0, 0)).toBe(-1, 'another identifier of the bucket');
    expect(ruleFor(0x80000004, 0, 0)).toBe(-1);
    expect(ruleFor(0xc0000005, 0, 0)).toBe(-1, 'a remote frame');
    expect(ruleFor(0x005, 0, 0)).toBe(-1, 'a standard identifier');
    expect(responder.matchesFromAgl(newFrame(0x80000005, 0, 0))).toBe(false);
  });

  test('gives them for single extended identifiers of AGL by keys of its own', () => {
    image = new RuleImage2(table.staging, true);
    store<u8>(image.add(0x80000005), 6, 25); // forwards, of AGL's
    image.addKeys();
    image.beginIndex(NO_RANGES);
    // Bit 29 times 0x801000 is beyond 32 bits: bucket and place are those of 5.
    image.putKey(0x20000005, 1, 5, 0, image.addList([0]));
    adopt();
    expect(responder.matchesFromAgl(newFrame(0x80000005, 0, 0))).toBe(true);
    expect(responder.matchedRule).toBe(0);
    expect(responder.matchesFromAgl(newFrame(0x80000004, 0, 0))).toBe(false);
    expect(ruleFor(0x80000005, 0, 0)).toBe(-1);
  });

  test('leads to each of 512 rules', () => {
    for (let rule: u32 = 0; rule < 512; rule++) image.add(0x100 + rule);
    image.beginIndex(NO_RANGES);
    for (let rule: u32 = 0; rule < 512; rule++) {
      image.point(0x100 + rule, image.addList([rule as u16]));
    }
    adopt();
    expect(table.count).toBe(512);
    for (let rule: u32 = 0; rule < 512; rule++) {
      expect(ruleFor(0x100 + rule, 0, 0)).toBe(rule);
      expect(table.hitsOf(rule)).toBe(1);
    }
    expect(ruleFor(0x300, 0, 0)).toBe(-1);
  });
});

/** One rule for 0x100 with the conditions added so far. */
function withConditions(count: u8): void {
  store<u8>(image.address + 64, count, 50);
  image.beginIndex(NO_RANGES);
  image.point(0x100, image.addList([0]));
  adopt();
}

function matches(length: u8, data: u64): bool {
  return ruleFor(0x100, length, data) === 0;
}

describe('conditions', () => {
  test('a field lies within its range: little-endian, big-endian, signed', () => {
    image.add(0x100);
    image.addCondition(1, 0, 4, 8, 0x20, 0x2f);
    image.addCondition(1, 4, 48, 16, 0x1234, 0x1235); // bytes 0 and 1, the first the higher
    image.addCondition(1, 8, 24, 8, -3 as u64, 1); // byte 3, signed
    withConditions(3);
    expect(matches(8, 0x00003412)).toBe(false, '0x41 in bits 4 to 11');
    expect(matches(8, 0x00003512)).toBe(false);
    image = new RuleImage2(table.staging);
    image.add(0x100);
    image.addCondition(1, 4, 48, 16, 0x1234, 0x1235);
    image.addCondition(1, 8, 24, 8, -3 as u64, 1);
    withConditions(2);
    expect(matches(8, 0x00003412)).toBe(true);
    expect(matches(8, 0x01003512)).toBe(true);
    expect(matches(8, 0xfd003512)).toBe(true);
    expect(matches(8, 0xfc003512)).toBe(false);
    expect(matches(8, 0x02003512)).toBe(false);
    expect(matches(8, 0x00003612)).toBe(false);
    image = new RuleImage2(table.staging);
    image.add(0x100);
    image.addCondition(1, 0, 4, 8, 0x20, 0x2f);
    withConditions(1);
    expect(matches(2, 0x0208)).toBe(true);
    expect(matches(2, 0x02f8)).toBe(true);
    expect(matches(2, 0x0308)).toBe(false);
    expect(matches(2, 0x01f8)).toBe(false);
  });

  test('all 64 bits, signed', () => {
    image.add(0x100);
    image.addCondition(1, 8, 0, 64, i64.MIN_VALUE as u64, -1 as u64);
    withConditions(1);
    expect(matches(8, 0x8000000000000000)).toBe(true);
    expect(matches(8, u64.MAX_VALUE)).toBe(true);
    expect(matches(8, 0)).toBe(false);
    expect(matches(8, i64.MAX_VALUE as u64)).toBe(false);
  });

  test('bits under a mask, a set of numbers, and either of them inverted', () => {
    image.add(0x100);
    image.addCondition(2, 0, 0, 1, 0x0100, 0xff00);
    image.addCondition(3, 1, 0, 4, 0x8001, 0); // not 0, not 15
    withConditions(2);
    expect(matches(2, 0x0101)).toBe(true);
    expect(matches(2, 0x0201)).toBe(false);
    expect(matches(2, 0x0100)).toBe(false);
    expect(matches(2, 0x010f)).toBe(false);
    expect(matches(2, 0x01fe)).toBe(true);
  });

  test('of a group one is enough, and each group must hold', () => {
    image.add(0x100);
    image.addCondition(2, 2, 0, 1, 0x01, 0xff);
    image.addCondition(2, 2, 0, 1, 0x02, 0xff);
    image.addCondition(2, 0, 0, 1, 0x03, 0xff);
    image.addCondition(2, 0, 0, 1, 0x0500, 0xff00);
    withConditions(4);
    expect(matches(2, 0x0501)).toBe(true);
    expect(matches(2, 0x0502)).toBe(true);
    expect(matches(2, 0x0503)).toBe(true);
    expect(matches(2, 0x0504)).toBe(false);
    expect(matches(2, 0x0603)).toBe(false);
  });

  test('a remote frame has no data, so it fulfils none', () => {
    store<u32>(image.add(0x100), 0x800007ff, 4);
    image.addCondition(2, 0, 0, 1, 0, 0xff);
    withConditions(1);
    expect(ruleFor(0x100, 1, 0)).toBe(0);
    expect(ruleFor(0x40000100, 1, 0)).toBe(-1);
  });

  test('a frame may be too long', () => {
    store<u8>(image.add(0x100), 3, 51);
    withConditions(0);
    expect(matches(2, 0)).toBe(true);
    expect(matches(3, 0)).toBe(false);
  });
});
