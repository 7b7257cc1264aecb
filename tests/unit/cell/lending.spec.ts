// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Frames that find their buffers taken: what is seen to be free, what is lent, what is loaded anew.
 *
 * Sources: docs/timing-budget.md ("The order of what is sent"). DS20001801J, table 12-1: LOAD TX BUFFER 40, 42, 44, from D0
 * on 41, 43, 45; RTS 81, 82, 84; READ STATUS a0.
 */
import { TransmitScheduler } from '../../../src/cell/transmit/scheduler';
import { TransmitSlot } from '../../../src/cell/transmit/slot';
import { Counter } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard, FakeParts } from './fake-board';

const FRAME_200 = '40 00 00 00 01 11 00 00 00 00 00 00 00'; // 200#11

/** 0x200 is answered with `identifier`, or, if that is 0, two other requests by filters, from buffers 2 and 1. */
function answering(words: string, identifier: u32): FakeBoard {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  if (identifier !== 0) {
    image.addAnswer(0x200, identifier, 1, 0x01);
    image.indexOnly(0x200, false);
  } else {
    store<u8>(image.addAnswer(0x110, 0x111, 1, 0), 1, 27);
    store<u8>(image.addAnswer(0x112, 0x113, 1, 0), 2, 27);
    image.beginIndex([]);
    image.point(0x110, image.addList([0]));
    image.point(0x112, image.addList([1]));
  }
  const board = new FakeBoard(words);
  board.connectedWith(image);
  board.pass(5_000);
  board.chip.take();
  return board;
}

describe('an answer', () => {
  test('leaves at once if READ STATUS shows that a buffer has become free', () => {
    const board = answering('', 0x300);
    for (let count = 0; count < 3; count++) {
      board.chip.fill(0, FRAME_200);
      board.step();
      board.step();
    }
    expect(board.counted(Counter.AnswersDelayed)).toBe(0, 'three buffers');
    for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
    board.chip.take();
    board.chip.fill(0, FRAME_200);
    board.step();
    const sent = board.chip.take();
    expect(sent.includes('a0 00')).toBe(true, sent);
    expect(sent.includes('|8')).toBe(true, sent);
    expect(board.counted(Counter.AnswersDelayed)).toBe(0);
  });
});

describe('a frame of AGL', () => {
  test('is lent the buffer of the second filter only to pass a weaker one of AGL', () => {
    const board = answering('txtimeout-ms=0 agl-order=identifier', 0);
    board.sendToCell(newFrame(0x600, 1, 1));
    board.pass(1_000);
    board.chip.take();
    board.sendToCell(newFrame(0x700, 1, 2));
    board.pass(1_000);
    expect(board.chip.take().includes('|82')).toBe(false, 'it is weaker, and waits');
    board.sendToCell(newFrame(0x500, 1, 3));
    board.pass(1_000);
    // A look of another task may come before it.
    const sent = '|' + board.chip.take();
    expect(sent.includes('|42 a0 00 00 00 01 03|82|')).toBe(true, sent); // 0x500#03
  });

  test('goes by its own strength once the weaker one before it has left', () => {
    const board = answering('txtimeout-ms=0', 0x400);
    board.sendToCell(newFrame(0x700, 1, 1));
    board.sendToCell(newFrame(0x100, 1, 2));
    board.pass(1_000);
    board.chip.fill(0, FRAME_200);
    board.pass(1_000);
    const order = board.parts.controller.buffers.order;
    // 0x700 in TXB0, 0x100 behind it in TXB1, 0x400 in TXB2.
    expect(order.rank(2)).toBeGreaterThan(order.rank(1));
    board.chip.finish(0);
    board.pass(1_000);
    expect(order.rank(1)).toBeGreaterThan(order.rank(2));
  });
});

describe('a frame of the driver that cannot be sent', () => {
  test('comes back to it', () => {
    const board = new FakeBoard('mode=listen-only');
    board.host.isBackEnd = true;
    board.connected();
    board.sendToCell(newFrame(0x123, 1, 1));
    board.pass(5_000);
    expect(board.counted(Counter.FromAglListenOnly)).toBe(1);
    expect(board.linux.counters.refused).toBe(1);
  });
});

describe('a buffer', () => {
  test('of which a load was broken off is loaded whole the next time', () => {
    const board = new FakeBoard().connected();
    const slot = new TransmitSlot<FakeParts>(board.parts, 0);
    slot.load(newFrame(0x123, 1, 1));
    board.chip.take();
    slot.load(newFrame(0x123, 1, 2));
    expect(board.chip.take()).toBe('41 02', 'its header is there');
    // An unknown part of another frame is in the chip.
    board.chip.yields = true;
    board.chip.givesWay = 1;
    slot.load(newFrame(0x456, 1, 3));
    board.chip.yields = false;
    board.chip.take();
    slot.load(newFrame(0x123, 1, 2));
    expect(board.chip.take()).toBe('40 24 60 00 00 01 02');
  });

  test('gets its kept answer back, but not while another is loaded in its place', () => {
    const board = new FakeBoard().connected();
    const scheduler = new TransmitScheduler<FakeParts>(board.parts);
    const slot = scheduler.slots.slotOfFilter(0);
    memory.copy(changetype<usize>(slot.kept), changetype<usize>(newFrame(0x201, 1, 0xcc)), 16);
    slot.keep(false);
    scheduler.slots.isHeld = true;
    scheduler.tidy();
    for (let count = 0; count < 8; count++) scheduler.step();
    expect(board.chip.take().includes('44 ')).toBe(false);
    scheduler.slots.isHeld = false;
    scheduler.tidy();
    for (let count = 0; count < 8; count++) scheduler.step();
    expect(board.chip.take().includes('44 40 20 00 00 01 cc')).toBe(true);
  });
});
