// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * TXP when a stronger answer takes the buffer of the weakest of three: 0x050 for 0x104, after 0x7a1 to 0x7a3 for 0x101
 * to 0x103.
 *
 * At the start TXP is 3 for TXB2, 2 for TXB1 and 1 for TXB0, and the answers go to them in this order. At equal TXP
 * the higher buffer goes first (DS20001801J 3.2). So 3 for the new one in TXB0 and 2 for TXB2 will do.
 */
import { TransmitScheduler } from '../../../src/cell/transmit/scheduler';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard, FakeParts } from './fake-board';

const REQUESTS = [
  '20 20 00 00 00 00 00 00 00 00 00 00 00', // 101#
  '20 40 00 00 00 00 00 00 00 00 00 00 00', // 102#
  '20 60 00 00 00 00 00 00 00 00 00 00 00', // 103#
  '20 80 00 00 00 00 00 00 00 00 00 00 00', // 104#
];
const ANSWERS: u32[] = [0x7a1, 0x7a2, 0x7a3, 0x050];

/** Three weaker answers are pending, and the strong request has come in. */
function asked(): FakeBoard {
  const board = new FakeBoard();
  const image = new RuleImage2(heap.alloc(0x10000), true);
  for (let rule: u32 = 0; rule < 4; rule++) {
    image.addAnswer(0x101 + rule, ANSWERS[rule], 1, 0xa0 + rule);
  }
  image.beginIndex([]);
  for (let rule: u32 = 0; rule < 4; rule++) {
    image.point(0x101 + rule, image.addList([rule as u16]));
  }
  board.connectedWith(image);
  for (let rule: u32 = 0; rule < 3; rule++) {
    board.chip.fill(0, REQUESTS[rule]);
    board.step(4);
  }
  board.chip.take();
  board.chip.fill(0, REQUESTS[3]);
  return board;
}

describe('the strongest answer in the buffer of the weakest', () => {
  test('needs TXP of two buffers changed, and no more', () => {
    const board = asked();
    const order = board.parts.controller.buffers.order;
    expect(order.rank(2)).toBeGreaterThan(order.rank(1));
    board.step(16);
    const log = board.chip.take();
    // READ STATUS once, which finds no buffer free; TXREQ and TXP (TXBnCTRL, mask 0x08 + 0x03); READ STATUS.
    expect(log.includes('|a0 00|05 30 0b 03|a0 00|40 0a')).toBe(true, log);
    expect(log.indexOf('a0 00|05 30')).toBe(log.indexOf('a0 00'), log);
    const change = log.indexOf('|05 50 03 02|81');
    expect(change).toBeGreaterThan(log.indexOf('|40 0a 00 00 00 01 a3'), log);
    expect(log.includes('|05 40 03')).toBe(false, log);
    expect(order.rank(0)).toBeGreaterThan(order.rank(2));
    expect(order.rank(2)).toBeGreaterThan(order.rank(1));
  });

  test('is preceded by another READ STATUS where the one of the answer failed', () => {
    const board = asked();
    board.chip.transactionsLeft = 1; // READ RX BUFFER
    board.chip.transactionsFailing = 1;
    board.step(16);
    const log = board.chip.take();
    expect(log.startsWith('90 ')).toBe(true, log);
    expect(log.indexOf('|a0 00|05 30 0b 03|')).toBe(log.indexOf('|'), log);
  });

  test('has TXREQ cleared in a second attempt where the first gave way, and TXnIF only once', () => {
    const board = asked();
    board.step(1);
    board.chip.take();
    const controller = board.parts.controller;
    expect(controller.displaceStep(0, 3, board.clock.now)).toBe(Status.Ok);
    expect(board.chip.take()).toBe('05 2c 04 00');
    board.chip.yields = true;
    board.chip.givesWay = 1;
    board.chip.bytesBefore = 3;
    controller.displaceStep(0, 3, board.clock.now);
    expect(board.chip.take().startsWith('05 30 0b|')).toBe(true);
    board.chip.yields = false;
    expect(controller.displaceStep(0, 3, board.clock.now)).toBe(Status.Ok);
    expect(board.chip.take()).toBe('05 30 0b 03');
  });
});

describe('a request that has come in at the look before a transaction', () => {
  test('is not kept waiting for what TXP should be, sixteen times in a row', () => {
    const board = new FakeBoard().connected();
    const scheduler = new TransmitScheduler<FakeParts>(board.parts);
    scheduler.addAnswer(changetype<usize>(newFrame(0x101, 1, 1)), 0x101 << 18, 0);
    scheduler.addAnswer(changetype<usize>(newFrame(0x102, 1, 2)), 0x102 << 18, 0);
    for (let count = 0; count < 8; count++) scheduler.step();
    const order = board.parts.controller.buffers.order;
    // The stronger frame is in the buffer of the lower TXP: one change mends it.
    order.setPriority(2, 1, 0);
    order.setPriority(1, 2, 0);
    scheduler.tidy();
    board.chip.take();
    board.line.glitches = 16;
    for (let count = 0; count < 16; count++) expect(scheduler.step()).toBe(true);
    expect(board.line.glitches).toBe(0);
    expect(board.chip.take()).toBe('');
    board.line.glitches = 1;
    scheduler.step();
    // BIT MODIFY of TXB1CTRL, TXP 1 as TXB2 has: the higher buffer goes first then (DS20001801J 3.2).
    expect(board.chip.take()).toBe('05 40 03 01');
  });

  test('is not kept waiting for the load of a frame, or for RTS', () => {
    const board = new FakeBoard().connected();
    const scheduler = new TransmitScheduler<FakeParts>(board.parts);
    scheduler.addAnswer(changetype<usize>(newFrame(0x101, 1, 1)), 0x101 << 18, 0);
    board.chip.take();
    for (let count = 0; count < 8; count++) {
      board.line.glitches = 1;
      scheduler.step();
      expect(board.chip.take()).toBe('');
      scheduler.step();
      if (board.chip.take().startsWith('8')) return;
    }
    throw new Error('the frame was not requested');
  });
});

describe('the end of a frame', () => {
  test('of AGL, with nothing else to do, is a step: AGL is told, and no other task works in it', () => {
    const board = new FakeBoard().connected();
    const scheduler = new TransmitScheduler<FakeParts>(board.parts);
    scheduler.addFromAgl(newFrame(0x101, 1, 1), 0);
    for (let count = 0; count < 8; count++) scheduler.step();
    const buffer = scheduler.noteSent().buffer;
    expect(scheduler.step()).toBe(false, 'it is on its way');
    board.chip.finish(buffer);
    board.parts.controller.pollStatus();
    expect(scheduler.step()).toBe(true);
    expect(scheduler.step()).toBe(false);
  });
});
