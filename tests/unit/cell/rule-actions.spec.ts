// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What a rule of format 2 does beside its answer: steps, further answers, a changed frame, a rate, and
 * rules about frames of AGL's. And the sums of docs/status-page.md.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { expectSums } from './sums';

const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122
const FORWARDS: u8 = 2;
const BOTH: u8 = 3;
const FROM_AGL: u8 = 4;

let board = new FakeBoard();
let image = new RuleImage2(heap.alloc(0x10000));

beforeEach(() => {
  board = new FakeBoard('int=gpio');
  image = new RuleImage2(heap.alloc(0x10000), true);
});

/** Ends the image, with one rule for 0x200 of the bus or of AGL, and starts the board. */
function start(fromAgl: bool): void {
  image.indexOnly(0x200, fromAgl);
  board.connectedWith(image);
  board.chip.take();
}

/** 200#1122 comes from the bus. */
function request(): void {
  board.chip.fill(0, FRAME_200);
  board.step(8);
}

/** The rule answers with 0x701, and then with 0x102. */
function weakAndStrong(): void {
  const rule = image.addAnswer(0x200, 0x701, 1, 0x0a);
  store<u8>(rule, 1, 55);
  const action = image.addAction(1, 0, 0);
  store<u8>(action, 1, 1);
  store<u32>(action, 0x102, 8);
  store<u64>(action, 0x0b, 16);
  start(false);
}

