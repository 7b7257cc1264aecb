// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Requests: new rules, live values, and refusals (docs/status-page.md, "Requests"; statuses 70 to
 * 74).
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { RuleImage } from '../support/rule-image';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';

const RULE_TABLE: u32 = 1;
const LIVE_VALUES: u32 = 2;
const RESET_LATENCY: u32 = 3;
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122
const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA

function newRules(): RuleImage {
  return new RuleImage(heap.alloc(8192));
}

function askForRules(board: FakeBoard, image: RuleImage): void {
  image.finish();
  board.requestRules(image);
}

/** A cell with one rule, 100 is answered by 110#01, which the chip's filter 1 tells. */
function withFilter(commandLine: string): FakeBoard {
  const board = new FakeBoard(commandLine);
  const rules = board.loadRules();
  store<u8>(rules.addAnswer(0x100, 0x110, 1, 0x01), 1, 27);
  rules.finish();
  return board.connected();
}

/** The traffic on SPI for 100#AA, by filter. */
function answers(board: FakeBoard): string {
  board.chip.take();
  board.chip.fill(0, FRAME_100);
  board.step();
  return board.chip.take();
}

/** Runs the cell for 20 ms, and expects what `expectDone` does. */
function finish(board: FakeBoard, status: Status, detail: u32 = 0): void {
  board.pass(20_000);
  expectDone(board, status, detail);
}

/** Expects that the page shows the request as finished with `status`. */
function expectDone(board: FakeBoard, status: Status, detail: u32 = 0): void {
  const page = board.page.base;
  expect(load<u32>(page, 0x68)).toBe(load<u32>(board.requests.base, 8), 'sequence');
  expect(load<u32>(page, 0x6c)).toBe(status, 'status');
  expect(load<u32>(page, 0x70)).toBe(detail, 'detail');
}

