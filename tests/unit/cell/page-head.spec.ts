// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the status page says of a cell at work: head, histograms, latencies, recorder, runs of the tasks. Offsets:
 * docs/status-page.md.
 */
import { Counter } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { boardThatHolds } from './watched-rules';

const TEC: u32 = 0x1c;
const REC: u32 = 0x1d;
const EFLG: u32 = 0x2d;
const CANINTF: u32 = 0x2c;
const RX0IF: u32 = 0x01;
const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122
const RECORDER: usize = 0x8000;

function word(board: FakeBoard, offset: u32): u32 {
  return load<u32>(board.page.base + offset);
}

/** Answers in histogram 0 (static) or 1 (computed), and times in latency histogram `way`. */
function inHistogram(board: FakeBoard, number: u32): u32 {
  return word(board, 0x400 + 384 * number);
}

function ofWay(board: FakeBoard, way: u32): u32 {
  return word(board, 0x5800 + 344 * way);
}

/** 0x100 is answered by filter 0 with 0x310; 0x200 with 0x201, which has a counter and so is computed. */
function answering(): FakeBoard {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  store<u8>(image.addAnswer(0x100, 0x310, 1, 0xcc), 1, 27);
  const rule = image.addAnswer(0x200, 0x201, 2, 0x0a);
  store<u64>(rule, 0xffffffffffff00ff, 40); // byte 1 is byte 0 of the request
  image.beginIndex([]);
  image.point(0x100, image.addList([0]));
  image.point(0x200, image.addList([1]));
  const board = new FakeBoard();
  board.connectedWith(image);
  board.pass(50_000);
  return board;
}

/** The time of the last record of the trace with this event, and of the last recorder entry with that direction. */
function traceTicks(board: FakeBoard, event: u16): u64 {
  for (let index = word(board, 0x1f00); index !== 0; index--) {
    const record = board.page.base + 0x2000 + 16 * ((index - 1) % 512);
    if (load<u16>(record, 8) === event) return load<u64>(record);
  }
  return 0;
}

function recordedTicks(board: FakeBoard, direction: u64): u64 {
  for (let index = word(board, 0x1f08); index !== 0; index--) {
    const first = load<u64>(board.page.base + RECORDER + 24 * (index - 1));
    if (first >> 62 === direction) return first & 0x3fffffffffffffff;
  }
  return 0;
}

describe('the head', () => {
  test('has TEC and REC, and the bounds of a step and of S', () => {
    const board = new FakeBoard().connected();
    board.chip.set(TEC, 0x21);
    board.chip.set(REC, 0x43);
    board.pass(40_000);
    expect(load<u8>(board.page.base, 0x44)).toBe(0x21);
    expect(load<u8>(board.page.base, 0x45)).toBe(0x43);
    expect(word(board, 0x50)).toBe(word(board, 0x900 + 24), 'the bound of receive, the longest');
    expect(word(board, 0x50)).not.toBe(0);
    expect(word(board, 0x98)).not.toBe(0);
  });

  test('has the rules in force, where they came from, and what was said last', () => {
    const board = answering();
    expect(word(board, 0x30)).toBe(2);
    expect(word(board, 0x38)).toBe(1, 'loaded at start');
    board.chip.set(EFLG, 0x20);
    board.pass(40_000);
    expect(word(board, 0x3c)).toBe(52, 'bus-off');
    expect(word(board, 0x40)).toBe(3, 'bus-off');
  });

  test('has no bit rate and no sample point before they are known', () => {
    const board = new FakeBoard('bitrate=auto');
    board.start();
    board.pass(20_000);
    expect(word(board, 0x1c)).toBe(0);
    expect(word(board, 0x94)).toBe(0);
    expect(word(board, 0xa0)).toBe(0);
    for (let frames = 0; frames < 2; frames++) {
      board.chip.set(CANINTF, RX0IF);
      while (board.chip.get(CANINTF) !== 0) board.step();
    }
    board.pass(40_000);
    expect(word(board, 0x1c)).toBe(500_000);
    expect(word(board, 0x94)).toBe(500_000);
    expect(word(board, 0xa0)).toBe(833);
  });

  test('has the frames that wait for the ring', () => {
    const board = boardThatHolds(new RuleImage2(heap.alloc(0x10000), true));
    board.pass(20_000);
    expect(word(board, 0x78)).toBe(1, 'the second is held');
  });
});

