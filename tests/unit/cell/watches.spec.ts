// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Rules with a watch: a timeout and its end, changes under a mask, and what a count ends with.
 * Throttles: watch-throttle.spec.ts. Substitutes: watch-substitute.spec.ts.
 *
 * Sources: `linux/can/bcm.h`, RX_SETUP, and docs/rules.md. Each look at the fake clock takes 10 us, so times are wide.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { expectReceivedSum } from './sums';
import { addWatch } from './watched-rules';

const MISSING: u32 = 0x7a0;
const RETURNED: u32 = 0x7a1;

let board = new FakeBoard('int=gpio');
let image = new RuleImage2(heap.alloc(0x10000));

/** Rule 0 takes 0x200 and forwards it; its watch has these flags and this mask. Rules 1 and 2 are notices. */
function watch(flags: u8, mask: u64, toAgl: bool): void {
  image = new RuleImage2(heap.alloc(0x10000));
  const rule = image.add(0x200);
  image.addTimed(MISSING, 1, 0xaa);
  const back = image.addTimed(RETURNED, 1, 0xbb);
  if (toAgl) store<u8>(back, 0x15, 25);
  const action = addWatch(image);
  store<u8>(action, flags, 1);
  store<u64>(action, mask, 16);
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
    watch(0, 0, true);
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
    watch(1, 0xf0ff, false);
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
      watch(flags, 0xff, false);
      start();
      comes('01 00');
      board.chip.fill(0, '40 00 00 00 03 01 00 00 00 00 00 00 00');
      board.step(8);
      expect(board.counted(Counter.ForwardUnchanged)).toBe(flags === 1 ? 1 : 0);
    }
  });

  test('knows nothing of its image that does not fit', () => {
    watch(0, 0, false);
    timeout(5_000, 2, 3);
    expect(refused()).toBe(false);
    watch(4, 0, false);
    expect(refused()).toBe(true, 'flags');
    watch(0, 1, false);
    expect(refused()).toBe(true, 'a mask without changes');
    watch(0, 0, false);
    timeout(0, 0, 0);
    expect(refused()).toBe(true, 'no time');
    watch(0, 0, false);
    timeout(5_000, 1, 0);
    expect(refused()).toBe(true, 'a notice that frames match');
    watch(0, 0, false);
    timeout(5_000, 9, 0);
    expect(refused()).toBe(true, 'a notice that is not there');
    watch(0, 0, false);
    store<u16>(timeout(5_000, 0, 0), 1, 2);
    expect(refused()).toBe(true, 'a timeout of a rule without a watch');
    watch(0, 0, false);
    store<u32>(timeout(5_000, 0, 0), 1, 20);
    expect(refused()).toBe(true, 'a count of a timeout');
  });
});

describe('a timeout beside a safe state', () => {
  test('runs once, though the safe state begins and ends meanwhile', () => {
    image = new RuleImage2(heap.alloc(0x10000));
    image.add(0x200);
    image.addTimed(0x210, 1, 0);
    addWatch(image);
    image.addSafeState(20_000, 0, 0, 0, 0);
    store<u8>(image.addTimer(1, 5_000, 0, 0, 0), 1, 1);
    store<u8>(image.addTimer(0, 50_000, 0, 0, 0), 3);
    store<u8>(image.address + 64, 1, 55);
    image.indexOnly(0x200, false);
    board = new FakeBoard();
    board.aglRuns = false;
    board.startWith(image);
    board.passAndSend(5_000);
    board.aglRuns = true;
    board.connect();
    board.passAndSend(10_000);
    expect(board.counted(Counter.SafeStates)).toBe(1);
    board.passAndSend(150_000);
    expect(board.counted(Counter.MessagesMissing)).toBe(1);
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
