// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** The gate for timers of an image: each field, one thing wrong at a time. Sources: formats/rule-image-2.ts. */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { checkStaged, checkWithWord } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);
let rule: usize = 0;
let step: usize = 0;
let safe: usize = 0;
let timer: usize = 0;

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging);
  rule = image.addTimed(0x101, 8, 0);
  store<u8>(rule, 1, 54); // one step
  image.add(0x100);
  step = image.addStep(6, 0, 0, 0, 1, 15);
  safe = image.addSafeState(100_000, 2, 2, 50_000, 0);
  timer = image.addTimer(0, 1000, 3, 2000, 500);
  image.beginIndex([]);
  image.point(0x100, image.addList([1]));
  image.finish();
});

function expectWord(at: usize, value: u32, what: string, status: Status = Status.RulesField): void {
  expect(checkWithWord(table, image, at, value)).toBe(status, what);
}

describe('a timer of an image', () => {
  test('is taken as it is', () => {
    expect(checkStaged(table)).toBe(Status.Ok);
  });

  test('is of a known kind, with known flags', () => {
    expectWord(timer, 0, 'kind 0');
    expectWord(timer, 3, 'kind 3');
    expectWord(timer, 0x0301, 'in the safe state and not in it');
    expectWord(timer, 0x0401, 'the flag of the safe state');
    expectWord(timer, 0x0101, 'in the safe state', Status.Ok);
    expectWord(timer, 2, 'a second safe state');
    expectWord(timer + 20, 1, 'what tells of its end', Status.Ok);
    expectWord(timer + 20, 2, 'a rule that frames match');
    expectWord(timer + 20, 3, 'beyond the last');
    expectWord(timer + 24, 1, '+24');
    expectWord(timer + 28, 1, '+28');
  });

  test('has times, and a second interval only with a count', () => {
    expectWord(timer + 4, 0, 'no interval');
    expectWord(timer + 4, 0x80000000, 'interval');
    expectWord(timer + 12, 0x80000000, 'second interval');
    expectWord(timer + 16, 0x80000000, 'phase');
    expectWord(timer + 8, 0, 'no count');
    expectWord(timer + 12, 0x7fffffff, 'the longest', Status.Ok);
  });

  test('names a rule that exists, and that a timer may send', () => {
    expectWord(timer, 0x00020001, 'beyond the last');
    expectWord(timer, 0x00010001, 'a rule that frames match');
    const flags = rule + 24;
    expectWord(flags, 0x00081300, 'it forwards');
    expectWord(flags, 0x00081500, 'of AGL');
    expectWord(flags, 0x00081000, 'no answer');
    expectWord(flags, 0x01081100, 'a filter');
    expectWord(flags, 0x00ff1100, 'as long as the request');
    expectWord(rule + 40, 0xffffff00, 'a byte of the request');
    expectWord(step, 4, 'a step that takes the length of the request');
  });

  test('has a rule without a rate', () => {
    store<u16>(rule, 1, 58);
    expectWord(rule + 60, 1000, 'a rate');
  });
});

describe('the safe state of an image', () => {
  test('names rules that exist', () => {
    expectWord(safe, 0x00030002, 'the end');
    expectWord(safe + 8, 3, 'the heartbeat');
    expectWord(safe + 8, 0, 'a time without a heartbeat');
    expectWord(safe + 12, 0, 'a heartbeat without a time');
  });

  test('has times and one end', () => {
    expectWord(safe + 4, 0, 'no silence');
    expectWord(safe, 0x00020402, 'never, and a rule');
    expectWord(safe, 0x00000402, 'never', Status.Ok);
    expectWord(safe, 0x00000102, 'the flag of a frame');
    expectWord(safe + 24, 1, '+24');
    expectWord(safe + 20, 1, 'what tells of its end');
  });

  test('has at most 32 frames', () => {
    for (let count: u32 = 31; count <= 33; count++) {
      image = new RuleImage2(table.staging);
      rule = image.addTimed(0x101, 8, 0);
      image.addSafeState(100_000, 0, 0, 0, 0);
      for (let frame: u32 = 0; frame < count; frame++)
        store<u8>(image.addTimer(0, 1000, 0, 0, 0), 1, 1);
      image.beginIndex([]);
      image.finish();
      const isRight = checkStaged(table) === Status.Ok;
      expect(isRight).toBe(count <= 32, count.toString());
    }
  });

  test('is there once, and there are at most 512 timers', () => {
    expectWord(image.address + 48, 513, '513 timers', Status.RulesCount);
  });
});