describe('a rule about frames of the bus', () => {
  test('changes the frame that goes to AGL', () => {
    const rule = image.add(0x200);
    store<u8>(rule, 1, 55);
    image.addAction(2, 0, 2);
    image.addStep(25, 0, 0, 0, 0x3, 0); // identifier ^= 3
    image.addStep(17, 0, 0, 0, 0, 0xff00); // data ^= FF in byte 1
    start(false);
    request();
    expect(board.takeFromCell()).toBe('203 2 0 0 dd11');
    expect(board.counted(Counter.Forwarded)).toBe(1);
    expectSums(board);
  });

  test('deletes a frame of more than 8 bytes, and counts it', () => {
    const rule = image.add(0x200);
    store<u8>(rule, 1, 55);
    image.addAction(2, 0, 1);
    image.addStep(22, 0, 0, 0, 9, 0);
    start(false);
    request();
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.ModifiedDeleted)).toBe(1);
    expectSums(board);
  });

  test('answers with a counter, at once, and forwards the frame as it came', () => {
    const rule = image.addAnswer(0x200, 0x201, 1, 0xa0);
    store<u8>(rule, BOTH, 25);
    store<u8>(rule, 2, 54);
    image.addStep(6, 0, 0, 0, 1, 15);
    image.addStep(13, 0, 0, 4, 0, 0);
    start(false);
    request();
    // LOAD TX BUFFER 2 and RTS of 201#A0.
    let log = board.chip.take();
    expect(log.includes('40 20 00 00 01 a0|')).toBe(true, log);
    expect(board.takeFromCell()).toBe('200 2 0 0 2211');
    board.chip.finish(2);
    board.chip.finish(0);
    board.pass(2_000);
    board.chip.take();
    request();
    log = board.chip.take();
    expect(log.includes('|45 a1|84|')).toBe(true, log); // its data alone, and RTS
    expect(board.counted(Counter.AnsweredComputed)).toBe(2);
    expectSums(board);
  });

  test('sends further answers after the first', () => {
    const rule = image.addAnswer(0x200, 0x201, 1, 0x0a);
    store<u8>(rule, 2, 55);
    for (let more: u32 = 0; more < 2; more++) {
      const action = image.addAction(1, 0, 0);
      store<u8>(action, 1, 1);
      store<u32>(action, 0x202 + more, 8);
      store<u64>(action, 0x0b + more, 16);
    }
    start(false);
    request();
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
    expect(board.counted(Counter.AnsweredComputed)).toBe(2);
    for (let index = 0; index < 6; index++) {
      for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
      board.pass(2_000);
    }
    expect(board.counted(Counter.AnswersSent)).toBe(3);
    const log = board.chip.take();
    expect(log.indexOf('40 40 00 00 01 0b')).toBeGreaterThan(-1, log);
    expect(log.indexOf('40 60 00 00 01 0c')).toBeGreaterThan(log.indexOf('40 40 00 00 01 0b'), log);
    expect(board.counted(Counter.AnsweredNotForwarded)).toBe(1);
    expectSums(board);
  });

  test('sends a strong answer behind the weak one before it', () => {
    weakAndStrong();
    request();
    // 0x701, which is static, waits in TXB2; 0x102 goes into TXB1, behind it.
    const order = board.parts.controller.buffers.order;
    let log = board.chip.take();
    expect(log.includes('|84|42 20 40 00 00 01 0b|82|')).toBe(true, log);
    expect(board.counted(Counter.AnswersDelayed)).toBe(1);
    expect(order.rank(2)).toBeGreaterThan(order.rank(1));
    request();
    expect(board.counted(Counter.AnswersDelayed)).toBe(3, 'both of the next request wait');
    board.chip.finish(2);
    board.pass(2_000);
    // 0x701 of the second request is in TXB0, its 0x102 in TXB2.
    log = board.chip.take();
    expect(log.includes('|40 e0 20 00 00 01 0a|')).toBe(true, log);
    expect(log.includes('|44 20 40 00 00 01 0b|')).toBe(true, log);
    expect(order.rank(1)).toBeGreaterThan(order.rank(0), 'the first 0x102 is what it is now');
    expect(order.rank(0)).toBeGreaterThan(order.rank(2));
    for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
    board.pass(2_000);
    expect(board.counted(Counter.AnswersSent)).toBe(4);
    expectSums(board);
  });

  test('counts such answers that the chip does not take', () => {
    board = new FakeBoard('int=gpio mode=listen-only');
    weakAndStrong();
    request();
    board.pass(2_000);
    expect(board.counted(Counter.AnswersListenOnly)).toBe(2);
    expectSums(board);
  });

  test('answers no more often than its rate allows', () => {
    const rule = image.addAnswer(0x200, 0x201, 1, 0x0a);
    store<u16>(rule, 2, 58);
    store<u32>(rule, 1_000_000, 60);
    start(false);
    for (let index = 0; index < 4; index++) {
      request();
      for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
      board.pass(2_000);
    }
    expect(board.counted(Counter.AnsweredStatic)).toBe(2);
    expect(board.counted(Counter.AnswersLimited)).toBe(2);
    board.pass(1_000_000);
    request();
    expect(board.counted(Counter.AnsweredStatic)).toBe(3);
    expectSums(board);
  });

  test('sends no answer of more than 8 bytes', () => {
    const rule = image.addAnswer(0x200, 0x201, 1, 0x0a);
    store<u8>(rule, 1, 54);
    store<u8>(rule, 1, 55);
    const action = image.addAction(1, 0, 1);
    store<u32>(action, 0x202, 8);
    image.addStep(22, 0, 0, 0, 9, 0);
    start(false);
    request();
    expect(board.counted(Counter.AnswersDeleted)).toBe(2);
    expect(board.counted(Counter.AnsweredComputed)).toBe(0);
    expectSums(board);
  });
});

function ofAgl(flags: u8): usize {
  const rule = image.addAnswer(0x200, 0x201, 1, 0x0a);
  store<u8>(rule, FROM_AGL | flags, 25);
  return rule;
}

