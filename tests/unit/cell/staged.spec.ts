// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Answers that are made ahead: 0x110 with a counter in its byte, for 0x100 by the first filter.
 *
 * Sources: docs/rules.md ("Staged answers"). RX STATUS is b0, RTS of buffer 2 is 84, READ RX BUFFER 0 is 90.
 */
import { TransmitSlot } from '../../../src/cell/transmit/slot';
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard, FakeParts } from './fake-board';

const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA

let board = new FakeBoard();

/** With `live`: live value 0 instead of the counter. */
function start(live: bool): void {
  board = new FakeBoard();
  const image = new RuleImage2(heap.alloc(0x10000), true);
  const rule = image.addAnswer(0x100, 0x110, 1, 0);
  store<u8>(rule, 1, 27);
  if (live) {
    store<u8>(rule, 0x80, 40);
  } else {
    store<u8>(rule, 2, 54);
    image.addStep(6, 0, 0, 0, 1, 15);
    image.addStep(13, 0, 0, 8, 0, 0);
  }
  image.indexOnly(0x100, false);
  board.connectedWith(image);
  board.pass(2_000);
  board.chip.take();
}

function request(): void {
  board.chip.formAndFilter = 0;
  board.chip.fill(0, FRAME_100);
}

describe('a staged answer', () => {
  test('leaves by RX STATUS and RTS, and the next one after it', () => {
    start(false);
    for (let number: u32 = 0; number < 3; number++) {
      request();
      board.step();
      expect(board.chip.take().startsWith('b0 00|84|90')).toBe(true);
      expect(board.counted(Counter.AnsweredComputed)).toBe(number + 1);
      expect(board.parts.responder.table.states.of(0).counter).toBe(number + 1);
      board.chip.finish(2);
      board.pass(2_000);
      board.chip.take();
    }
    expect(board.counted(Counter.AnswersSent)).toBe(3);
    expect(load<u32>(board.parts.records.computedAnswers.address)).toBe(3, 'times measured');
  });

  test('is made at once while the one before is on its way', () => {
    start(false);
    for (let number: u32 = 0; number < 5; number++) {
      request();
      board.step();
    }
    expect(board.parts.responder.table.states.of(0).counter).toBe(5);
    for (let round = 0; round < 5; round++) {
      for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
      board.pass(2_000);
    }
    expect(board.counted(Counter.AnswersSent)).toBe(5);
    board.chip.take();
    request();
    board.step();
    expect(board.chip.take().startsWith('b0 00|84|90')).toBe(true, 'and staged again');
  });

  test('does not overtake the one before, which was made at once and is still in another buffer', () => {
    start(false);
    const first = board.chip.get(0x56); // D0 of TXB2: the counter
    request();
    board.step();
    request();
    board.step(4);
    expect(board.counted(Counter.AnsweredComputed)).toBe(2);
    // The first has left, and the third is staged behind it.
    board.chip.finish(2);
    board.pass(2_000);
    board.chip.take();
    request();
    board.step(4);
    expect(board.chip.take().includes('|84')).toBe(false, 'the second is not gone');
    board.chip.finish(1);
    board.chip.finish(0);
    board.pass(2_000);
    for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
    board.pass(2_000);
    expect(board.counted(Counter.AnswersSent)).toBe(3);
    board.chip.take();
    request();
    board.step();
    expect(board.chip.take().startsWith('b0 00|84|90')).toBe(true, 'nothing is before it');
    expect(board.chip.get(0x56)).toBe(first + 3, 'the fourth number');
  });

  test('of a request that is read is measured if it leaves with it', () => {
    start(false);
    for (let number = 0; number < 5; number++) {
      board.chip.fill(1, FRAME_100);
      board.step(4);
    }
    const delayed = board.counted(Counter.AnswersDelayed);
    expect(board.counted(Counter.AnsweredComputed)).toBe(5);
    expect(delayed).toBeGreaterThan(0);
    expect(load<u32>(board.parts.records.computedAnswers.address)).toBe(5 - delayed);
  });

  test('has new live values as soon as they are set', () => {
    start(true);
    expect(board.chip.get(0x56)).toBe(0, 'D0 of TXB2');
    const values: StaticArray<u8> = [0x5a];
    board.request(2, 0, changetype<usize>(values), 1);
    board.pass(5_000);
    expect(board.chip.get(0x56)).toBe(0x5a);
    request();
    board.step();
    expect(board.chip.take().endsWith('b0 00|84|90 00 00 00 00 00 00')).toBe(true);
  });

  test('of live values stays in its buffer', () => {
    start(true);
    for (let round = 0; round < 2; round++) {
      request();
      board.step();
      expect(board.chip.take().startsWith('b0 00|84|90')).toBe(true);
      board.chip.finish(2);
      board.pass(2_000);
      board.chip.take();
    }
    expect(board.counted(Counter.AnswersSent)).toBe(2);
  });

  test('is made no more once its buffer is for every frame', () => {
    start(false);
    const slot = new TransmitSlot<FakeParts>(board.parts, 2);
    slot.keepNext(0, false);
    expect(slot.isComputed).toBe(true);
    slot.release();
    expect(slot.isKept).toBe(false);
    expect(slot.isComputed).toBe(false);
  });
});
