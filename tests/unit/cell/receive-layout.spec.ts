// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Which way a request is told, as rules, rates and tables change: docs/rules.md ("receive"), docs/timing-budget.md.
 *
 * Expected values: DS20001801J, table 12-1 (RTS of TXB2 is 84, RX STATUS b0, READ RX BUFFER 90 and 94), CANINTE 2b,
 * RXM0SIDH 20. docs/status-page.md has the latencies: way 0 is `single`, 1 `filter`.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage } from '../support/rule-image';
import { swapTo } from './asking';
import { FakeBoard } from './fake-board';

const CANINTE: u32 = 0x2b;
const CANINTF: u32 = 0x2c;
const RXM0SIDH: u32 = 0x20;
const RX0IF: u32 = 0x01;
const RECEIVE_AUTO: u32 = 0;
const RECEIVE_SINGLE: u32 = 6;
const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122
const FRAME_202 = '40 40 00 00 02 11 22 00 00 00 00 00 00'; // 202#1122

/**
 * 0x200 by filter 0 with 0x201, and with `isTwo` 0x202 by filter 1 with 0x203; remote frames as well, or with `hasData`
 * data frames that begin with 11.
 */
function table(receive: u32, isTwo: bool, hasData: bool = false): RuleImage {
  const image = new RuleImage(heap.alloc(8192));
  const rules: u32 = isTwo ? 2 : 1;
  for (let filter: u32 = 0; filter < rules; filter++) {
    const rule = image.addAnswer(0x200 + 2 * filter, 0x201 + 2 * filter, 2, 0xbbaa);
    store<u32>(rule, hasData ? 0xc00007ff : 0x800007ff, 4);
    if (hasData) {
      store<u64>(rule, 0x11, 8);
      store<u64>(rule, 0xff, 16);
      store<u8>(rule, 1, 24);
    }
    store<u8>(rule, (1 + filter) as u8, 27);
  }
  image.finish();
  store<u32>(image.address, receive, 20);
  image.seal();
  return image;
}

function boardWith(words: string, image: RuleImage): FakeBoard {
  const board = new FakeBoard(words);
  board.host.rules = image.address;
  return board;
}

function single(isTwo: bool = false): FakeBoard {
  const board = boardWith('', table(RECEIVE_SINGLE, isTwo)).connected();
  board.pass(2_000);
  board.chip.take();
  return board;
}

/** What the step sends in which the frame is found. */
function sentFor(board: FakeBoard, buffer: u32, registers: string): string {
  board.chip.take();
  board.chip.fill(buffer, registers);
  board.step();
  return board.chip.take();
}

/** Times in the latency histogram of a way. */
function ofWay(board: FakeBoard, way: u32): u32 {
  board.passAndSend(2_000);
  return load<u32>(board.page.base + 0x5800 + 344 * way);
}

describe('a request of which INT tells', () => {
  test('is told so when the bit rate had to be found as well', () => {
    const board = boardWith('bitrate=auto', table(RECEIVE_SINGLE, false));
    board.start();
    for (let frames = 0; frames < 2; frames++) {
      board.pass(1_000);
      board.chip.set(CANINTF, RX0IF);
      while (board.chip.get(CANINTF) !== 0) board.step();
    }
    board.pass(20_000);
    expect(board.chip.get(CANINTE)).toBe(1);
    const sent = sentFor(board, 0, FRAME_200);
    expect(sent.startsWith('84|a0 00|90')).toBe(true, sent);
  });

  test('counts as such, and one that RX STATUS told as that', () => {
    const board = single();
    sentFor(board, 0, FRAME_200);
    expect(ofWay(board, 0)).toBe(1);
    expect(ofWay(board, 1)).toBe(0);
    board.line.isDead = true;
    board.chip.fill(0, FRAME_200);
    board.pass(100);
    expect(ofWay(board, 0)).toBe(1);
    expect(ofWay(board, 1)).toBe(1);
  });

  test('is one of two that RX STATUS must tell apart', () => {
    const board = single(true);
    const first = sentFor(board, 0, FRAME_200);
    expect(first.startsWith('b0 00|84|')).toBe(true, first);
    board.chip.formAndFilter = 1;
    const second = sentFor(board, 0, FRAME_202);
    expect(second.startsWith('b0 00|82|')).toBe(true, second);
  });

  test('is not believed while the chip still takes those of a rule that is gone', () => {
    const board = single(true);
    swapTo(board, table(RECEIVE_SINGLE, false));
    expect(board.parts.responder.table.count).toBe(1);
    board.chip.formAndFilter = 1;
    const other = sentFor(board, 0, FRAME_202);
    expect(other.includes('84')).toBe(false, other);
    board.pass(100);
    expect(board.counted(Counter.AnsweredStatic)).toBe(0);
    board.chip.formAndFilter = 0;
    const own = sentFor(board, 0, FRAME_200);
    expect(own.startsWith('b0 00|84|')).toBe(true, own);
  });
});