describe('a request for rules', () => {
  test('puts them in force, and the page says so', () => {
    const board = new FakeBoard('console=on').connected();
    const image = newRules();
    image.addAnswer(0x200, 0x210, 2, 0xbbaa);
    askForRules(board, image);
    finish(board, Status.Ok);
    expect(load<u32>(board.page.base, 0x30)).toBe(1, 'rules in force');
    expect(load<u32>(board.page.base, 0x34)).toBe(load<u32>(image.address, 12), 'their CRC');
    expect(load<u32>(board.page.base, 0x38)).toBe(2, 'by request');
    expect(board.said().includes('new rules in force, asked for by AGL: 1')).toBe(true);
    board.chip.take();
    board.chip.fill(0, FRAME_200);
    board.step();
    const sent = board.chip.take();
    expect(sent.endsWith('|84')).toBe(true, sent);
    expect(sent.includes('|44 ')).toBe(false, 'the answer was loaded in advance');
  });

  test('of format 2 go on with the state of their names, and the page shows names and hits', () => {
    const board = new FakeBoard().connected();
    for (let turn: u32 = 0; turn < 2; turn++) {
      const image = new RuleImage2(heap.alloc(0x10000));
      image.addAnswer(0x200, 0x210, 2, 0xbbaa);
      if (turn === 1) image.add(0x300);
      image.beginIndex([]);
      image.point(0x200, image.addList([0]));
      image.name('brake');
      if (turn === 1) image.name('other');
      image.finish();
      board.requestRules(image);
      finish(board, Status.Ok);
    }
    const page = board.page.base;
    let kept = '';
    for (let record: u32 = 0; record < load<u32>(page, 0x1f00); record++) {
      const at = page + 0x2000 + 16 * record;
      if (load<u16>(at, 8) === 23) kept += `${load<u16>(at, 10)} of ${load<u32>(at, 12)} `;
    }
    expect(kept).toBe('0 of 1 1 of 2 ', 'rules kept');
    board.chip.fill(0, FRAME_200);
    board.step(8);
    board.pass(20_000);
    expect(load<u32>(page, 0x6000)).toBe(1, 'hits');
    expect(load<u32>(page, 0x6800)).toBe(0x6b617262, 'brak');
    expect(load<u32>(page, 0x6804)).toBe(0x746f0065, 'e, 0, ot');
  });

  test('that want another filter than the chip has are answered by reading, and counted', () => {
    const board = new FakeBoard('console=on');
    const first = board.loadRules();
    store<u8>(first.addAnswer(0x102, 0x112, 1, 0x02), 1, 27);
    first.finish();
    board.connected();
    const image = newRules();
    store<u8>(image.addAnswer(0x100, 0x110, 1, 0x01), 1, 27);
    askForRules(board, image);
    finish(board, Status.Ok);
    expect(load<u32>(board.page.base, 0x74)).toBe(1, 'after a restart');
    expect(board.said().includes("chip's filters serve only after a restart of the cell: 1")).toBe(
      true,
    );
    board.chip.take();
    board.chip.fill(1, FRAME_100);
    board.step(2);
    expect(board.chip.take().endsWith('|84')).toBe(true);
    board.chip.finish(2);
    // The first rules again: the chip has their filter.
    askForRules(board, first);
    finish(board, Status.Ok);
    expect(load<u32>(board.page.base, 0x74)).toBe(0);
  });

  test('with two filters have both answers loaded; without any, none is waited for', () => {
    const board = new FakeBoard().connected();
    const image = newRules();
    store<u8>(image.addAnswer(0x100, 0x110, 1, 0x01), 1, 27);
    store<u8>(image.addAnswer(0x102, 0x112, 1, 0x02), 2, 27);
    askForRules(board, image);
    board.chip.givesWay = 3;
    finish(board, Status.Ok);
    expect(load<u32>(board.page.base, 0x74)).toBe(2);
    const none = newRules();
    askForRules(board, none);
    finish(board, Status.Ok);
    expect(load<u32>(board.page.base, 0x30)).toBe(0);
  });

  test('that are wrong changes nothing, and names the rule', () => {
    const board = withFilter('console=on');
    const image = newRules();
    image.add(0x200);
    image.add(0x200);
    askForRules(board, image);
    finish(board, Status.RulesOverlap, 2);
    expect(load<u32>(board.page.base, 0x38)).toBe(1, 'as loaded');
    const said = board.said();
    expect(
      said.includes("a request of AGL's refused at rule 2: nothing has changed (status 66)"),
    ).toBe(true, said);
    board.chip.take();
    board.chip.formAndFilter = 0;
    board.chip.fill(0, FRAME_100);
    board.step();
    expect(board.chip.take().startsWith('b0 00|84')).toBe(true);
  });

  test('of another size than the table has is refused', () => {
    const board = new FakeBoard().connected();
    const image = newRules();
    image.add(0x200);
    image.finish();
    board.request(RULE_TABLE, 0, image.address, load<u32>(image.address, 8) + 8);
    finish(board, Status.RulesSize);
  });

  test('waits two seconds for the answers that are under way, then is refused; the old go back', () => {
    const board = withFilter('txtimeout-ms=0');
    const image = newRules();
    store<u8>(image.addAnswer(0x102, 0x112, 1, 0x02), 1, 27);
    // The first answer of the new table is loaded. Then a request of the old table occupies a
    // buffer.
    board.chip.fill(0, FRAME_100);
    board.step();
    askForRules(board, image);
    board.wait(1_900_000);
    expect(load<u32>(board.page.base, 0x68)).toBe(0, 'still waiting');
    board.pass(200_000);
    expectDone(board, Status.RequestTimeout);
    board.chip.finish(2);
    board.pass(20_000);
    expect(answers(board).startsWith('b0 00|84')).toBe(true);
  });

  test('that is refused after its first answer was loaded puts the old one back', () => {
    const board = withFilter('txtimeout-ms=0');
    const image = newRules();
    store<u8>(image.addAnswer(0x100, 0x111, 1, 0x03), 1, 27);
    store<u8>(image.addAnswer(0x102, 0x112, 1, 0x02), 2, 27);
    askForRules(board, image);
    // LOAD of the first answer: buffer 2, 110 -> 111.
    while (board.chip.get(0x52) !== 0x20) board.step();
    // The old table answers a request in between.
    const sent = answers(board);
    // By a buffer without a new answer: LOAD TX BUFFER 1, 110.
    expect(sent.endsWith('|82')).toBe(true, sent);
    expect(board.chip.get(0x42)).toBe(0x00, '110');
    board.wait(2_100_000);
    expectDone(board, Status.RequestTimeout);
    board.chip.finish(1);
    board.pass(20_000);
    expect(answers(board).startsWith('b0 00|84')).toBe(true);
    expect(board.counted(Counter.AnsweredStatic)).toBe(2);
  });

  test('leaves the answers a buffer beside a frame of AGL that waits for the bus', () => {
    const board = new FakeBoard('txtimeout-ms=0');
    const first = board.loadRules();
    store<u8>(first.addAnswer(0x100, 0x110, 1, 0x01), 1, 27);
    store<u8>(first.addAnswer(0x102, 0x112, 1, 0x02), 2, 27);
    first.finish();
    board.connected();
    board.sendToCell(newFrame(0x400, 1, 0x55));
    board.pass(2_000);
    expect(board.chip.get(0x30) & 0x08).toBe(0x08, 'in buffer 0');
    const image = newRules();
    store<u8>(image.addAnswer(0x100, 0x111, 1, 0x03), 1, 27);
    store<u8>(image.addAnswer(0x102, 0x113, 1, 0x04), 2, 27);
    askForRules(board, image);
    while (board.chip.get(0x52) !== 0x20) board.step();
    const sent = answers(board);
    // Buffer 1, which has no new answer yet: 110. It has the higher number at equal TXP.
    expect(sent.endsWith('|82')).toBe(true, sent);
    expect(board.chip.get(0x42)).toBe(0x00, '110');
    // And one more by the buffer that had one.
    const second = answers(board);
    expect(second.endsWith('84')).toBe(true, second);
    // Another frame of AGL's has one buffer.
    board.sendToCell(newFrame(0x401, 1, 0x66));
    board.chip.finish(1);
    board.chip.finish(2);
    finish(board, Status.Ok);
    expect(board.counted(Counter.AnsweredStatic)).toBe(2);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    expect(answers(board).startsWith('b0 00|84')).toBe(true, 'the new one is there');
    expect(board.chip.get(0x52)).toBe(0x20, '111');
  });
});