describe('a rule about frames of AGL', () => {
  test('keeps one from the bus', () => {
    ofAgl(0);
    start(true);
    expect(board.sendToCell(newFrame(0x200, 1, 0x11))).toBe(Status.Ok);
    expect(board.sendToCell(newFrame(0x123, 1, 0x11))).toBe(Status.Ok);
    board.step(12);
    expect(board.counted(Counter.FromAglDroppedByRule)).toBe(1);
    expect(board.counted(Counter.FromAgl)).toBe(1, 'the other one goes out');
    expectSums(board);
  });

  test('changes one on its way to the bus', () => {
    const rule = ofAgl(FORWARDS);
    store<u8>(rule, 1, 55);
    image.addAction(2, 0, 1);
    image.addStep(26, 0, 0, 0, 0x123, 0);
    start(true);
    expect(board.sendToCell(newFrame(0x200, 2, 0xbbaa))).toBe(Status.Ok);
    board.step(6);
    expect(board.chip.take().includes('40 24 60 00 00 02 aa bb|81')).toBe(true);
    expectSums(board);
  });

  test('answers to AGL, and not to the bus', () => {
    const rule = ofAgl(BOTH);
    store<u8>(rule, 1, 55);
    const action = image.addAction(1, 0, 0);
    store<u32>(action, 0x202, 8);
    store<u8>(action, 0xff, 1);
    start(true);
    expect(board.sendToCell(newFrame(0x200, 2, 0xbbaa))).toBe(Status.Ok);
    board.step(10);
    expect(board.takeFromCell()).toBe('201 1 0 0 a');
    expect(board.takeFromCell()).toBe('202 2 0 0 0');
    expect(board.counted(Counter.FromAglAnswered)).toBe(2);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    expect(board.counted(Counter.AnsweredStatic)).toBe(0);
    expectSums(board);
  });
});

/** Flag bit 3 of the header, and the rule of the alarm from 1; 0: none. */
function startDenying(alarm: u16): void {
  image.indexOnly(0x200, true);
  store<u32>(image.address, 8, 20);
  store<u16>(image.address, alarm, 46);
  board.connectedWith(image);
  board.chip.take();
}

describe('with "default: deny" a frame of AGL', () => {
  test('is refused without a rule, with another length, with other data, and beyond the rate', () => {
    const rule = image.add(0x200);
    store<u8>(rule, FROM_AGL | FORWARDS, 25);
    store<u8>(rule, 2, 24); // at least 2 bytes
    store<u8>(rule, 3, 51); // and less than 3
    store<u64>(rule, 0x11, 8);
    store<u64>(rule, 0xff, 16);
    store<u16>(rule, 1, 58);
    store<u32>(rule, 1_000_000, 60);
    startDenying(0);
    board.sendToCell(newFrame(0x123, 2, 0x11));
    board.sendToCell(newFrame(0x40000200, 2, 0));
    board.sendToCell(newFrame(0x200, 1, 0x11));
    board.sendToCell(newFrame(0x200, 3, 0x11));
    board.sendToCell(newFrame(0x200, 2, 0x12));
    board.sendToCell(newFrame(0x200, 2, 0x2211));
    board.sendToCell(newFrame(0x200, 2, 0x2211));
    board.step(40);
    expect(board.counted(Counter.FromAglUnlisted)).toBe(2);
    expect(board.counted(Counter.FromAglWrongLength)).toBe(2);
    expect(board.counted(Counter.FromAglWrongValue)).toBe(1);
    expect(board.counted(Counter.FromAglOverRate)).toBe(1);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    expectSums(board);
  });

  test('raises the alarm, made from it, once in its interval', () => {
    const rule = image.add(0x200);
    store<u8>(rule, FROM_AGL | FORWARDS, 25);
    const alarm = image.addAnswer(0, 0x123, 2, 0xaa);
    store<u8>(alarm, 0, 41); // byte 1 is byte 0 of the frame
    store<u8>(alarm, 1, 24);
    store<u16>(alarm, 1, 58);
    store<u32>(alarm, 1_000_000, 60);
    startDenying(2);
    board.sendToCell(newFrame(0x321, 1, 0xbb));
    board.sendToCell(newFrame(0x322, 1, 0xcc));
    board.step(20);
    // LOAD TX BUFFER with 123#AABB: SIDH 24, SIDL 60.
    const seen = board.chip.take();
    expect(seen.includes('24 60 00 00 02 aa bb')).toBe(true, seen);
    expect(seen.includes('aa cc')).toBe(false, seen);
    expect(board.counted(Counter.FromAglUnlisted)).toBe(2);
    expect(board.counted(Counter.AnsweredComputed)).toBe(1);
    expectSums(board);
  });
});
