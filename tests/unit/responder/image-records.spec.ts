// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The gate for images of format 2: header, rules, actions, conditions, steps and names, one thing wrong at a time.
 *
 * The index, the table of keys and their lists: index-check.spec.ts. Layout: formats/rule-image-2.ts.
 */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { checkStaged, checkWithByte } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);
/** Addresses of the first of each kind in `fill`. */
let rule: usize = 0;
let action: usize = 0;
let condition: usize = 0;
let step: usize = 0;

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging, true);
  rule = image.addAnswer(0x100, 0x101, 8, 0);
  store<u8>(rule, 3, 25); // answers and forwards
  store<u8>(rule, 2, 50); // two conditions
  store<u8>(rule, 2, 54); // two steps
  store<u8>(rule, 2, 55); // two actions
  store<u16>(rule, 250, 58);
  store<u32>(rule, 1000, 60);
  const agl = image.add(0x200);
  store<u8>(agl, 6, 25);
  action = image.addAction(1, 0, 2);
  store<u32>(action, 0x101, 8);
  image.addAction(2, 2, 1);
  condition = image.addCondition(1, 2, 8, 8, 0, 5);
  image.addCondition(3, 0, 0, 4, 1, 0);
  step = image.addStep(7, 0, 0, 0, 0, 1);
  image.addStep(13, 0, 0, 8, 0, 0);
  image.addStep(28, 0, 0, 0, 0, 0);
  image.addTable();
  image.beginIndex([0, 0x100]);
  const list = image.addList([0]);
  image.point(0x100, list);
  image.pointRange(1, list);
  image.pointAgl(0x200, image.addList([1]));
  image.name('one');
  image.name('two');
  image.finish();
});

/** Whether the first rule of the valid image is tied. */
function isTied(): bool {
  image.seal();
  expect(checkStaged(table)).toBe(Status.Ok);
  const isMarked = (load<u8>(rule, 54) & 0x40) !== 0;
  // The next check is of the image as it was.
  store<u8>(rule, 2, 54);
  return isMarked;
}

function expectByte(at: usize, value: u8, status: Status, what: string): void {
  expect(checkWithByte(table, image, at, value)).toBe(status, what);
}

