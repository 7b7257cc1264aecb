// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Rules with a watch: a timeout and its end, changes under a mask, a throttle, and what a count ends with.
 *
 * Sources: `linux/can/bcm.h`, RX_SETUP, and docs/rules.md. Each look at the fake clock takes 10 us, so times are wide.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { expectReceivedSum } from './sums';
import { addCheck } from './watched-rules';

const MISSING: u32 = 0x7a0;
const RETURNED: u32 = 0x7a1;

let board = new FakeBoard('int=gpio');
let image = new RuleImage2(heap.alloc(0x10000));

/** Rule 0 takes 0x200 and forwards it; its watch has these flags, mask and spacing. Rules 1 and 2 are notices. */
function watch(flags: u8, mask: u64, spacing: u32, toAgl: bool): void {
  image = new RuleImage2(heap.alloc(0x10000));
  const rule = image.add(0x200);
  image.addTimed(MISSING, 1, 0xaa);
  const back = image.addTimed(RETURNED, 1, 0xbb);
  if (toAgl) store<u8>(back, 0x15, 25);
  const action = image.addAction(10, 0, 0);
  store<u8>(action, flags, 1);
  store<u32>(action, spacing, 8);
  store<u64>(action, mask, 16);
  store<u64>(action, 0, 24);
  store<u8>(rule, 1, 55); // one action, the first
}

/** The timeout of rule 0, in us. */
function timeout(micros: u32, missing: u32, returned: u32): usize {
  const timer = image.addTimer(0, micros, missing, returned, 0);
  store<u8>(timer, 3);
  return timer;
}

function start(): void {
  image.indexOnly(0x200, false);
  image.finish();
  board = new FakeBoard('int=gpio');
  board.host.rules = image.address;
  board.connected();
}

function refused(): bool {
  start();
  return board.parts.responder.table.count === 0;
}

/** 200# with two bytes of data comes. */
function comes(data: string): void {
  board.chip.fill(0, `40 00 00 00 02 ${data} 00 00 00 00 00 00`);
  board.step(8);
}

