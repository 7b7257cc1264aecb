// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Latencies in the status page: histograms of ways and bus, sums of rules (docs/status-page.md, "Latencies").
 */
import { LatencyBook } from '../../../src/page/latency-book';
import { FakeSection } from '../virtio/pair';

const BYTES: u32 = 0x20000;
const WAYS: u32 = 0x5800;
const HISTOGRAM: u32 = 344;
const BUS: u32 = 0x0f00;
const RULES: u32 = 0x4000;
const RULE: u32 = 12;
const SINGLE: u32 = 0;
const READ: u32 = 4;
const BUS_WAY: u32 = 5;

let section = new FakeSection(BYTES);
let book = new LatencyBook<FakeSection>(section);

function word(offset: u32): u32 {
  return load<u32>(section.base + offset);
}

function writeAll(): void {
  while (book.work !== 0) book.step();
}

beforeEach(() => {
  section = new FakeSection(BYTES);
  book = new LatencyBook<FakeSection>(section);
});

describe('a latency', () => {
  test('is written with the next step, in the histogram of its way and the sum of its rule', () => {
    book.note(READ, 3, 100);
    book.note(READ, 3, 40);
    expect(word(WAYS + READ * HISTOGRAM)).toBe(0, 'not yet');
    writeAll();
    const read = WAYS + READ * HISTOGRAM;
    expect(word(read)).toBe(2, 'count');
    expect(word(read + 4)).toBe(40, 'shortest');
    expect(word(read + 8)).toBe(100, 'longest');
    expect(load<u64>(section.base + read + 16)).toBe(140, 'sum');
    // 100 = 0b1100100: highest bit 6, then 10: 4 * 5 + 2; 40 = 0b101000: 5, then 01: 4 * 4 + 1.
    expect(word(read + 24 + 4 * 22)).toBe(1);
    expect(word(read + 24 + 4 * 17)).toBe(1);
    expect(word(RULES + 3 * RULE)).toBe(2, 'count of the rule');
    expect(word(RULES + 3 * RULE + 4)).toBe(100, 'its longest');
    expect(word(RULES + 3 * RULE + 8)).toBe(140, 'its sum');
    expect(word(WAYS)).toBe(0, 'no other way');
  });

  test('of the bus belongs to no rule', () => {
    book.note(BUS_WAY, -1, 9);
    writeAll();
    expect(word(BUS)).toBe(1);
    expect(word(RULES)).toBe(0);
    expect(word(0x5800)).toBe(0);
  });

  test('that does not fit 32 bits counts as the longest', () => {
    book.note(SINGLE, 511, 0x1_0000_0000);
    writeAll();
    expect(word(WAYS + 8)).toBe(u32.MAX_VALUE);
    expect(word(RULES + 511 * RULE + 4)).toBe(u32.MAX_VALUE);
  });

  test('lets sum and count of a rule stand still when the sum is full; the longest goes on', () => {
    book.note(SINGLE, 0, 0xfffffff0);
    book.note(SINGLE, 0, 16);
    book.note(SINGLE, 0, 15);
    book.note(SINGLE, 0, 0xfffffff1);
    writeAll();
    expect(word(RULES)).toBe(2);
    expect(word(RULES + 8)).toBe(u32.MAX_VALUE);
    expect(word(RULES + 4)).toBe(0xfffffff1);
    expect(word(WAYS)).toBe(4, 'the way counts all');
  });

  test('is counted as missed when 32 wait, and no later one is', () => {
    for (let time: u64 = 0; time < 33; time++) book.note(SINGLE, 0, time);
    expect(book.missed).toBe(1);
    book.step();
    book.note(SINGLE, 0, 7);
    writeAll();
    expect(book.missed).toBe(1);
    expect(word(WAYS)).toBe(33);
    expect(word(WAYS + 8)).toBe(31, 'the 33rd is in none');
  });
});

describe('beginning anew', () => {
  test('clears in pieces of 128 bytes, and what comes meanwhile is kept', () => {
    book.note(READ, 1, 50);
    book.note(BUS_WAY, -1, 50);
    writeAll();
    book.note(READ, 1, 60);
    book.reset();
    book.note(SINGLE, 2, 70);
    let steps = 0;
    while (book.isClearing) {
      book.step();
      steps++;
    }
    // 0x4000 to 0x5eb8, 7864 bytes.
    expect(steps).toBe(62);
    writeAll();
    expect(word(WAYS + READ * HISTOGRAM)).toBe(0);
    expect(word(BUS)).toBe(0);
    expect(word(RULES + RULE)).toBe(0);
    expect(word(WAYS)).toBe(1);
    expect(word(RULES + 2 * RULE + 8)).toBe(70);
    expect(book.resets).toBe(1);
  });

  test('twice at once clears once more from the first byte', () => {
    book.reset();
    book.step();
    book.reset();
    store<u32>(section.base + RULES, 5);
    writeAll();
    expect(word(RULES)).toBe(0);
    expect(book.resets).toBe(2);
  });

  test('of the rules alone leaves the ways, and what waits is of no rule', () => {
    book.note(READ, 1, 50);
    writeAll();
    book.note(READ, 1, 60);
    book.forgetRules();
    writeAll();
    expect(word(RULES + RULE)).toBe(0);
    expect(word(WAYS + READ * HISTOGRAM)).toBe(2);
  });

  test('of the rules within a reset still clears the ways', () => {
    book.note(READ, 1, 50);
    writeAll();
    book.reset();
    book.step();
    book.forgetRules();
    writeAll();
    expect(word(WAYS + READ * HISTOGRAM)).toBe(0);
  });
});
