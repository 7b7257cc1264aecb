// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What becomes of a frame from AGL: sent, yielded to an incoming frame, refused, aborted.
 *
 * Sources: counters 47 to 62 of docs/status-page.md; SPI instructions of DS20001801J, table 12-1:
 * LOAD TX BUFFER 0 is 40, its RTS is 81.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { runsOf } from '../../../src/rt/task-rows';
import { newFrame } from '../support/frames';
import { FakeBoard } from './fake-board';

const LOAD_AND_SEND = '40 24 60 00 00 02 aa bb|81'; // 123#AABB
const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const ERROR_FRAME: u32 = 0x20000004;

function send(board: FakeBoard): void {
  expect(board.sendToCell(newFrame(0x123, 2, 0xbbaa))).toBe(Status.Ok);
}

/** A board whose cell is the device, for Linux's own driver. */
function device(commandLine: string = ''): FakeBoard {
  const board = new FakeBoard(commandLine);
  board.host.isBackEnd = true;
  board.connected();
  board.pass(10_000);
  board.chip.take();
  return board;
}

describe('a frame of AGL', () => {
  test('goes out by LOAD TX BUFFER 0 and RTS, and is recorded', () => {
    const board = new FakeBoard().connected();
    send(board);
    board.step(6);
    expect(board.chip.take().includes(LOAD_AND_SEND)).toBe(true);
    expect(board.counted(Counter.FromAglTaken)).toBe(1);
    expect(board.counted(Counter.FromAgl)).toBe(1);
    board.chip.finish(0);
    board.pass(2_000);
    expect(board.counted(Counter.FromAglSent)).toBe(1);
    expect(load<u32>(board.page.base + 0x1f08)).toBe(1, 'frames ever recorded');
  });

  test('has one of two buffers in turn; one more waits, and the others stay in the ring', () => {
    const board = new FakeBoard().connected();
    for (let index = 0; index < 4; index++) send(board);
    board.step(16);
    expect(board.counted(Counter.FromAgl)).toBe(2);
    expect(board.counted(Counter.FromAglTaken)).toBe(3);
    board.chip.finish(0);
    board.pass(2_000);
    expect(board.counted(Counter.FromAglTaken)).toBe(4);
  });

  test('gives way to a frame that comes in, in LOAD and in RTS, and then goes out once', () => {
    const board = new FakeBoard().connected();
    send(board);
    board.chip.givesWay = 5;
    board.step(16);
    expect(board.chip.givesWay).toBe(0);
    expect(board.chip.take().includes(LOAD_AND_SEND)).toBe(true);
    expect(board.counted(Counter.FromAgl)).toBe(1);
  });

  // DS20001801J, table 12-1 and register map 11-1: LOAD TX BUFFER 0 from D0 is 41; TXB0D2 is 38. A byte is written when
  // its last bit has come, so what was clocked before chip select rose stays.
  test('goes on where its LOAD gave way, if the header was through', () => {
    for (let bytes: u32 = 1; bytes < 14; bytes++) {
      const board = new FakeBoard().connected();
      expect(board.sendToCell(newFrame(0x123, 8, 0x8877665544332211))).toBe(Status.Ok);
      board.chip.givesWay = 1;
      board.chip.bytesBefore = bytes;
      board.step(16);
      const log = board.chip.take();
      const whole = '40 24 60 00 00 08 11 22 33 44 55 66 77 88';
      const cut = whole.substr(0, 3 * bytes - 1);
      let rest = whole;
      if (bytes === 6) rest = `41 ${whole.substr(18)}`;
      else if (bytes > 6) rest = `02 ${(0x36 + bytes - 6).toString(16)} ${whole.substr(3 * bytes)}`;
      expect(log.includes(`${cut}|${rest}|81`)).toBe(true, `${bytes}: ${log}`);
      for (let at: u32 = 0; at < 8; at++) expect(board.chip.get(0x36 + at)).toBe(0x11 * (at + 1));
    }
  });

  test('goes on after giving way twice, and after a LOAD that did not begin', () => {
    const board = new FakeBoard().connected();
    expect(board.sendToCell(newFrame(0x123, 8, 0x8877665544332211))).toBe(Status.Ok);
    board.chip.givesWay = 2;
    board.chip.bytesBefore = 8;
    board.step(16);
    const log = board.chip.take();
    expect(log.includes('40 24 60 00 00 08 11 22|02')).toBe(true, log);
    // Eight bytes are the whole rest: an order whose last byte is through is done.
    expect(log.includes('02 38 33 44 55 66 77 88|81')).toBe(true, log);
  });

  test('that is a remote frame is loaded anew: nothing is behind its header', () => {
    const board = new FakeBoard().connected();
    expect(board.sendToCell(newFrame(0x40000123, 8, 0))).toBe(Status.Ok);
    board.chip.givesWay = 1;
    board.chip.bytesBefore = 4;
    board.step(16);
    const log = board.chip.take();
    expect(log.includes('40 24 60 00|40 24 60 00 00 48|81')).toBe(true, log);
  });

  test('is carried through after 16 broken attempts', () => {
    const board = new FakeBoard().connected();
    send(board);
    board.chip.givesWay = 1_000;
    // LOAD and RTS, 17 attempts each, and a few steps of others.
    board.step(17);
    expect(board.counted(Counter.FromAgl)).toBe(0);
    board.step(30);
    expect(board.counted(Counter.FromAgl)).toBe(1);
  });

  test('that is stronger is taken before one that waits is loaded', () => {
    const board = new FakeBoard('agl-order=identifier').connected();
    send(board);
    while (board.counted(Counter.FromAglTaken) === 0) board.step(1);
    board.sendToCell(newFrame(0x100, 1, 0xaa));
    board.step(6);
    // 100#AA is LOAD TX BUFFER 0 with 20 00, 123 has 24 60.
    const seen = board.chip.take();
    expect(seen.includes('40 20 00 00 00 01 aa')).toBe(true, seen);
    expect(seen.includes('40 24 60')).toBe(false, seen);
  });

  test('does not wait for messages behind it that are none', () => {
    const board = new FakeBoard('agl-order=identifier').connected();
    send(board);
    for (let count = 0; count < 8; count++) board.sendToCell(newFrame(ERROR_FRAME, 8, 0));
    board.chip.take();
    let seen = '';
    while (!seen.includes('|81')) {
      board.step(1);
      seen += '|' + board.chip.take();
    }
    expect(board.counted(Counter.FromAglTaken)).toBeLessThan(4);
  });

  test('is refused in listen-only mode', () => {
    const board = new FakeBoard('mode=listen-only').connected();
    send(board);
    board.step(6);
    expect(board.chip.take().includes('81')).toBe(false);
    expect(board.counted(Counter.FromAglListenOnly)).toBe(1);
    expect(board.counted(Counter.FromAglRefused)).toBe(1);
  });

  test('is refused when the SPI block stops, in LOAD or in RTS', () => {
    for (let transactions = 0; transactions < 2; transactions++) {
      const board = new FakeBoard().connected();
      send(board);
      board.chip.transactionsLeft = transactions;
      board.step(6);
      expect(board.counted(Counter.FromAglFaulted)).toBe(1);
      expect(board.counted(Counter.FromAglRefused)).toBe(1);
    }
  });

  test('that is an error frame is refused', () => {
    const board = new FakeBoard('errors=1').connected();
    board.sendToCell(newFrame(ERROR_FRAME, 8, 0));
    board.step(6);
    const taken = board.counted(Counter.FromAglTaken);
    expect(board.counted(Counter.FromAglErrorMessages)).toBe(taken);
    expect(board.counted(Counter.FromAglRefused)).toBe(taken);
  });

  test('is taken back after txtimeout-ms, and that is said', () => {
    const board = new FakeBoard('txtimeout-ms=20 console=on').connected();
    send(board);
    board.pass(30_000);
    expect(board.chip.get(0x30) & 0x08).toBe(0, 'TXREQ is cleared');
    expect(board.counted(Counter.FromAglTimedOut)).toBe(1);
    const said = board.said();
    expect(said.includes('not sent within 20 ms and was taken back (status 58)')).toBe(true, said);
    expect(board.counted((Counter.ErrorMessagesFirst + 0) as Counter)).toBe(1);
  });

  test('waits for ever with txtimeout-ms=0', () => {
    const board = new FakeBoard('txtimeout-ms=0').connected();
    send(board);
    board.wait(1_100_000);
    expect(board.chip.get(0x30) & 0x08).toBe(0x08);
    expect(board.counted(Counter.FromAglTimedOut)).toBe(0);
  });

  test('that loses arbitration, or meets an error, with oneshot=1 has ended', () => {
    const lost = new FakeBoard('oneshot=1').connected();
    send(lost);
    lost.step(6);
    lost.chip.set(0x30, 0x03 | 0x20); // MLOA
    lost.pass(5_000);
    expect(lost.counted(Counter.FromAglLostArbitration)).toBe(1);
    expect(lost.counted((Counter.ErrorMessagesFirst + 1) as Counter)).toBe(1);
    const failed = new FakeBoard('oneshot=1').connected();
    send(failed);
    failed.step(6);
    failed.chip.set(0x30, 0x03 | 0x10); // TXERR
    failed.pass(5_000);
    expect(failed.counted(Counter.FromAglErrors)).toBe(1);
    expect(failed.counted((Counter.ErrorMessagesFirst + 7) as Counter)).toBe(1);
    expect(failed.counted((Counter.ErrorMessagesFirst + 0) as Counter)).toBe(0, 'no other class');
  });
});

