// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What rules remember: the rate of answers, and what a new table takes over.
 */
import { allowedTicks, charge, intervalTicks } from '../../../src/responder/rate';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { RuleImage } from '../support/rule-image';
import { checkStaged } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);

beforeEach(() => {
  table = new RuleTable();
});

/** A table of rules of these names, each with a counter up to `maximum` in its answer 0x201. */
function adopt(names: StaticArray<string>, maximum: u64): void {
  image = new RuleImage2(table.staging);
  for (let rule = 0; rule < names.length; rule++) {
    const at = image.addAnswer(0x100 + rule, 0x201, 1, 0);
    store<u8>(at, 1, 54);
    store<u16>(at, 10, 58);
    store<u32>(at, 100, 60);
  }
  image.addStep(6, 0, 0, 0, 1, maximum);
  image.beginIndex([]);
  for (let rule = 0; rule < names.length; rule++) {
    image.point(0x100 + rule, image.addList([rule as u16]));
  }
  for (let rule = 0; rule < names.length; rule++) image.name(names[rule]);
  image.finish();
  expect(table.adopt()).toBe(Status.Ok);
}

describe('a swap of tables', () => {
  test('never gives two rules one state', () => {
    adopt(['a'], 15);
    table.states.of(0).counter = 5;
    adopt(['a', 'a'], 15);
    expect(table.states.of(0).counter).toBe(5);
    expect(table.states.of(1).counter).toBe(0, 'the second of that name begins anew');
    table.states.of(1).counter = 7;
    expect(table.states.of(0).counter).toBe(5);
  });

  test('leaves a rule its state where name and kind are the same', () => {
    adopt(['a', 'b'], 15);
    table.states.of(0).counter = 5;
    table.states.of(1).counter = 6;
    table.hit(0);
    adopt(['new', 'b', 'a'], 15);
    expect(table.states.kept).toBe(2);
    expect(table.states.of(0).counter).toBe(0, 'new');
    expect(table.states.of(1).counter).toBe(6);
    expect(table.states.of(2).counter).toBe(5);
    expect(table.hitsOf(0)).toBe(0, 'hits are of the table in force');
    adopt(['b'], 15);
    expect(table.states.of(0).counter).toBe(6);
    adopt(['b'], 14);
    expect(table.states.of(0).counter).toBe(0, 'another kind of counter');
    expect(table.states.kept).toBe(0, 'kept');
  });

  test('gives a rule that went and came back a new state', () => {
    adopt(['a'], 15);
    table.states.of(0).counter = 5;
    adopt(['b'], 15);
    adopt(['a'], 15);
    expect(table.states.of(0).counter).toBe(0);
  });

  test('gives a new rule a state of zeros, in the place of one that went', () => {
    adopt(['a'], 15);
    // A place is used again when two tables have gone by.
    for (let swap = 0; swap < 4; swap++) {
      const state = table.states.of(0);
      state.due = 1;
      state.counter = 2;
      state.left = 3;
      state.check = 4;
      adopt([`b${swap}`], 15);
      const fresh = table.states.of(0);
      expect(fresh.due).toBe(0);
      expect(fresh.counter).toBe(0);
      expect(fresh.left).toBe(0);
      expect(fresh.check).toBe(0);
    }
  });

  test('looks for a counter in all programs of a rule', () => {
    for (let maximum: u64 = 15; maximum > 13; maximum--) {
      image = new RuleImage2(table.staging);
      store<u8>(image.addAnswer(0x100, 0x201, 1, 0), 2, 55);
      store<u32>(image.addAction(1, 0, 1), 0x202, 8);
      store<u32>(image.addAction(1, 1, 1), 0x203, 8);
      image.addStep(7, 0, 0, 0, 0, 1);
      image.addStep(6, 0, 0, 0, 1, maximum);
      image.beginIndex([]);
      image.point(0x100, image.addList([0]));
      image.name('a');
      image.finish();
      expect(table.adopt()).toBe(Status.Ok);
      expect(table.states.of(0).counter).toBe(0, 'another kind of counter');
      table.states.of(0).counter = 5;
    }
  });

  test('has a state for each of many rules, and still never gives two of them one', () => {
    const names = new StaticArray<string>(130);
    for (let rule = 0; rule < 130; rule++) names[rule] = `n${rule}`;
    adopt(names, 15);
    for (let rule: u32 = 0; rule < 130; rule++) table.states.of(rule).counter = rule;
    for (let rule: u32 = 0; rule < 130; rule++) expect(table.states.of(rule).counter).toBe(rule);
    adopt(['n129', 'n129', 'n70'], 15);
    expect(table.states.of(0).counter).toBe(129);
    expect(table.states.of(1).counter).toBe(0, 'the second of that name begins anew');
    expect(table.states.of(2).counter).toBe(70);
    table.states.of(1).counter = 7;
    expect(table.states.of(0).counter).toBe(129);
  });

  test('gives each rule of format 1 one state', () => {
    for (let rules: u32 = 31; rules < 34; rules++) {
      const plain = new RuleImage(table.staging);
      for (let rule: u32 = 0; rule < rules; rule++) plain.add(0x100 + rule);
      plain.finish();
      const status = checkStaged(table);
      expect(status).toBe(Status.Ok);
      expect(table.states.added).toBe(rules);
    }
  });

  test('leaves the table in force its states when the next one is refused', () => {
    adopt(['a'], 15);
    table.states.of(0).counter = 5;
    image = new RuleImage2(table.staging);
    image.add(0x100);
    image.add(0x101);
    image.beginIndex([]);
    image.name('c');
    image.name('a');
    image.finish();
    store<u8>(table.staging + load<u32>(table.staging, 8) - 3, 0x61);
    image.seal();
    expect(table.adopt()).toBe(Status.RulesField);
    expect(table.states.of(0).counter).toBe(5);
  });
});

