// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * `receive: single`: INT alone tells of the one request, and RTS goes out before it is read.
 *
 * Expected values: DS20001801J, table 12-1 (RTS of TXB2 is 84, READ STATUS a0, RX STATUS b0, READ RX
 * BUFFER 90 and 94) and register 7-1 (CANINTE: RX0IE is bit 0, RX1IE bit 1).
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { FakeBoard } from './fake-board';

const CANINTE: u32 = 0x2b;
const CANSTAT: u32 = 0x0e;
const RXM0SIDH: u32 = 0x20;
const MODE_SLEEP: u32 = 0x20;
/** Any frame of a standard identifier: bit 30 is not compared. */
const MASK_ANY: u32 = 0x800007ff;
const MASK_DATA: u32 = 0xc00007ff;
const RECEIVE_AUTO: u32 = 0;
const RECEIVE_URGENT_FIRST: u32 = 4;
const RECEIVE_SINGLE: u32 = 6;

const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122
const REMOTE_200 = '40 10 00 00 44 00 00 00 00 00 00 00 00'; // 200#R4

/** A running cell that answers 0x200 with 0x201, and is connected to AGL. */
function boardWith(words: string, receive: u32, mask: u32 = MASK_ANY): FakeBoard {
  const board = new FakeBoard(`console=on ${words}`);
  const image = board.loadRules();
  const rule = image.addAnswer(0x200, 0x201, 2, 0xbbaa);
  store<u32>(rule, mask, 4);
  store<u8>(rule, 1, 27);
  image.finish();
  store<u32>(image.address, receive, 20);
  image.seal();
  return board;
}

function single(words: string = ''): FakeBoard {
  const board = boardWith(words, RECEIVE_SINGLE).connected();
  board.pass(100);
  board.chip.take();
  return board;
}

/** Lets the answer in TXB2 go out, and the cell see it. */
function finish(board: FakeBoard): void {
  board.chip.finish(2);
  board.pass(2_000);
  board.chip.take();
}

describe('a request that INT alone tells', () => {
  test('is answered by one byte, before anything is read', () => {
    const board = single();
    expect(board.chip.get(CANINTE)).toBe(1, 'INT is for RXB0 alone');
    board.chip.fill(0, FRAME_200);
    board.step();
    const sent = board.chip.take();
    expect(sent.startsWith('84|a0 00|90')).toBe(true, sent);
    board.step(4);
    expect(board.takeFromCell()).toBe('', 'the rule keeps it');
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
    expect(board.counted(Counter.AnsweredNotForwarded)).toBe(1);
  });

  test('may be a remote frame', () => {
    const board = single();
    board.chip.fill(0, REMOTE_200);
    board.step();
    expect(board.chip.take().startsWith('84|')).toBe(true);
    finish(board);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
    expect(board.counted(Counter.AnsweredNotForwarded)).toBe(1, 'the rule matches it');
  });

  test('again while the answer is on its way: it waits, once RX STATUS has told it', () => {
    const board = single();
    board.chip.fill(0, FRAME_200);
    board.step();
    board.pass(50);
    board.chip.take();
    board.chip.fill(0, FRAME_200);
    board.step();
    const sent = board.chip.take();
    expect(sent.startsWith('b0 00|')).toBe(true, sent);
    expect(sent.includes('84')).toBe(false, sent);
    expect(board.counted(Counter.AnswersDelayed)).toBe(1);
    board.chip.finish(2);
    board.pass(2_000);
    expect(board.chip.take().includes('|84')).toBe(true, 'the second answer');
    expect(board.counted(Counter.AnsweredStatic)).toBe(2);
  });

  test('that rolled over to RXB1 is answered when it is read', () => {
    const board = single();
    board.chip.fill(1, FRAME_200);
    board.pass(100);
    const sent = board.chip.take();
    expect(sent.includes('94 00 00 00 00 00 00 00|84')).toBe(true, sent);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
  });

  test('and another frame that came before it: both are read, that one first', () => {
    const board = single();
    board.chip.fill(1, FRAME_101);
    board.chip.fill(0, FRAME_200);
    board.step(3);
    const sent = board.chip.take();
    expect(sent.startsWith('84|a0 00|94')).toBe(true, sent);
    expect(sent.includes('|90')).toBe(true, sent);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
  });
});

describe('other frames beside such a request', () => {
  test('are found without INT, and go to AGL', () => {
    const board = single();
    board.chip.fill(1, FRAME_101);
    board.pass(100);
    expect(board.takeFromCell()).toBe('101 1 0 0 aa');
    expect(board.counted(Counter.AnsweredStatic)).toBe(0);
  });

  test('leave a look at the fault state its turn, however slow SPI is', () => {
    // A full look, 10 bytes, takes 48 us at 2 MHz: longer than READ STATUS may wait.
    const board = single('spi=2000000 bitrate=125000');
    board.wait(25_000);
    const sent = board.chip.take();
    expect(sent.includes('03 28')).toBe(true, sent);
    expect(sent.indexOf('03 28')).not.toBe(sent.lastIndexOf('03 28'), 'each 10 ms');
  });

  test('a request that INT does not tell, as its wire is broken, is found, too', () => {
    const board = single();
    board.line.isDead = true;
    board.chip.fill(0, FRAME_200);
    board.pass(100);
    const sent = board.chip.take();
    expect(sent.includes('b0 00|84')).toBe(true, sent);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
  });
});

