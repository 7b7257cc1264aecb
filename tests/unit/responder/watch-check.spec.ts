// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The gate for what a rule remembers of its frames, and for the timeout that tells that they are missing: each field, one
 * thing wrong at a time.
 *
 * Source: formats/rule-image-2.ts (ACTION_WATCH, TIMER_TIMEOUT).
 */
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { checkStaged, checkWithWord } from '../support/rule-check';
import { RuleImage2 } from '../support/rule-image-2';

let table = new RuleTable();
let image = new RuleImage2(table.staging);
let rule: usize = 0;
let watch: usize = 0;
let timer: usize = 0;

/** Rule 0 forwards 0x100 when byte 0 differs; rule 1 tells that it is missing, rule 2 that it is back. */
beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging, true);
  rule = image.add(0x100);
  store<u8>(rule, 1, 55);
  image.addTimed(0x101, 1, 0);
  image.addTimed(0x102, 1, 0);
  watch = image.addAction(10, 0, 0);
  store<u8>(watch, 1, 1);
  store<u64>(watch, 0xff, 16);
  store<u64>(watch, 0, 24);
  timer = image.addTimer(0, 100_000, 2, 3, 0);
  store<u8>(timer, 3);
  image.beginIndex([]);
  image.point(0x100, image.addList([0]));
  image.finish();
});

function expectWord(at: usize, value: u32, what: string, status: Status = Status.RulesField): void {
  expect(checkWithWord(table, image, at, value)).toBe(status, what);
}

describe('a watch of an image', () => {
  test('is taken as it is', () => {
    expect(checkStaged(table)).toBe(Status.Ok);
  });

  test('looks at data, at data and length, or at nothing but the time', () => {
    expectWord(watch, 0x030a, 'data and length', Status.Ok);
    expectWord(watch, 0x020a, 'the length alone');
    expectWord(watch, 0x050a, 'an unknown flag');
    expectWord(watch, 0x000a, 'a mask that is not looked at');
    store<u64>(watch, 0, 16);
    expectWord(watch, 0x000a, 'the time alone', Status.Ok);
    expectWord(watch, 0x010a, 'an empty mask', Status.Ok);
  });

  test('is one of 128, with a time, and without what others have', () => {
    expectWord(watch, 0x7f00010a, 'number 127', Status.Ok);
    expectWord(watch, 0x8000010a, 'number 128');
    expectWord(watch + 8, 0x7fffffff, 'the longest time', Status.Ok);
    expectWord(watch + 8, 0x80000000, 'a longer one');
    expectWord(watch + 6, 1, '+6');
    expectWord(watch + 12, 1, '+12');
    expectWord(watch + 24, 1, 'sources');
    expectWord(watch + 28, 0x80000000, 'sources');
  });

  test('belongs to a rule about frames of the bus', () => {
    expectWord(rule + 24, 0x600, 'of AGL');
  });
});

describe('a timeout of an image', () => {
  test('has a time and nothing else of a frame that is sent', () => {
    expectWord(timer + 4, 0, 'no time');
    expectWord(timer + 4, 0x7fffffff, 'the longest', Status.Ok);
    expectWord(timer + 4, 0x80000000, 'a longer one');
    expectWord(timer, 0x0103, 'a flag');
    expectWord(timer + 16, 1, 'a phase');
    expectWord(timer + 20, 1, 'what tells of an end');
    expectWord(timer + 24, 1, '+24');
    expectWord(timer + 28, 1, '+28');
  });

  test('is of a rule with a watch', () => {
    expectWord(timer, 0x00010003, 'a rule without one');
    expectWord(timer, 0x00030003, 'beyond the last');
  });

  test('is told of by rules that a timer may send, or not at all', () => {
    expectWord(timer + 8, 0, 'missing: nobody', Status.Ok);
    expectWord(timer + 12, 0, 'back: nobody', Status.Ok);
    expectWord(timer + 8, 1, 'missing: a rule that frames match');
    expectWord(timer + 12, 1, 'back: a rule that frames match');
    expectWord(timer + 12, 4, 'back: beyond the last');
  });
});