describe('frames that INT does not tell', () => {
  test('are found in time though nothing else is due', () => {
    const board = single();
    board.clock.perLook = 0;
    board.clock.skips = true;
    let longest: u64 = 0;
    for (let step = 0; step < 200; step++) {
      const before = board.clock.now;
      board.cell.step();
      longest = max<u64>(longest, board.clock.now - before);
    }
    // The shortest frame of 500 kbit/s takes 94 us.
    expect(longest).toBeLessThan(94);
    expect(longest).toBeGreaterThan(0);
  });
});

describe('one receive buffer for requests', () => {
  test('is kept if the other is empty before the next frame, a length that is looked at included', () => {
    // The shortest frame takes 47 us at 1 Mbit/s. A byte takes 3.9 us here: 10 bytes do, 13 do not.
    const words = 'bitrate=1000000 osc=16000000 spi=1700000';
    const kept = boardWith(words, table(RECEIVE_AUTO, false));
    kept.start();
    expect(kept.chip.get(RXM0SIDH)).toBe(0xff);
    const shared = boardWith(words, table(RECEIVE_AUTO, false, true));
    shared.start();
    expect(shared.chip.get(RXM0SIDH)).toBe(0);
    const said = shared.said();
    expect(said.includes('cannot empty one receive buffer in time')).toBe(true, said);
  });
});

describe('INT for the request alone', () => {
  test('is chosen where a frame is out of the other buffer in time, all other work included', () => {
    // The shortest frame of 500 kbit/s takes 94 us: 30 bytes and 4 us do, if a byte takes below 3 us.
    const fast = boardWith('spi=2353000', table(RECEIVE_AUTO, false));
    fast.start();
    expect(fast.chip.get(CANINTE)).toBe(1);
    const slow = boardWith('spi=2300000', table(RECEIVE_AUTO, false));
    slow.start();
    expect(slow.chip.get(CANINTE)).toBe(3);
  });
});

describe('a frame of a bus on which both buffers take all', () => {
  test('costs as much after a swap as after a start with the same table', () => {
    const answers = new RuleImage(heap.alloc(8192));
    answers.addAnswer(0x200, 0x201, 2, 0xbbaa);
    answers.finish();
    const none = new RuleImage(heap.alloc(8192));
    none.add(0x200);
    none.finish();
    const started = boardWith('', answers).connected();
    started.pass(2_000);
    const wanted = sentFor(started, 0, FRAME_101);
    const plain = boardWith('', none).connected();
    plain.pass(2_000);
    const without = sentFor(plain, 0, FRAME_101);
    expect(wanted).not.toBe(without);
    swapTo(plain, answers);
    expect(sentFor(plain, 0, FRAME_101)).toBe(wanted);
    swapTo(plain, none);
    expect(sentFor(plain, 0, FRAME_101)).toBe(without);
  });
});