/** Steps of the check of a table with `timers` of one rule. */
function stepsWith(timers: u32): u32 {
  image = new RuleImage2(table.staging);
  image.addTimed(0x101, 8, 0);
  for (let at: u32 = 0; at < timers; at++) image.addTimer(0, 1000, 3, 2000, 500);
  image.beginIndex([]);
  image.finish();
  table.beginCheck();
  let steps: u32 = 1;
  while (table.checkStep() === Status.Busy) steps++;
  return steps;
}

describe('the timers of an image', () => {
  test('are checked two in a step: each has the programs of two rules', () => {
    // A timer has 32 bytes of the checksum, of which a step takes 64.
    expect(stepsWith(10) - stepsWith(2)).toBe(4 + 4);
  });
});

describe('a rule that tells of an end', () => {
  test('is none beyond the last, be what lies there like one', () => {
    image = new RuleImage2(table.staging);
    image.addTimed(0x101, 8, 0);
    // Behind the rules lies the CRC-8 table, whose bytes may be any: here those of a rule that a timer may send.
    const behind = image.addTable();
    memory.copy(behind, image.address + 64, 64);
    timer = image.addTimer(0, 1000, 3, 2000, 500);
    image.beginIndex([]);
    image.finish();
    expect(checkStaged(table)).toBe(Status.Ok);
    expectWord(timer + 20, 1, 'the only rule', Status.Ok);
    expectWord(timer + 20, 2, 'the one behind it');
  });
});

/** Adds the record of response pending: 7E8, 8 bytes filled with CC. */
function addPending(): usize {
  const pending = image.addTimer(0, 10_000, 2, 0x7e8, 5_000);
  store<u8>(pending, 8);
  store<u32>(pending, 0xcc08, 20);
  return pending;
}

describe('response pending of an image', () => {
  test('has times, an end, and room for a negative response', () => {
    image = new RuleImage2(table.staging);
    const pending = addPending();
    image.beginIndex([]);
    image.finish();
    expect(checkStaged(table)).toBe(Status.Ok);
    expectWord(pending, 0x2008, 'silent without AGL', Status.Ok);
    expectWord(pending, 0x0108, 'the flag of a frame');
    expectWord(pending, 0x00010008, 'a rule');
    expectWord(pending + 4, 0, 'no interval');
    expectWord(pending + 4, 1, 'the shortest', Status.Ok);
    expectWord(pending + 4, 0x80000000, 'interval');
    expectWord(pending + 16, 0x80000000, 'phase');
    expectWord(pending + 8, 0, 'never');
    expectWord(pending + 8, 255, '255 times', Status.Ok);
    expectWord(pending + 8, 256, '256 times');
    expectWord(pending + 12, 0x800, 'an identifier above 11 bits');
    expectWord(pending + 12, 0x400007e8, 'a remote frame');
    expectWord(pending + 20, 4, 'length, 7F, service, code', Status.Ok);
    expectWord(pending + 20, 3, 'too short');
    expectWord(pending + 20, 9, 'too long');
    expectWord(pending + 20, 0x10008, 'beyond the byte that pads');
    expectWord(pending + 24, 1, '+24');
  });

  test('is there once', () => {
    for (let count: u32 = 1; count <= 2; count++) {
      image = new RuleImage2(table.staging);
      for (let index: u32 = 0; index < count; index++) addPending();
      image.beginIndex([]);
      image.finish();
      expect(checkStaged(table)).toBe(count === 1 ? Status.Ok : Status.RulesField, `${count}`);
    }
  });
});
