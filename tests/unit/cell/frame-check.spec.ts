// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What becomes of a frame by the result of its check, on both sides, and what is counted.
 *
 * Frames: the example of profile 5 in AUTOSAR PRS E2E Protocol R20-11: data 0, data identifier 0x1234, counters 0 and 1.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';

const FIRST: u64 = 0x00ca1c;
const SECOND: u64 = 0x018dcf;
const BOTH: u8 = 3;
const FROM_AGL: u8 = 4;
/** Repeated and wrong sequence: action 1; error: dropped; all others pass. */
const DISPOSITIONS: u32 = 0x133000;

let board = new FakeBoard();
let image = new RuleImage2(heap.alloc(0x10000));

beforeEach(() => {
  board = new FakeBoard('int=gpio');
  image = new RuleImage2(heap.alloc(0x10000), true);
});

/** One rule for 0x200 that answers 201#A5, forwards, and checks by profile 5; a mark sets data byte 7 to 0x80. */
function start(flags: u8): void {
  const rule = image.addAnswer(0x200, 0x201, 1, 0xa5);
  store<u8>(rule, flags, 25);
  store<u8>(rule, 2, 55);
  const check = image.addAction(8, 0, 1);
  store<u8>(check, 8, 1);
  store<u8>(check, 1, 3);
  store<u16>(check, 255, 6);
  store<u32>(check, DISPOSITIONS, 8);
  store<u64>(check, 0, 24);
  image.addAction(9, 1, 1);
  image.addStep(30, 0, 0, 0, 0x1234, 0);
  image.addStep(16, 0, 0, 0, 0, 0x8000000000000000);
  image.indexOnly(0x200, (flags & FROM_AGL) !== 0);
  board.connectedWith(image);
  board.chip.take();
}

/** 200# with `data` comes from the bus. Returns whether it was answered. */
function isAnswered(data: string): bool {
  const before = board.counted(Counter.AnsweredStatic);
  board.chip.fill(0, '40 00 00 00 08 ' + data);
  board.step(8);
  return board.counted(Counter.AnsweredStatic) !== before;
}

describe('a checked frame of the bus', () => {
  test('is answered and forwarded if it is right; else as the result says', () => {
    start(BOTH);
    expect(isAnswered('1c ca 00 00 00 00 00 00')).toBe(true);
    expect(board.takeFromCell()).toBe('200 8 0 0 ca1c');
    expect(isAnswered('cf 8d 01 00 00 00 00 00')).toBe(true);
    expect(board.takeFromCell()).toBe('200 8 0 0 18dcf');
    expect(isAnswered('cf 8d 01 00 00 00 00 00')).toBe(false, 'repeated');
    expect(board.takeFromCell()).toBe('200 8 0 0 8000000000018dcf');
    expect(isAnswered('cf 8d 02 00 00 00 00 00')).toBe(false, 'an error');
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.CheckRepeated)).toBe(1);
    expect(board.counted(Counter.CheckError)).toBe(1);
    expect(board.counted(Counter.DroppedByRule)).toBe(1);
    expect(board.counted(Counter.Forwarded)).toBe(3);
  });

  test('is counted if frames before it are missing', () => {
    start(BOTH);
    isAnswered('cf 8d 01 00 00 00 00 00');
    isAnswered('1c ca 00 00 00 00 00 00');
    expect(board.counted(Counter.CheckWrongSequence)).toBe(1);
    expect(board.counted(Counter.CheckSomeLost)).toBe(0);
  });
});

describe('a checked frame of AGL', () => {
  test('reaches the bus if it is right; else as the result says', () => {
    start(BOTH | FROM_AGL);
    expect(board.sendToCell(newFrame(0x200, 8, FIRST))).toBe(Status.Ok);
    board.step(8);
    expect(board.chip.take().includes('40 40 00 00 00 08 1c ca')).toBe(true);
    expect(board.takeFromCell()).toBe('201 1 0 0 a5');
    expect(board.sendToCell(newFrame(0x200, 8, SECOND + 1))).toBe(Status.Ok);
    board.step(8);
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.CheckError)).toBe(1);
    expect(board.counted(Counter.FromAglDroppedByRule)).toBe(1);
    expect(board.counted(Counter.FromAgl)).toBe(1);
  });
});
