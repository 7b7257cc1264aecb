// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the trace says of bus, chip, frames and session: each event with the values that src/page/trace-event.ts gives
 * it. Statuses: docs/troubleshooting.md.
 */
import { Counter } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { Trace } from './trace';

const CANSTAT: u32 = 0x0e;
const CANCTRL: u32 = 0x0f;
const TEC: u32 = 0x1c;
const REC: u32 = 0x1d;
const CANINTE: u32 = 0x2b;
const EFLG: u32 = 0x2d;
const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA
const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_102 = '20 40 00 00 01 aa 00 00 00 00 00 00 00'; // 102#AA

describe('the trace has', () => {
  test('a fault state with TEC, REC and EFLG, bus-off with its time, and the way back', () => {
    const board = new FakeBoard('restart-ms=50').connected();
    const trace = new Trace(board);
    board.chip.set(TEC, 0x60);
    board.chip.set(REC, 0x02);
    board.chip.set(EFLG, 0x05); // transmit warning
    board.pass(20_000);
    trace.expectIn(['4 1 50260']);
    board.pass(30_000);
    expect(trace.take().includes('|4 ')).toBe(false, 'it has not changed');
    board.chip.set(EFLG, 0x20);
    board.pass(20_000);
    trace.expectIn(['4 3 200260', '5 0 0', '16 52 32']);
    board.chip.set(EFLG, 0);
    board.pass(60_000);
    trace.expectIn(['6 0 0']);
  });

  test('a chip that has lost its settings, and that is back', () => {
    const board = new FakeBoard().connected();
    const trace = new Trace(board);
    board.chip.set(CANSTAT, 0x80);
    board.chip.set(CANCTRL, 0x87);
    board.chip.set(CANINTE, 0);
    board.pass(50_000);
    trace.expectIn(['7 0 0', '16 53 0', '8 0 0']);
  });

  test('frames that rules answer and drop, by the number of the rule', () => {
    const board = new FakeBoard();
    const image = board.loadRules();
    // Rule 0 drops, rule 1 answers.
    store<u8>(image.add(0x100), 0, 25);
    image.addAnswer(0x101, 0x201, 1, 0xbb);
    store<u8>(image.add(0x102), 0, 25);
    image.finish();
    board.connected();
    const trace = new Trace(board);
    board.chip.fill(0, FRAME_100);
    board.pass(200);
    trace.expectIn(['3 0 100']);
    board.chip.fill(0, FRAME_101);
    board.pass(200);
    trace.expectIn(['2 1 101']);
    board.chip.fill(0, FRAME_102);
    board.pass(200);
    trace.expectIn(['3 2 102']);
  });

  test('a frame that no rule matches and that is not for AGL', () => {
    const board = new FakeBoard();
    const image = board.loadRules();
    image.addAnswer(0x101, 0x201, 1, 0xbb);
    image.finish();
    store<u32>(image.address, 1, 20); // default: drop
    image.seal();
    board.connected();
    const trace = new Trace(board);
    board.chip.fill(0, FRAME_100);
    board.pass(200);
    trace.expectIn(['3 65535 100']);
  });

  test('a session that goes and comes, with the frames that were lost since the one before', () => {
    const board = new FakeBoard().connected();
    const trace = new Trace(board);
    board.agl.leave();
    board.aglRuns = false;
    board.pass(10_000);
    for (let count = 0; count < 2; count++) {
      board.chip.fill(0, FRAME_101);
      board.pass(2_000);
    }
    expect(board.counted(Counter.ForwardDroppedNoPeer)).toBe(2);
    board.aglRuns = true;
    board.connect();
    board.pass(10_000);
    trace.expectIn(['9 0 2']);
  });

  test('a chip that sleeps after so many seconds, and why it wakes', () => {
    const board = new FakeBoard('sleep=2').connected();
    const trace = new Trace(board);
    board.wait(2_300_000);
    trace.expectIn(['18 0 2']);
    board.chip.wake();
    board.pass(20_000);
    trace.expectIn(['19 0 0']); // the bus
    board.wait(2_300_000);
    board.sendToCell(newFrame(0x123, 0, 0));
    board.pass(20_000);
    trace.expectIn(['18 0 2', '19 1 0']); // AGL
  });

  test('late steps with their task and their time, eight of a task', () => {
    const board = new FakeBoard().connected();
    const trace = new Trace(board);
    for (let round = 0; round < 10; round++) {
      board.chip.fill(0, FRAME_101);
      board.clock.perLook = 5_000;
      board.cell.step();
      board.clock.perLook = 10;
      board.pass(100);
    }
    const late = trace.take().split('|14 0 ').length - 1;
    expect(late).toBe(8);
  });

  test('the start: the rules in force and their checksum, after what was said before the page was there', () => {
    const board = new FakeBoard('mode=listen-only');
    const image = new RuleImage2(heap.alloc(0x10000));
    image.addAnswer(0x200, 0x201, 1, 1);
    image.indexOnly(0x200, false);
    const trace = new Trace(board);
    board.startWith(image);
    const checksum = load<u32>(image.address, 12).toString(16);
    trace.expectIn([`1 1 ${checksum}`, '16 57 0']);
    const bad = new FakeBoard();
    bad.loadRules().finish();
    store<u8>(bad.host.rules, 9, 4); // another format version
    const early = new Trace(bad);
    bad.start();
    early.expectIn(['16 61 0', '1 0 0']);
    const slow = new FakeBoard();
    slow.chip.brokenRegister = 0x20; // a mask, at the first clock
    slow.chip.repairAt = 1_000_000;
    const lowered = new Trace(slow);
    slow.start();
    lowered.expectIn(['16 19 0']);
    const seeking = new FakeBoard('bitrate=auto');
    const sought = new Trace(seeking);
    seeking.start();
    sought.expectIn(['16 13 0']);
  });
});