describe('where Linux drives the cell', () => {
  test('a frame counts as done when the chip has sent it', () => {
    const board = device();
    send(board);
    board.step(8);
    expect(board.chip.take().includes(LOAD_AND_SEND)).toBe(true);
    expect(board.linux.counters.transmitted).toBe(0);
    board.chip.finish(0);
    board.pass(3_000);
    expect(board.linux.counters.transmitted).toBe(1);
    expect(board.counted(Counter.FromAglSent)).toBe(1);
  });

  test('a frame that is taken back is reported as not sent', () => {
    const board = device('txtimeout-ms=20');
    send(board);
    board.pass(40_000);
    expect(board.counted(Counter.FromAglTimedOut)).toBe(1);
    expect(board.linux.counters.transmitted).toBe(0);
    expect(board.linux.counters.refused).toBe(1);
  });

  test('a frame is withdrawn from the chip when Linux goes', () => {
    const board = device();
    send(board);
    board.step(8);
    board.linux.leave();
    board.aglRuns = false;
    board.pass(20_000);
    expect(board.counted(Counter.FromAglWithdrawn)).toBe(1);
    expect(board.chip.get(0x30) & 0x08).toBe(0, 'TXREQ is cleared');
  });

  test('a frame is withdrawn each time that Linux goes, and none of the session that follows', () => {
    const board = device();
    for (let goes = 1; goes <= 3; goes++) {
      send(board);
      board.step(8);
      expect(board.chip.get(0x30) & 0x08).toBe(0x08, 'TXREQ');
      board.linux.leave();
      board.aglRuns = false;
      board.pass(20_000);
      expect(board.counted(Counter.FromAglWithdrawn)).toBe(goes);
      board.aglRuns = true;
      board.connected();
      board.pass(20_000);
    }
    send(board);
    board.step(8);
    board.pass(3_000);
    expect(board.chip.get(0x30) & 0x08).toBe(0x08, 'TXREQ');
    expect(board.counted(Counter.FromAglWithdrawn)).toBe(3);
  });

  test('a frame that is not yet sent is given up when Linux goes, be it loaded or not', () => {
    for (let loaded = 0; loaded < 2; loaded++) {
      const board = device();
      send(board);
      while (board.parts.fromAgl.isEmpty) board.step();
      if (loaded !== 0) board.step();
      // As at bus-off: the chip cannot send, so the session comes first.
      board.parts.controller.buffers.closed = true;
      board.linux.leave();
      board.aglRuns = false;
      board.pass(2_000);
      board.chip.take();
      board.parts.controller.buffers.closed = false;
      board.pass(2_000);
      expect(board.chip.take().includes('81')).toBe(false);
      expect(board.counted(Counter.FromAglStopped)).toBe(1);
      expect(board.counted(Counter.FromAgl)).toBe(0);
    }
  });

  test('a frame that is given up is a step, so that it counts for no other task', () => {
    const board = device();
    send(board);
    while (board.parts.fromAgl.isEmpty) board.step();
    board.parts.controller.buffers.closed = true;
    board.linux.leave();
    board.aglRuns = false;
    const fromAgl = board.parts.rows.at(8);
    let runs = runsOf(fromAgl);
    for (let steps = 0; board.counted(Counter.FromAglStopped) === 0 && steps < 1_000; steps++) {
      runs = runsOf(fromAgl);
      board.step();
    }
    expect(board.counted(Counter.FromAglStopped)).toBe(1);
    expect(runsOf(fromAgl)).toBe(runs + 1);
  });

  test('a frame that was displaced is sent again, and Linux hears of its end once', () => {
    const board = new FakeBoard();
    board.host.isBackEnd = true;
    const image = board.loadRules();
    image.addAnswer(0x200, 0x100, 1, 3);
    image.addAnswer(0x300, 0x101, 1, 4);
    image.finish();
    board.connected();
    board.pass(10_000);
    // Two frames of AGL's and two answers need four buffers: the second of AGL's makes room.
    board.sendToCell(newFrame(0x500, 1, 1));
    board.sendToCell(newFrame(0x600, 1, 2));
    board.pass(1_000);
    expect(board.counted(Counter.FromAgl)).toBe(2);
    board.chip.fill(0, '40 00 00 00 00 00 00 00 00 00 00 00 00'); // 200#
    board.pass(1_000);
    board.chip.fill(0, '60 00 00 00 00 00 00 00 00 00 00 00 00'); // 300#
    board.pass(1_000);
    expect(board.counted(Counter.FromAglResent)).toBe(1);
    for (let round = 0; round < 4; round++) {
      for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
      board.pass(2_000);
    }
    expect(board.counted(Counter.FromAglWithdrawn)).toBe(0);
    expect(board.counted(Counter.FromAglSent)).toBe(2);
    expect(board.linux.counters.transmitted).toBe(2);
    expect(board.linux.counters.refused).toBe(0);
  });

  test('a frame of a stopped interface is refused at once, even off the bus', () => {
    const board = device();
    board.parts.controller.buffers.closed = true;
    send(board);
    board.parts.agl.noteBusOff(true, true);
    board.pass(3_000);
    expect(board.counted(Counter.FromAglStopped)).toBe(1);
    expect(board.linux.counters.refused).toBe(1);
  });

  test('a frame of the bus reaches it', () => {
    const board = device();
    board.chip.fill(0, FRAME_101);
    board.pass(200);
    expect(board.takeFromCell()).toBe('101 1 0 0 aa');
    expect(board.counted(Counter.Forwarded)).toBe(1);
  });

  test('bus-off is reported', () => {
    const board = device();
    board.chip.set(0x2d, 0x20);
    board.pass(20_000);
    expect(board.linux.running).toBe(false);
  });
});
