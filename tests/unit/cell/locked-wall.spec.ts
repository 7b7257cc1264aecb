// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What a table that AGL has loaded sends beside a locked wall: answers and timers ask it as AGL's own frames do.
 *
 * Sources: docs/rules.md ("A locked wall", "The safe state"). Bit 3 of the table's flags is `default: deny`, bit 4 the
 * lock.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { newFrame } from '../support/frames';
import { swapTo } from './asking';
import { FakeBoard } from './fake-board';
import { Trace } from './trace';

const DENY_AND_LOCKED: u32 = 0x18;
const FRAME_200 = '40 00 00 00 01 11 00 00 00 00 00 00 00'; // 200#11

let board = new FakeBoard();

/** The safe state of both tables: the frame of `rule` each 5 ms. */
function addSafeState(image: RuleImage2, rule: u16): void {
  image.addSafeState(80_000, 0, 0, 0, 0);
  store<u8>(image.addTimer(rule, 5_000, 0, 0, 0), 1, 1);
}

/** The locked table: of AGL's frames 0x101 may pass, and 0x210 while the safe state does not stand. */
beforeEach(() => {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  store<u8>(image.add(0x101), 6, 25);
  store<u8>(image.add(0x210), 6, 25);
  image.addTimed(0x210, 1, 0);
  addSafeState(image, 2);
  image.beginIndex([]);
  image.pointAgl(0x101, image.addList([0]));
  image.pointAgl(0x210, image.addList([1]));
  store<u32>(image.address, DENY_AND_LOCKED, 20);
  board = new FakeBoard();
  board.connectedWith(image);
  board.passAndSend(5_000);
});

/** A table that answers 0x200 with `answer`, changed by a step, and sends `timed` each 5 ms. */
function table(answer: u32, timed: u32): RuleImage2 {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  image.addTimed(0x210, 1, 0);
  const rule = image.addAnswer(0x200, answer, 1, 0x01);
  store<u8>(rule, 1, 54);
  image.addTimed(timed, 1, 0);
  image.addStep(16, 0, 0, 0, 0, 0x02);
  addSafeState(image, 0);
  image.addTimer(2, 5_000, 0, 0, 0);
  image.beginIndex([]);
  image.point(0x200, image.addList([1]));
  image.finish();
  return image;
}

describe('a table beside a locked wall', () => {
  test('answers and sends what the wall lets through', () => {
    swapTo(board, table(0x101, 0x101));
    board.chip.fill(0, FRAME_200);
    board.passAndSend(2_000);
    expect(board.counted(Counter.AnsweredComputed)).toBeGreaterThan(0);
    board.passAndSend(20_000);
    expect(board.counted(Counter.TimedSent)).toBeGreaterThan(2);
    expect(board.counted(Counter.AnswersWalled)).toBe(0);
  });

  test('answers nothing that it does not', () => {
    swapTo(board, table(0x102, 0x101));
    const before = board.counted(Counter.AnsweredComputed) - board.counted(Counter.TimedSent);
    const trace = new Trace(board);
    board.chip.fill(0, FRAME_200);
    board.passAndSend(2_000);
    expect(board.counted(Counter.AnswersWalled)).toBe(1);
    expect(trace.take().includes('|2 ')).toBe(false, 'nothing was answered');
    const after = board.counted(Counter.AnsweredComputed) - board.counted(Counter.TimedSent);
    expect(after).toBe(before, 'but for what the timer sends');
  });

  test('answers nothing with a frame of the safe state while that stands', () => {
    swapTo(board, table(0x210, 0x101));
    board.chip.fill(0, FRAME_200);
    board.passAndSend(2_000);
    expect(board.counted(Counter.AnswersWalled)).toBe(0);
    board.agl.leave();
    board.aglRuns = false;
    board.passAndSend(5_000);
    expect(board.counted(Counter.SafeStates)).toBeGreaterThan(0);
    board.chip.fill(0, FRAME_200);
    board.passAndSend(2_000);
    expect(board.counted(Counter.AnswersWalled)).toBe(1);
  });

  test('leaves AGL the wall as it is', () => {
    swapTo(board, table(0x101, 0x101));
    board.sendToCell(newFrame(0x102, 1, 1));
    board.passAndSend(2_000);
    expect(board.counted(Counter.FromAglUnlisted)).toBe(1);
    board.sendToCell(newFrame(0x101, 1, 1));
    board.passAndSend(2_000);
    expect(board.counted(Counter.FromAgl)).toBe(1);
  });

  test('sends nothing that it does not', () => {
    swapTo(board, table(0x101, 0x102));
    const before = board.counted(Counter.TimedSent);
    board.passAndSend(22_000);
    expect(board.counted(Counter.TimedSent)).toBe(before);
    expect(board.counted(Counter.AnswersWalled)).toBeGreaterThan(2);
  });
});
