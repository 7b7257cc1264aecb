// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Software filters: what SocketCAN's raw filters pass. F1 to F18 are the masks and identifiers of the
 * kernel's test_raw_filter (tools/testing/selftests/net/can): four forms of 0x123 are sent.
 */
import { checkFilter, FilterList } from '../../../src/can/filter-list';
import { Status } from '../../../src/rt/status';

const EFF: u32 = 0x80000000;
const RTR: u32 = 0x40000000;
const INV: u32 = 0x20000000;

const image = heap.alloc(8 * 32);

/** A list of these identifier and mask pairs, identifiers as they are to lie in the image. */
function listOf(words: StaticArray<u32>): FilterList {
  for (let index = 0; index < words.length; index++) {
    store<u32>(image + 4 * index, words[index]);
  }
  const list = new FilterList();
  list.use(image, words.length / 2);
  return list;
}

/** Bit 0: 0x123 passes, 1: with RTR, 2: with EFF, 3: with both. */
function passing(identifier: u32, mask: u32, inverted: bool = false): i32 {
  const list = listOf([(identifier & mask) | (inverted ? INV : 0), mask]);
  let forms = 0;
  if (list.passes(0x123)) forms |= 1;
  if (list.passes(0x123 | RTR)) forms |= 2;
  if (list.passes(0x123 | EFF)) forms |= 4;
  if (list.passes(0x123 | EFF | RTR)) forms |= 8;
  return forms;
}

describe('a filter', () => {
  test('F1-F4: mask 7FF passes all four forms', () => {
    expect(passing(0x123, 0x7ff)).toBe(15);
    expect(passing(0x123 | RTR, 0x7ff)).toBe(15);
    expect(passing(0x123 | EFF, 0x7ff)).toBe(15);
    expect(passing(0x123 | EFF | RTR, 0x7ff)).toBe(15);
  });

  test('F5-F8: with EFF in the mask two pass, by the length of the identifier', () => {
    expect(passing(0x123, 0x7ff | EFF)).toBe(3);
    expect(passing(0x123 | RTR, 0x7ff | EFF)).toBe(3);
    expect(passing(0x123 | EFF, 0x7ff | EFF)).toBe(12);
    expect(passing(0x123 | EFF | RTR, 0x7ff | EFF)).toBe(12);
  });

  test('F9-F12: with RTR in the mask two pass, remote or not', () => {
    expect(passing(0x123, 0x7ff | RTR)).toBe(5);
    expect(passing(0x123 | RTR, 0x7ff | RTR)).toBe(10);
    expect(passing(0x123 | EFF, 0x7ff | RTR)).toBe(5);
    expect(passing(0x123 | EFF | RTR, 0x7ff | RTR)).toBe(10);
  });

  test('F13-F16: with both in the mask exactly one passes', () => {
    expect(passing(0x123, 0x7ff | EFF | RTR)).toBe(1);
    expect(passing(0x123 | RTR, 0x7ff | EFF | RTR)).toBe(2);
    expect(passing(0x123 | EFF, 0x7ff | EFF | RTR)).toBe(4);
    expect(passing(0x123 | EFF | RTR, 0x7ff | EFF | RTR)).toBe(8);
  });

  test('F17-F18: so it does with all 29 bits in the mask', () => {
    expect(passing(0x123, 0x1fffffff | EFF | RTR)).toBe(1);
    expect(passing(0x123 | EFF, 0x1fffffff | EFF | RTR)).toBe(4);
  });

  test('F19: an inverted one passes the complement', () => {
    const masks: StaticArray<u32> = [0x7ff, 0x7ff | EFF, 0x7ff | RTR, 0x7ff | EFF | RTR, 0];
    for (let index = 0; index < masks.length; index++) {
      const plain = passing(0x123 | EFF, masks[index]);
      expect(passing(0x123 | EFF, masks[index], true)).toBe(15 & ~plain);
    }
  });

  test('is refused with bits outside its mask, or bit 29 in it', () => {
    const words: StaticArray<u32> = [0x123, 0x7ff, 0x123 | INV, 0x7ff, 0x123, 0x7f0, 0, INV];
    for (let index = 0; index < words.length; index++) {
      store<u32>(image + 4 * index, words[index]);
    }
    expect(checkFilter(image)).toBe(Status.Ok);
    expect(checkFilter(image + 8)).toBe(Status.Ok);
    expect(checkFilter(image + 16)).toBe(Status.RulesField);
    expect(checkFilter(image + 24)).toBe(Status.RulesField);
  });
});

describe('a list of filters', () => {
  test('F20: a frame passes when it passes any of them', () => {
    const list = listOf([0x100, 0x700, 0x120, 0x7f0, 0x7e0 | INV, 0x7f8]);
    expect(list.passes(0x123)).toBe(true);
    expect(list.passes(0x1ff)).toBe(true);
    expect(list.passes(0x200)).toBe(true); // not 7E0..7E7
    expect(list.passes(0x7e3)).toBe(false);
  });

  test('an empty one passes nothing', () => {
    expect(new FilterList().passes(0x123)).toBe(false);
  });

  test('holds 32 filters and no more', () => {
    memory.fill(image, 0, 8 * 32);
    store<u32>(image, 0x123, 8 * 31);
    store<u32>(image, 0x7ff, 8 * 31 + 4);
    for (let index: u32 = 0; index < 31; index++) {
      store<u32>(image + 8 * index, 0x7ff);
      store<u32>(image + 8 * index, 0xdfffffff, 4);
    }
    const list = new FilterList();
    list.use(image, 40);
    expect(list.count).toBe(32);
    expect(list.passes(0x123)).toBe(true);
    expect(list.passes(0x124)).toBe(false);
  });
});