describe('a request for live values', () => {
  test('sets them', () => {
    const board = new FakeBoard().connected();
    const values = heap.alloc(8);
    store<u64>(values, 0x8877665544332211);
    board.request(LIVE_VALUES, 10, values, 3);
    finish(board, Status.Ok);
    expect(load<u32>(board.page.base + 0x1100 + 10) & 0xffffff).toBe(0x332211);
  });

  test('of the last number is taken, of one beyond it refused', () => {
    const board = new FakeBoard().connected();
    const values = heap.alloc(8);
    board.request(LIVE_VALUES, 63, values, 1);
    finish(board, Status.Ok);
    board.request(LIVE_VALUES, 63, values, 2);
    finish(board, Status.RequestSize);
  });

  test('is refused when it changes while it is read', () => {
    const board = new FakeBoard().connected();
    board.request(LIVE_VALUES, 0, heap.alloc(8), 4);
    store<u32>(board.requests.base, 1, 0x14);
    finish(board, Status.RequestCrc);
  });
});

describe('a request', () => {
  test('of an unknown kind, or too large, is refused', () => {
    const board = new FakeBoard().connected();
    board.request(9, 0, heap.alloc(8), 8);
    finish(board, Status.RequestUnknown);
    board.request(RULE_TABLE, 0, 0, 70_000);
    finish(board, Status.RequestSize);
  });

  test('to begin the latencies anew clears those of ways, bus and rules', () => {
    const board = new FakeBoard().connected();
    const base = board.page.base;
    store<u32>(base, 7, 0x0f00);
    for (let offset: u32 = 0x4000; offset < 0x5eb8; offset += 4) store<u32>(base + offset, 7);
    store<u32>(base, 7, 0x5eb8);
    board.request(RESET_LATENCY, 0, 0, 0);
    finish(board, Status.Ok);
    expect(load<u32>(base, 0x0f00)).toBe(0, 'bus');
    for (let offset: u32 = 0x4000; offset < 0x5eb8; offset += 4) {
      expect(load<u32>(base + offset)).toBe(0, 'ways and rules');
    }
    expect(load<u32>(base, 0x5eb8)).toBe(7, 'nothing behind them');
    board.pass(20_000);
    expect(load<u32>(base, 0xa8)).toBe(1, 'resets');
  });

  test('that was there before the cell is not carried out', () => {
    const board = new FakeBoard();
    board.request(LIVE_VALUES, 0, heap.alloc(8), 4);
    board.connected();
    expectDone(board, Status.RequestOld);
  });

  test('is not looked for without a status page', () => {
    const board = new FakeBoard();
    board.host.pageStatus = Status.ControlAbsent;
    board.connected();
    board.requests.accesses = 0;
    board.pass(10_000);
    expect(board.requests.accesses).toBe(0);
  });
});