describe('the rate', () => {
  test('allows a burst, and then one answer for each interval', () => {
    adopt(['a'], 15);
    const rule = table.rule(0);
    const state = table.states.of(0);
    // 1 MHz: an interval is 100 ticks, a burst 10.
    expect(intervalTicks(rule, 1_000_000, 500_000)).toBe(100);
    for (let answer = 0; answer < 9; answer++) {
      expect(charge(rule, state, 1000, 100)).toBe(false);
      expect(rule.isLimited).toBe(false);
    }
    expect(charge(rule, state, 1000, 100)).toBe(true, 'the tenth uses it up');
    expect(rule.isLimited).toBe(true);
    expect(allowedTicks(rule, state, 100)).toBe(1100);
    rule.isLimited = false;
    expect(charge(rule, state, 1100, 100)).toBe(true);
    expect(allowedTicks(rule, state, 100)).toBe(1200);
    rule.isLimited = false;
    for (let answer = 0; answer < 9; answer++) charge(rule, state, 5000, 100);
    expect(rule.isLimited).toBe(false, 'the burst is whole again');
  });

  test('may have its interval in bit times of the bus', () => {
    adopt(['a'], 15);
    const rule = table.rule(0);
    store<u32>(changetype<usize>(rule), 0x80000000 | 500, 60);
    expect(intervalTicks(rule, 1_000_000, 500_000)).toBe(1000);
    expect(intervalTicks(rule, 1_000_000, 125_000)).toBe(4000);
  });

  test('without an interval is none', () => {
    adopt(['a'], 15);
    store<u32>(changetype<usize>(table.rule(0)), 0, 60);
    expect(intervalTicks(table.rule(0), 1_000_000, 500_000)).toBe(0);
    for (let answer = 0; answer < 100; answer++) {
      expect(charge(table.rule(0), table.states.of(0), 0, 0)).toBe(false);
    }
  });
});
