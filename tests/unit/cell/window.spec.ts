// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * `receive: window`: an answer with bytes of its request, of which those bytes alone are read.
 *
 * Expected values: DS20001801J, table 12-1 (READ 03, WRITE 02, RTS of TXB2 84 and TXB1 82, RX STATUS b0, READ RX BUFFER
 * 90) and table 11-1 (RXB0DLC 65, TXB2D1 57, TXB1D1 47).
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage } from '../support/rule-image';
import { FakeBoard } from './fake-board';

const SHORT_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA
const FRAME_100 = '20 00 00 00 02 aa bb 00 00 00 00 00 00'; // 100#AABB
const OTHER_100 = '20 00 00 00 02 cc dd 00 00 00 00 00 00'; // 100#CCDD
const FRAME_102 = '20 40 00 00 02 11 22 00 00 00 00 00 00'; // 102#1122
const ANSWER = '02 57 aa bb|84|';
/** D1 and D2 of the answer are D0 and D1 of the request. */
const SOURCES: u64 = 0xffffffffff0100ff;
/** Answers that may wait at once (docs/rules.md, "Limits"). */
const WAITING: i32 = 32;

function addWindow(image: RuleImage, identifier: u32, path: u8): void {
  const rule = image.addAnswer(identifier, identifier + 1, 4, 0xee000050);
  store<u8>(rule, 2, 24);
  store<u8>(rule, path, 27);
  store<u64>(rule, SOURCES, 40);
}

/** 0x100 by the first filter, with `isTwo` 0x102 by the second. */
function board(isTwo: bool = false): FakeBoard {
  const made = new FakeBoard();
  const image = made.loadRules();
  addWindow(image, 0x100, 1);
  if (isTwo) addWindow(image, 0x102, 2);
  image.finish();
  made.connected();
  made.pass(2_000);
  made.chip.take();
  return made;
}

function request(made: FakeBoard, filter: u32, registers: string): string {
  made.chip.formAndFilter = filter;
  made.chip.fill(0, registers);
  made.step();
  return made.chip.take();
}

/** The chip has sent what it holds. */
function finishAll(made: FakeBoard): void {
  for (let buffer = 0; buffer < 3; buffer++) {
    if ((made.chip.get(0x30 + 16 * buffer) & 0x08) !== 0) made.chip.finish(buffer);
  }
  made.pass(2_000);
}

describe('an answer with bytes of its request', () => {
  test('takes RX STATUS, READ of what it needs, WRITE of what changes, RTS; then the request is read', () => {
    const made = board();
    for (let round = 0; round < 2; round++) {
      const sent = request(made, 0, FRAME_100);
      expect(sent.startsWith('b0 00|03 65 00 00 00|' + ANSWER + '90')).toBe(true, sent);
      finishAll(made);
      made.chip.take();
    }
    expect(made.chip.get(0x56)).toBe(0x50, 'D0');
    expect(made.chip.get(0x59)).toBe(0xee, 'D3');
    expect(made.counted(Counter.AnsweredComputed)).toBe(2);
    expect(made.counted(Counter.AnswersSent)).toBe(2);
    // Latency way 3 is `window` (docs/status-page.md).
    expect(load<u32>(made.page.base + 0x5800 + 344 * 3)).toBe(2);
  });

  test('is none to a frame that is too short', () => {
    const made = board();
    const sent = request(made, 0, SHORT_100);
    expect(sent.startsWith('b0 00|03 65 00 00 00|90')).toBe(true, sent);
    expect(made.counted(Counter.AnsweredComputed)).toBe(0);
  });

  test('by the second filter has a buffer of its own', () => {
    const made = board(true);
    const sent = request(made, 1, FRAME_102);
    expect(sent.startsWith('b0 00|03 65 00 00 00|02 47 11 22|82|90')).toBe(true, sent);
    const first = request(made, 0, FRAME_100);
    expect(first.includes(ANSWER)).toBe(true, first);
  });

  test('waits, whole, while the one before is on its way', () => {
    const made = board();
    request(made, 0, FRAME_100);
    const sent = request(made, 0, OTHER_100);
    expect(sent.includes('|84')).toBe(false, sent);
    expect(made.counted(Counter.AnswersDelayed)).toBe(1);
    made.pass(2_000);
    made.chip.take();
    // The first has left; the second is in another buffer, or written where the first was.
    finishAll(made);
    finishAll(made);
    expect(made.counted(Counter.AnswersSent)).toBe(2);
    const third = request(made, 0, FRAME_100);
    expect(third.includes('03 65 00 00 00|' + ANSWER)).toBe(true, third);
  });

  test('is dropped if too many wait', () => {
    const made = board();
    for (let index = 0; index < WAITING + 4; index++) {
      request(made, 0, FRAME_100);
      made.pass(2_000);
    }
    expect(made.counted(Counter.AnsweredComputed)).toBe(WAITING + 4);
    expect(made.counted(Counter.AnswersDropped)).toBe(1);
  });

  test('that a block cannot write or send is counted', () => {
    // RX STATUS, READ, and for the second WRITE go well.
    for (let transactions = 2; transactions < 4; transactions++) {
      const made = board();
      made.chip.transactionsLeft = transactions;
      request(made, 0, FRAME_100);
      expect(made.counted(Counter.AnswersFaulted)).toBe(1, transactions.toString());
    }
  });

  test('of which the bytes could not be written is not sent; to a request that is read it is whole again', () => {
    const made = board();
    // RX STATUS and READ go well, WRITE fails, and then the block works again.
    made.chip.transactionsLeft = 2;
    made.chip.transactionsFailing = 1;
    const sent = request(made, 0, FRAME_100);
    expect(sent.startsWith('b0 00|03 65 00 00 00|90')).toBe(true, sent);
    expect(sent.includes('|84')).toBe(false, sent);
    expect(made.counted(Counter.AnswersFaulted)).toBe(1);
    const before = made.counted(Counter.AnsweredComputed);
    made.chip.fill(1, FRAME_100);
    made.step();
    const read = made.chip.take();
    expect(read.includes('50 aa bb ee|8')).toBe(true, read);
    expect(made.counted(Counter.AnsweredComputed)).toBe(before + 1, 'it has bytes of its request');
    expect(made.counted(Counter.AnsweredStatic)).toBe(0);
  });

  test('is none if what it needs cannot be read', () => {
    const made = board();
    made.chip.transactionsLeft = 1;
    request(made, 0, FRAME_100);
    expect(made.counted(Counter.AnsweredComputed)).toBe(0);
  });
});