describe('a watch', () => {
  test('tells that frames do not come, once, and that they are back', () => {
    watch(0, 0, 0, true);
    timeout(50_000, 2, 3);
    start();
    board.passAndSend(20_000);
    comes('01 02');
    board.passAndSend(40_000);
    expect(board.counted(Counter.MessagesMissing)).toBe(0, 'the time begins anew with a frame');
    board.passAndSend(20_000);
    expect(board.counted(Counter.MessagesMissing)).toBe(1);
    board.passAndSend(200_000);
    const table = board.parts.responder.table;
    expect(board.counted(Counter.MessagesMissing)).toBe(1);
    expect(table.hitsOf(1)).toBe(1);
    expect(board.counted(Counter.TimedSent)).toBe(1, 'to the bus');
    comes('01 02');
    board.passAndSend(1_000);
    expect(board.counted(Counter.MessagesReturned)).toBe(1);
    expect(table.hitsOf(2)).toBe(1);
    expect(board.counted(Counter.FromAglAnswered)).toBe(1, 'to AGL');
    board.passAndSend(60_000);
    expect(board.counted(Counter.MessagesMissing)).toBe(2);
    expectReceivedSum(board);
  });

  test('forwards what has changed under its mask, and the first after a timeout', () => {
    watch(1, 0xf0ff, 0, false);
    timeout(50_000, 0, 0);
    start();
    comes('01 02');
    comes('01 02');
    comes('01 0F');
    expect(board.counted(Counter.ForwardUnchanged)).toBe(2);
    comes('01 10');
    comes('02 10');
    expect(board.counted(Counter.ForwardUnchanged)).toBe(2);
    board.passAndSend(60_000);
    comes('02 10');
    expect(board.counted(Counter.ForwardUnchanged)).toBe(2);
    expectReceivedSum(board);
  });

  test('looks at the length if it says so', () => {
    for (let flags: u8 = 1; flags <= 3; flags += 2) {
      watch(flags, 0xff, 0, false);
      start();
      comes('01 00');
      board.chip.fill(0, '40 00 00 00 03 01 00 00 00 00 00 00 00');
      board.step(8);
      expect(board.counted(Counter.ForwardUnchanged)).toBe(flags === 1 ? 1 : 0);
    }
  });

  test('forwards one frame in an interval, and the latest at its end', () => {
    watch(0, 0, 10_000, false);
    start();
    comes('01 00');
    comes('02 00');
    comes('03 00');
    board.passAndSend(1_000);
    expect(board.counted(Counter.Forwarded)).toBe(1);
    expect(board.parts.framesHeld).toBe(1);
    expectReceivedSum(board);
    board.passAndSend(12_000);
    expect(board.counted(Counter.Forwarded)).toBe(2);
    expect(board.counted(Counter.ForwardThrottled)).toBe(1);
    board.passAndSend(12_000);
    comes('04 00');
    board.passAndSend(500);
    expect(board.counted(Counter.Forwarded)).toBe(3, 'at once after a pause');
    expectReceivedSum(board);
  });

  test('knows nothing of its image that does not fit', () => {
    watch(0, 0, 0, false);
    timeout(5_000, 2, 3);
    expect(refused()).toBe(false);
    watch(4, 0, 0, false);
    expect(refused()).toBe(true, 'flags');
    watch(0, 1, 0, false);
    expect(refused()).toBe(true, 'a mask without changes');
    watch(0, 0, 0, false);
    timeout(0, 0, 0);
    expect(refused()).toBe(true, 'no time');
    watch(0, 0, 0, false);
    timeout(5_000, 1, 0);
    expect(refused()).toBe(true, 'a notice that frames match');
    watch(0, 0, 0, false);
    timeout(5_000, 9, 0);
    expect(refused()).toBe(true, 'a notice that is not there');
    watch(0, 0, 0, false);
    store<u16>(timeout(5_000, 0, 0), 1, 2);
    expect(refused()).toBe(true, 'a timeout of a rule without a watch');
    watch(0, 0, 0, false);
    store<u32>(timeout(5_000, 0, 0), 1, 20);
    expect(refused()).toBe(true, 'a count of a timeout');
  });
});

describe('a watch of a rule with a check', () => {
  test('finds that there is no new data, and makes the substitute', () => {
    image = new RuleImage2(heap.alloc(0x10000));
    const rule = image.add(0x200);
    addCheck(image);
    store<u64>(image.addAction(10, 0, 0), 0, 24);
    store<u8>(rule, 3, 55);
    image.addStep(30, 0, 0, 0, 0x1234, 0);
    image.addStep(18, 0, 0, 0, 0, 0xee);
    timeout(50_000, 0, 0);
    start();
    board.passAndSend(200_000);
    expect(board.parts.responder.table.count).toBe(1);
    expect(board.counted(Counter.CheckNoNewData)).toBe(1);
    expect(board.counted(Counter.FromAglAnswered)).toBe(1);
    expect(board.counted(Counter.Forwarded)).toBe(1);
    expectReceivedSum(board);
  });
});

describe('a count of a timer', () => {
  test('that ends is told after its last frame', () => {
    image = new RuleImage2(heap.alloc(0x10000));
    image.addTimed(0x100, 1, 1);
    image.addTimed(0x101, 1, 2);
    const timer = image.addTimer(0, 1_000, 3, 50_000, 0);
    store<u32>(timer, 2, 20);
    start();
    board.passAndSend(10_000);
    expect(board.counted(Counter.CountsEnded)).toBe(1);
    expect(board.parts.responder.table.hitsOf(1)).toBe(1);
    expect(board.counted(Counter.TimedSent)).toBe(4);
    board.passAndSend(60_000);
    expect(board.counted(Counter.CountsEnded)).toBe(1, 'not after what follows');
  });
});