describe('INT low for nothing', () => {
  test('costs one answer, however long it lasts', () => {
    const board = single();
    board.line.glitches = 400;
    board.step(2);
    // The answer goes out, so that its buffer is free for another.
    board.chip.finish(2);
    board.pass(2_000);
    const sent = board.chip.take();
    expect(sent.indexOf('84')).toBe(sent.lastIndexOf('84'), sent);
    expect(sent.startsWith('84|a0 00')).toBe(true, sent);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
    expect(board.counted(Counter.SpuriousInterrupts) > 0).toBe(true);
  });

  test('for the fourth time, it is not believed any more', () => {
    const board = single();
    for (let times = 0; times < 4; times++) {
      board.line.glitches = 1;
      board.step(4);
      expect(board.chip.take().startsWith('84|')).toBe(true);
      finish(board);
    }
    const said = board.said();
    expect(said.includes('INT was low 4 times without a request')).toBe(true, said);
    board.line.glitches = 1;
    board.step(4);
    expect(board.chip.take().includes('84')).toBe(false);
    board.chip.fill(0, FRAME_200);
    board.step();
    const sent = board.chip.take();
    expect(sent.startsWith('b0 00|84|90')).toBe(true, sent);
  });

  test('because the chip wakes sends nothing', () => {
    const board = single('sleep=1');
    board.wait(1_200_000);
    expect(board.chip.get(CANSTAT)).toBe(MODE_SLEEP);
    board.chip.take();
    board.chip.wake();
    board.pass(1_000);
    expect(board.chip.take().includes('84')).toBe(false);
    expect(board.counted(Counter.AnsweredStatic)).toBe(0);
    board.chip.fill(0, FRAME_200);
    board.pass(100);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1, 'awake again');
  });

  test('for good is a line to be given up: READ STATUS tells of all frames', () => {
    const board = single();
    board.line.glitches = u32.MAX_VALUE;
    board.wait(1_000_000);
    expect(board.parts.controller.useInterruptLine).toBe(false);
    expect(board.said().includes('INT is asserted though nothing waits')).toBe(true);
    board.chip.fill(1, FRAME_101);
    board.step(8);
    expect(board.takeFromCell()).toBe('101 1 0 0 aa');
  });
});

describe('the way of the request', () => {
  test('is chosen by the cell where a full bus leaves the time, and the rule matches any frame', () => {
    const fast = boardWith('', RECEIVE_AUTO);
    expect(fast.start()).toBe(Status.Ok);
    expect(fast.chip.get(CANINTE)).toBe(1);
    const looks = boardWith('', RECEIVE_AUTO, MASK_DATA);
    expect(looks.start()).toBe(Status.Ok);
    expect(looks.chip.get(CANINTE)).toBe(3, 'a rule that compares the remote bit');
    const slow = boardWith('spi=2000000', RECEIVE_AUTO);
    expect(slow.start()).toBe(Status.Ok);
    expect(slow.chip.get(CANINTE)).toBe(3, 'SPI is too slow');
    const other = boardWith('', RECEIVE_URGENT_FIRST);
    expect(other.start()).toBe(Status.Ok);
    expect(other.chip.get(CANINTE)).toBe(3, 'the file says otherwise');
  });

  test('needs INT: with int=spi RX STATUS tells it, and a line says so', () => {
    const board = boardWith('int=spi', RECEIVE_SINGLE);
    expect(board.start()).toBe(Status.Ok);
    expect(board.chip.get(CANINTE)).toBe(3);
    const said = board.said();
    expect(said.includes('receive: single needs int=gpio')).toBe(true, said);
    expect(said.includes('(status 69)')).toBe(true, said);
    board.connect();
    board.chip.take();
    board.chip.fill(0, FRAME_200);
    board.step(2);
    const sent = board.chip.take();
    expect(sent.includes('b0 00|84|90')).toBe(true, sent);
  });

  test('is chosen anew when the serial clock is lowered: both buffers take every frame then', () => {
    const board = boardWith('bitrate=1000000 osc=16000000', RECEIVE_AUTO);
    board.chip.brokenRegister = RXM0SIDH;
    board.chip.repairAt = 1_000_000;
    expect(board.start()).toBe(Status.Ok, board.host.console);
    expect(board.parts.spi.clockHertz).toBe(1_000_000);
    expect(board.chip.get(CANINTE)).toBe(3);
    expect(board.chip.get(RXM0SIDH)).toBe(0, 'no filter keeps a frame out of RXB0');
    expect(board.parts.controller.urgentFirst).toBe(false);
  });

  test('two requests with one answer share it', () => {
    const board = new FakeBoard();
    const image = board.loadRules();
    for (let index = 0; index < 2; index++) {
      const rule = image.addAnswer(0x200 + index, 0x700, 2, 0xbbaa);
      store<u32>(rule, MASK_ANY, 4);
      store<u8>(rule, 1, 27);
    }
    image.finish();
    board.connected();
    expect(board.chip.get(CANINTE)).toBe(1);
    expect(board.chip.get(0x00)).toBe(0x40, 'RXF0SIDH: 0x200');
    expect(board.chip.get(0x05)).toBe(0x20, 'RXF1SIDL: 0x201');
    board.pass(100);
    board.chip.take();
    board.chip.fill(0, '40 20 00 00 02 11 22 00 00 00 00 00 00');
    board.step();
    const sent = board.chip.take();
    expect(sent.startsWith('84|a0 00|90')).toBe(true, sent);
    expect(board.counted(Counter.AnsweredStatic)).toBe(1);
  });
});