describe('an image of format 2', () => {
  test('with everything in it is taken', () => {
    expect(checkStaged(table)).toBe(Status.Ok);
    expect(table.adopt()).toBe(Status.Ok);
    expect(table.count).toBe(2);
  });

  test('must have the size that its counts give', () => {
    for (let at: u32 = 26; at <= 42; at += 2) {
      expectByte(
        image.address + at,
        load<u8>(image.address + at) + 4,
        at === 42 ? Status.RulesField : Status.RulesSize,
        `+${at}`,
      );
    }
    expectByte(image.address + 17, 2, Status.RulesCount, 'more than 512 rules');
    expectByte(image.address + 10, 2, Status.RulesSize, 'above 64 KiB');
  });

  test('has zeros where nothing is', () => {
    for (let at: u32 = 50; at < 64; at++) {
      // +50 to +53 are counts of the table of keys, and +56 its multiplier, which is 0 without one.
      const isCount = at >= 50 && at < 54;
      const status = isCount ? Status.RulesSize : Status.RulesField;
      expectByte(image.address + at, 4, status, `+${at}`);
    }
  });

  test('has an alarm that is a rule', () => {
    expectByte(image.address + 46, 0xff, Status.RulesField, 'beyond the last');
  });

  test('has a rule that refers to records that exist', () => {
    expectByte(rule + 48, 1, Status.RulesField, 'conditions beyond the last');
    expectByte(rule + 50, 17, Status.RulesField, 'too many conditions');
    expectByte(rule + 50, 1, Status.RulesField, 'the last condition goes on');
    expectByte(rule + 51, 9, Status.RulesField, 'a length above 8');
    expectByte(rule + 52, 2, Status.RulesField, 'steps beyond the last');
    expectByte(rule + 53, 0xff, Status.RulesField, 'steps far beyond');
    expectByte(rule + 54, 33, Status.RulesField, 'too many steps');
    expectByte(rule + 55, 5, Status.RulesField, 'too many actions');
    expectByte(rule + 56, 1, Status.RulesField, 'actions beyond the last');
    expectByte(rule + 25, 1, Status.RulesField, 'a modification without forward');
    expectByte(rule + 25, 2, Status.RulesField, 'steps and more answers without an answer');
    expectByte(rule + 25, 0x23, Status.RulesField, 'an unknown flag');
    store<u16>(rule, 0, 58);
    image.seal();
    expect(checkStaged(table)).toBe(Status.RulesField, 'an interval without a burst');
    expect(table.refusedRule).toBe(0);
  });

  test('has valid actions', () => {
    expectByte(action, 0, Status.RulesField, 'kind 0');
    expectByte(action, 3, Status.RulesField, 'kind 3');
    expectByte(action, 2, Status.RulesField, 'two modifications');
    expectByte(action + 1, 9, Status.RulesField, 'length 9');
    expectByte(action + 2, 33, Status.RulesField, 'too many steps');
    expectByte(action + 4, 2, Status.RulesField, 'steps beyond the last');
    expectByte(action + 9, 8, Status.RulesField, 'an identifier above 11 bits');
    expectByte(action + 11, 0x40, Status.RulesField, 'a remote answer');
    expectByte(action + 24, 8, Status.RulesField, 'a source that is none');
    const reserved: StaticArray<u32> = [3, 6, 7, 12, 15];
    for (let at = 0; at < reserved.length; at++) {
      expectByte(action + reserved[at], 1, Status.RulesField, 'reserved');
    }
  });

  test('has valid conditions', () => {
    expectByte(condition, 0, Status.RulesField, 'kind 0');
    expectByte(condition, 4, Status.RulesField, 'kind 4');
    expectByte(condition + 1, 0x12, Status.RulesField, 'an unknown flag');
    expectByte(condition + 2, 57, Status.RulesField, 'beyond bit 63');
    expectByte(condition + 2, 255, Status.RulesField, 'far beyond');
    expectByte(condition + 3, 0, Status.RulesField, 'no bits');
    expectByte(condition + 3, 255, Status.RulesField, '255 bits');
    expectByte(condition + 7, 1, Status.RulesField, 'reserved');
    expectByte(condition, 3, Status.RulesField, 'a set of 8 bits');
    expectByte(condition, 2, Status.Ok, 'bits 0 under a mask');
    expectByte(condition + 24 + 16, 1, Status.RulesField, 'a set with a maximum');
    expectByte(condition + 24, 2, Status.RulesField, 'bits outside the mask');
  });

  test('has valid steps', () => {
    expectByte(step, 0, Status.RulesField, 'kind 0');
    expectByte(step, 31, Status.RulesField, 'kind 31');
    expectByte(step + 1, 1, Status.RulesField, 'an unknown flag');
    store<u64>(step, 0, 8);
    expectByte(step, 10, Status.RulesField, 'a division by 0');
    store<u64>(step, u64.MAX_VALUE, 8);
    expectByte(step, 10, Status.RulesField, 'a division by -1');
    expectByte(step, 6, Status.RulesField, 'a counter above 32 bits');
    store<u64>(step, 0xffffffff, 8);
    expectByte(step, 6, Status.Ok, 'a counter of 32 bits');
    store<u8>(step, 8, 3);
    for (let kind: u8 = 1; kind < 6; kind++) expectByte(step, kind, Status.Ok, `kind ${kind}`);
    store<u8>(step, 57, 2);
    expectByte(step, 1, Status.RulesField, 'beyond bit 63');
    store<u8>(step, 22, 2);
    expectByte(step, 3, Status.RulesField, 'beyond bit 28');
    expectByte(step, 14, Status.RulesField, 'beyond bit 28');
    store<u32>(step, 64, 4);
    expectByte(step, 5, Status.RulesField, 'live value 64');
    expectByte(step + 2 * 16 + 4, 1, Status.RulesField, 'table 1');
    expectByte(step + 2 * 16 + 8 + 5, 4, Status.RulesField, 'profile 4');
  });

  test('has a path only where the answer needs nothing of the request', () => {
    store<u8>(rule, 0, 50); // a filter does not see what conditions look at
    store<u8>(rule, 1, 27);
    image.seal();
    expect(checkStaged(table)).toBe(Status.Ok, 'a constant by steps');
    expectByte(action + 8, 0x02, Status.RulesField, 'a further answer with another identifier');
    expectByte(action + 11, 0x80, Status.RulesField, 'the same number with 29 bits');
    expectByte(step, 14, Status.RulesField, 'an identifier by steps');
    expectByte(step, 4, Status.RulesField, 'the length of the request');
    expectByte(step, 26, Status.RulesField, 'another identifier');
    expectByte(step, 22, Status.RulesField, 'another length');
    expectByte(step, 6, Status.RulesField, 'a counter that an action has, too');
    expectByte(rule + 40, 0x80, Status.Ok, 'a live value');
    expectByte(rule + 40, 0, Status.RulesField, 'a byte of the request');
    expectByte(rule + 26, 0xff, Status.RulesField, 'as long as the request');
    store<u8>(rule, 0, 27);
    expectByte(step, 4, Status.Ok, 'the length, for a request that is read');
  });

  test('says of a rule whether its answers can have different identifiers', () => {
    expect(isTied()).toBe(false, 'one, twice');
    store<u32>(action, 0x102, 8);
    expect(isTied()).toBe(true, '0x101 and 0x102');
    store<u8>(action, 18, 0);
    store<u8>(action, 0, 2);
    store<u32>(action, 0x102, 8);
    expect(isTied()).toBe(true, 'while AGL is not there');
    store<u8>(action, 0xfe, 1);
    expect(isTied()).toBe(false, 'no answer then');
  });

  test('says so of identifiers that steps make', () => {
    // AND, OR, XOR, SET of the identifier, and bits of it; the length and the data make no difference.
    for (let kind: u8 = 13; kind < 27; kind++) {
      if (kind === 19 || kind === 20 || kind === 21 || kind === 22) continue;
      store<u8>(step, kind);
      store<u8>(step, 8, 3);
      expect(isTied()).toBe(kind === 14 || kind >= 23, kind.toString());
    }
  });

  test('has a name for each rule', () => {
    const index = image.address + 64 + 2 * 64 + 2 * 32 + 2 * 24 + 3 * 16 + 272;
    const names = index + 2 * 4096 + 2 * 6 + 5 * 2;
    expect(load<u8>(names)).toBe(0x6f);
    expectByte(names + 3, 0x6e, Status.RulesField, 'one too few');
    expectByte(names + 1, 0, Status.RulesField, 'one too many');
    expectByte(names + 7, 0x6e, Status.RulesField, 'no end');
  });
});
