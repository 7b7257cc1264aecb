// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * An answer beside one that waits in the buffer of a filter: 0x310 waits there for 0x100, and 0x200 is answered
 * with 0x101, which is stronger, and then with 0x0f1, which is stronger still, and comes after it all the same; or with
 * 0x310 as well.
 *
 * Sources: docs/timing-budget.md ("The order of what is sent"). LOAD TX BUFFER 1 is 42, RTS of it 82, and 05 40 BIT
 * MODIFY of TXB1CTRL, 05 50 of TXB2CTRL. At equal TXP the higher buffer goes first (DS20001801J 3.2).
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';

const FRAME_100 = '20 00 00 00 00 00 00 00 00 00 00 00 00'; // 100#
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122

let board = new FakeBoard();

beforeEach(() => {
  board = new FakeBoard();
  const image = new RuleImage2(heap.alloc(0x10000), true);
  store<u8>(image.addAnswer(0x100, 0x310, 1, 0xcc), 1, 27);
  store<u8>(image.addAnswer(0x200, 0x101, 1, 0x0a), 1, 55);
  const action = image.addAction(1, 0, 0);
  store<u8>(action, 1, 1);
  store<u32>(action, 0x0f1, 8);
  store<u64>(action, 0x0b, 16);
  image.beginIndex([]);
  image.point(0x100, image.addList([0]));
  image.point(0x200, image.addList([1]));
  board.connectedWith(image);
  board.pass(2_000);
  board.chip.take();
  board.chip.fill(1, FRAME_200);
});

describe('the first answer of a rule, alone in the chip', () => {
  test('has RTS behind LOAD, before TXP is changed and before the next answer is loaded', () => {
    board.step(8);
    const log = board.chip.take();
    const load = log.indexOf('|42 20 20 00 00 01 0a|82|');
    expect(load).toBeGreaterThan(-1, log);
    expect(log.indexOf('|05 ')).toBeGreaterThan(load, log);
    expect(log.indexOf('|40 1e 20 00 00 01 0b')).toBeGreaterThan(load, log);
  });

  test('goes before the weaker one of the filter as soon as TXP was changed', () => {
    board.step();
    expect(board.chip.take().endsWith('|82')).toBe(true, 'RTS ends the step');
    board.step(6);
    board.chip.take();
    const order = board.parts.controller.buffers.order;
    // 0x0f1 in TXB0, behind 0x101 of its rule in TXB1; 0x310 in TXB2.
    expect(order.rank(1)).toBeGreaterThan(order.rank(0));
    expect(order.rank(0)).toBeGreaterThan(order.rank(2));
    board.chip.formAndFilter = 0;
    board.chip.fill(0, FRAME_100);
    board.step(4);
    expect(board.chip.take().includes('b0 00|84|')).toBe(true);
    for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
    board.pass(2_000);
    expect(board.counted(Counter.AnswersSent)).toBe(3);
  });

  test('of a table without filters changes nothing in the chip but its buffer', () => {
    board = new FakeBoard();
    const rules = board.loadRules();
    rules.addAnswer(0x200, 0x101, 1, 0x0a);
    board.connected();
    board.chip.fill(0, FRAME_200);
    board.step(8);
    expect(board.chip.take().includes('|05 ')).toBe(false);
  });
});

describe('the answer of a filter, whose identifier another rule answers with as well', () => {
  test('leaves by RTS alone when none of those is before it, and after them when one is', () => {
    board = new FakeBoard();
    const rules = board.loadRules();
    store<u8>(rules.addAnswer(0x100, 0x310, 1, 0xcc), 1, 27);
    rules.addAnswer(0x200, 0x310, 1, 0x0a);
    rules.finish();
    board.connected();
    board.pass(2_000);
    for (let round = 0; round < 2; round++) {
      board.chip.take();
      board.chip.fill(0, FRAME_100);
      board.step();
      expect(board.chip.take().startsWith('b0 00|84|90')).toBe(true);
      expect(board.counted(Counter.AnswersDelayed)).toBe(0);
      board.chip.finish(2);
      board.pass(2_000);
    }
    board.chip.fill(1, FRAME_200);
    board.step();
    expect(board.chip.take().endsWith('|82')).toBe(true, 'that of the other rule');
    board.chip.fill(0, FRAME_100);
    board.step();
    expect(board.chip.take().includes('|84')).toBe(false, 'it waits');
    expect(board.counted(Counter.AnswersDelayed)).toBe(1);
  });
});