describe('the page', () => {
  test('has nothing between the histograms and the tasks', () => {
    const board = answering();
    // A histogram has 24 bytes and 80 buckets of 4.
    for (let number: u32 = 0; number < 3; number++) {
      for (let offset: u32 = 24 + 80 * 4; offset < 384; offset += 4) {
        expect(word(board, 0x400 + 384 * number + offset)).toBe(0);
      }
    }
  });
});

describe('an answer', () => {
  test('of a filter is a static one that RX STATUS told, and its trace has its own time', () => {
    const board = answering();
    board.chip.formAndFilter = 0;
    board.chip.fill(0, FRAME_100);
    board.step(4);
    board.passAndSend(50_000);
    expect(inHistogram(board, 0)).toBe(1);
    expect(inHistogram(board, 1)).toBe(0);
    expect(ofWay(board, 1)).toBe(1, 'filter');
    expect(traceTicks(board, 2)).toBe(recordedTicks(board, 2));
    expect(traceTicks(board, 2)).toBeGreaterThan(recordedTicks(board, 0));
  });

  test('that is read and computed is in the other, and its way over the bus is short', () => {
    const board = answering();
    board.chip.fill(1, FRAME_200);
    board.step(4);
    board.passAndSend(50_000);
    expect(inHistogram(board, 0)).toBe(0);
    expect(inHistogram(board, 1)).toBe(1);
    expect(ofWay(board, 4)).toBe(1, 'read');
    expect(traceTicks(board, 2)).toBe(recordedTicks(board, 2));
    expect(traceTicks(board, 2)).toBeGreaterThan(recordedTicks(board, 0));
    expect(word(board, 0xf00)).toBe(1, 'bus');
    expect(word(board, 0xf00 + 8)).toBeLessThan(1_000, 'from RTS on, not from the start');
  });

  test('that had to wait is recorded when it goes out', () => {
    const board = answering();
    for (let frames = 0; frames < 4; frames++) {
      board.chip.fill(1, FRAME_200);
      board.pass(2_000);
    }
    expect(board.counted(Counter.AnswersDelayed)).toBe(2);
    board.pass(20_000);
    expect(word(board, 0x7c)).toBe(4, 'under way: two in the chip, and two that wait');
    const before = recordedTicks(board, 2);
    const now = board.clock.now;
    board.passAndSend(5_000);
    expect(before).toBeLessThan(now);
    expect(recordedTicks(board, 2)).toBeGreaterThan(now);
  });
});

describe('the runs of the tasks', () => {
  test('are counted for all that have had something to do', () => {
    const image = new RuleImage2(heap.alloc(0x10000), true);
    image.addTimed(0x300, 1, 0xaa);
    image.addTimer(0, 2_000, 0, 0, 0);
    image.beginIndex([]);
    const board = new FakeBoard('console=on');
    board.connectedWith(image);
    const before = runs(board);
    board.chip.fill(0, FRAME_100);
    board.sendToCell(newFrame(0x123, 0, 0));
    board.passAndSend(60_000);
    const after = runs(board);
    expect(after[0] - before[0]).toBe(1, 'receive');
    expect(after[3] - before[3]).toBeGreaterThan(30, 'transmit');
    expect(after[4] - before[4]).toBeGreaterThan(15, 'transmit poll');
    expect(after[5] - before[5]).toBeGreaterThan(45, 'timers');
    expect(after[6] - before[6]).toBeGreaterThan(50, 'messages');
    expect(after[7] - before[7]).toBeGreaterThan(5, 'fault look');
    expect(after[8] - before[8]).toBe(1, 'from AGL');
    expect(after[9] - before[9]).toBe(1, 'forward');
    expect(after[10] - before[10]).toBeGreaterThan(50, 'link report');
    expect(after[14] - before[14]).toBeGreaterThan(60, 'status page');
  });
});

function runs(board: FakeBoard): StaticArray<u32> {
  const counts = new StaticArray<u32>(17);
  const rows = board.parts.rows;
  for (let task: u32 = 0; task < rows.count; task++) counts[task] = load<u32>(rows.at(task), 28);
  return counts;
}
