// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Bus supervision: fault states and error frames, overflow, bus-off, a chip that loses its
 * settings, a faulty INT line, a wrong crystal, a bus without another node.
 *
 * Sources: docs/settings.md ("Error frames", restart-ms), docs/troubleshooting.md 50 to 59 and 95.
 * EFLG is 0x2d: EWARN 01, RXWAR 02, TXWAR 04, RXEP 08, TXEP 10, TXBO 20, RX0OVR 40, RX1OVR 80;
 * CANINTF.MERRF 80.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { FakeBoard } from './fake-board';

const CANSTAT: u32 = 0x0e;
const CANCTRL: u32 = 0x0f;
const TEC: u32 = 0x1c;
const REC: u32 = 0x1d;
const CANINTE: u32 = 0x2b;
const CANINTF: u32 = 0x2c;
const EFLG: u32 = 0x2d;
const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA

function loud(words: string = ''): FakeBoard {
  return new FakeBoard(`console=on ${words}`).connected();
}

/** Sets EFLG to `flags` for 20 ms. */
function show(board: FakeBoard, flags: u32): void {
  board.chip.set(EFLG, flags);
  board.pass(20_000);
}

/** The supply drops and comes back: the registers have their reset values. */
function reset(board: FakeBoard): void {
  board.chip.set(CANSTAT, 0x80);
  board.chip.set(CANCTRL, 0x87);
  board.chip.set(CANINTE, 0);
}

/** How often a full look, READ from CNF3 (28h), begins in `micros`. */
function fullLooks(board: FakeBoard, micros: u32): i32 {
  board.chip.take();
  board.pass(micros);
  return board.chip.take().split('03 28 ').length - 1;
}

function expectSaid(board: FakeBoard, words: string): void {
  const said = board.said();
  expect(said.includes(words)).toBe(true, `${words} in: ${said}`);
}

describe('the fault state', () => {
  test('goes to AGL as error frames, with TEC and REC in the last two bytes', () => {
    const board = loud('errors=1');
    board.chip.set(TEC, 0x60);
    board.chip.set(REC, 0x02);
    show(board, 0x05); // transmit warning
    show(board, 0x15); // transmit passive
    show(board, 0x03); // receive warning
    show(board, 0x0b); // receive passive
    show(board, 0x00);
    expect(board.counted(Counter.FaultStateChanges)).toBe(5);
    expect(board.counted((Counter.ErrorMessagesFirst + 2) as Counter)).toBe(5);
    // CAN_ERR_FLAG, CAN_ERR_CRTL, CAN_ERR_CNT. The second byte of the data is data[1].
    expect(board.takeFromCell()).toBe('20000204 8 0 0 260000000000800');
    expect(board.takeFromCell()).toBe('20000204 8 0 0 260000000002000');
    expect(board.takeFromCell()).toBe('20000204 8 0 0 260000000000400');
    expect(board.takeFromCell()).toBe('20000204 8 0 0 260000000001000');
    expect(board.takeFromCell()).toBe('20000204 8 0 0 260000000004000');
    expect(board.counted(Counter.ErrorMessagesForwarded)).toBe(5);
  });

  test('is counted, and goes nowhere, without errors=1 or without AGL', () => {
    const board = loud();
    show(board, 0x05);
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.ErrorMessagesDropped)).toBe(0);
    const alone = new FakeBoard('errors=1');
    alone.host.linkStatus = Status.IvshmemAbsent;
    alone.start();
    show(alone, 0x05);
    expect(alone.counted(Counter.ErrorMessagesDropped)).toBe(1);
  });

  test('that was worse between two looks is told as the next worse one', () => {
    const board = loud('errors=1');
    board.chip.set(REC, 0x50);
    board.pass(20_000);
    board.chip.set(CANINTF, 0x20); // ERRIF
    board.pass(20_000);
    expect(board.takeFromCell()).toBe('20000204 8 0 0 5000000000000400', 'receive warning');
    board.takeFromCell();
    board.chip.set(REC, 0);
    board.chip.set(TEC, 0x61);
    show(board, 0x05);
    board.takeFromCell();
    board.chip.set(CANINTF, 0x20);
    board.pass(20_000);
    expect(board.takeFromCell()).toBe('20000204 8 0 0 61000000002000', 'transmit passive');
  });

  test('that was worse between two looks is told with the error counters read after it', () => {
    const board = loud('errors=1');
    board.pass(20_000);
    board.chip.set(REC, 0x50);
    board.chip.set(CANINTF, 0x20); // ERRIF
    board.pass(20_000);
    expect(board.takeFromCell()).toBe('20000204 8 0 0 5000000000000400', 'receive warning');
  });

  test('is looked at each millisecond while there are errors', () => {
    const board = loud();
    board.pass(60_000);
    board.chip.take();
    board.pass(9_000);
    const calm = board.chip.take().split('|').length;
    board.chip.set(CANINTF, 0x80);
    board.pass(12_000);
    board.chip.take();
    board.pass(9_000);
    expect(board.chip.take().split('|').length).toBeGreaterThan(calm + 4);
  });
});

describe('lost frames', () => {
  test('are said with their number, once a second at most', () => {
    const board = loud('errors=1');
    board.chip.set(EFLG, 0x40);
    board.pass(20_000);
    expectSaid(board, 'times: they were not read in time (status 56)');
    expect(board.takeFromCell()).toBe('20000204 8 0 0 100', 'receive overflow');
    board.chip.set(EFLG, 0x80);
    board.pass(20_000);
    expect(board.said()).toBe('');
    expect(board.counted(Counter.ReceiveOverflow0)).toBe(1);
    expect(board.counted(Counter.ReceiveOverflow1)).toBe(1);
    board.wait(1_000_000);
    board.chip.set(EFLG, 0x80);
    board.pass(20_000);
    expectSaid(board, 'frames lost in the controller 2 times');
  });
});

describe('bus-off', () => {
  test('ends after the time, when the chip has counted its bits before', () => {
    const board = loud('restart-ms=50 errors=1');
    board.chip.set(EFLG, 0x20);
    board.pass(20_000);
    expectSaid(board, 'bus-off: too many errors while sending. Back in 50 ms (status 52)');
    expect(board.counted(Counter.BusOff)).toBe(1);
    expect(board.chip.get(CANCTRL) & 0x10).toBe(0x10, 'ABAT');
    board.chip.set(EFLG, 0);
    board.pass(10_000);
    expect(board.chip.get(CANSTAT)).toBe(0x80, 'configuration mode until the time is over');
    board.pass(40_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
    expect(board.counted(Counter.Restarts)).toBe(1);
    expectSaid(board, 'canwarden: back on the bus\n');
    expect(board.takeFromCell().startsWith('20000')).toBe(true);
  });

  test('ends when the chip has counted, if that is after the time', () => {
    const board = loud('restart-ms=5');
    board.chip.set(EFLG, 0x20);
    board.pass(30_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00, 'it counts in normal mode');
    board.chip.set(EFLG, 0);
    board.pass(10_000);
    expect(board.counted(Counter.Restarts)).toBe(1);
  });

  test('ends by way of configuration mode on a bus that gives the chip nothing to count', () => {
    const board = loud('restart-ms=5');
    board.chip.set(EFLG, 0x20);
    // 128 frames of 192 bits at 500 kbit/s: 49 ms after the restart time.
    board.pass(50_000);
    expect(board.counted(Counter.Restarts)).toBe(0);
    board.chip.take();
    board.pass(20_000);
    expect(board.counted(Counter.Restarts)).toBe(1);
    expect(board.chip.take().includes('05 0f f8 90')).toBe(true, 'REQOP 100 and ABAT');
  });

  test('does not end with restart-ms=0', () => {
    const board = loud('restart-ms=0');
    board.chip.set(EFLG, 0x20);
    board.pass(20_000);
    expectSaid(board, 'The cell stays off the bus until it is started again (status 52)');
    board.chip.set(EFLG, 0);
    board.wait(1_000_000);
    expect(board.chip.get(CANSTAT)).toBe(0x80);
    expect(board.counted(Counter.Restarts)).toBe(0);
  });

  test('in which the chip loses its settings becomes a set-up', () => {
    const board = loud('restart-ms=50');
    board.chip.set(EFLG, 0x20);
    board.pass(20_000);
    reset(board);
    board.pass(100_000);
    expect(board.counted(Counter.ChipResets)).toBe(1);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
  });

  test('ends all the same where transactions fail in it, whichever', () => {
    for (let transactions = 0; transactions < 6; transactions++) {
      const board = loud('restart-ms=5');
      board.chip.set(EFLG, 0x20);
      while (board.counted(Counter.BusOff) === 0) board.step();
      board.chip.set(EFLG, 0);
      board.chip.transactionsLeft = transactions;
      board.pass(20_000);
      expect(board.counted(Counter.Restarts)).toBe(0);
      board.chip.transactionsLeft = -1;
      board.pass(150_000);
      expect(board.chip.get(CANSTAT)).toBe(0x00);
      expect(board.counted(Counter.Restarts)).toBe(1);
    }
  });
});

describe('a chip that has lost its settings', () => {
  test('is set up again, and that is said', () => {
    const board = loud('errors=1');
    reset(board);
    board.pass(50_000);
    const said = board.said();
    expect(said.includes('has lost its settings; a drop of its supply? It is set up again')).toBe(
      true,
    );
    expect(said.includes('the MCP2515 is back on the bus, counters kept')).toBe(true, said);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
    expect(board.counted((Counter.ErrorMessagesFirst + 8) as Counter)).toBe(1, 'restarted');
  });

  test('comes back whichever transaction of that fails', () => {
    for (let transactions = 0; transactions < 40; transactions++) {
      const board = loud();
      reset(board);
      while (board.counted(Counter.ChipResets) === 0) board.step();
      board.chip.transactionsLeft = transactions;
      board.wait(20_000);
      board.chip.transactionsLeft = -1;
      board.wait(300_000);
      expect(board.chip.get(CANSTAT)).toBe(0x00, `after ${transactions}`);
    }
  });

  test('and does not come back is tried every 100 ms, and said once', () => {
    const board = loud();
    reset(board);
    board.chip.silentValue = 0xff;
    board.wait(500_000);
    const said = board.said();
    const first = said.indexOf('does not come back; tried again every 100 ms (status 22)');
    expect(first).toBeGreaterThan(0, said);
    expect(said.indexOf('does not come back', first + 1)).toBe(-1, 'once');
    board.chip.silentValue = -1;
    board.pass(300_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
  });

  test('and never sees the bus free is not on the bus', () => {
    const board = loud();
    reset(board);
    board.pass(2_500);
    board.chip.brokenRegister = CANCTRL;
    board.pass(100_000);
    expectSaid(board, 'does not come back; tried again every 100 ms (status 24)');
    board.chip.brokenRegister = -1;
    board.pass(300_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
  });
});

describe('a line that lies', () => {
  test('by silence is given up after three looks, and the frames are read', () => {
    const board = loud();
    board.line.isDead = true;
    for (let index = 0; index < 3; index++) {
      board.chip.fill(0, FRAME_101);
      board.pass(20_000);
    }
    expect(board.counted(Counter.InterruptsMissed)).toBe(3);
    expectSaid(board, 'INT is not asserted though a frame waits');
    board.chip.fill(0, FRAME_101);
    board.pass(1_000);
    expect(board.counted(Counter.Received)).toBe(4);
  });

  test('by silence, once, is believed again after it has been right', () => {
    const board = loud();
    board.line.isDead = true;
    board.chip.fill(0, FRAME_101);
    board.pass(20_000);
    board.line.isDead = false;
    board.pass(50_000);
    expect(board.said()).toBe('');
  });

  test('by silence, once, is looked at each millisecond, until a frame breaks a look off', () => {
    const board = loud();
    board.line.isDead = true;
    board.chip.fill(0, FRAME_101);
    board.pass(20_000);
    expect(board.counted(Counter.InterruptsMissed)).toBe(1);
    board.line.isDead = false;
    const doubtful = fullLooks(board, 20_000);
    expect(doubtful).toBeGreaterThan(10, 'in 20 ms');
    // Each is followed by TEC and REC, and by a buffer's content. More than these would keep frames from AGL.
    expect(doubtful).toBeLessThan(22, 'in 20 ms');
    board.chip.givesWay = 1;
    board.pass(2_000);
    expect(board.chip.givesWay).toBe(0);
    expect(fullLooks(board, 20_000)).toBeLessThan(4, 'in 20 ms');
  });

  test('by being asserted for nothing is given up, and said', () => {
    const board = loud();
    board.line.glitches = 10_000_000;
    board.pass(300_000);
    expectSaid(board, 'INT is asserted though nothing waits');
  });
});

describe('a bus on which there are', () => {
  test('no other nodes is said after 50 ms without an acknowledge', () => {
    const board = loud('txtimeout-ms=0');
    board.sendToCell(newFrame(0x123, 0, 0));
    board.chip.set(TEC, 0x80);
    show(board, 0x15);
    board.pass(100_000);
    expectSaid(board, 'nobody acknowledges what the cell sends (TEC 128)');
    board.pass(100_000);
    expect(board.said()).toBe('', 'once');
    board.chip.finish(0);
    show(board, 0x00);
    show(board, 0x15);
    board.sendToCell(newFrame(0x123, 0, 0));
    board.pass(100_000);
    expectSaid(board, 'nobody acknowledges');
  });

  test('frames that are taken back while nobody acknowledges say both', () => {
    const board = loud('txtimeout-ms=20 errors=1');
    board.chip.set(EFLG, 0x15);
    board.pass(20_000);
    board.takeFromCell();
    board.sendToCell(newFrame(0x123, 0, 0));
    board.sendToCell(newFrame(0x124, 0, 0));
    board.pass(80_000);
    expect(board.counted((Counter.ErrorMessagesFirst + 0) as Counter)).toBe(2);
    expect(board.counted((Counter.ErrorMessagesFirst + 5) as Counter)).toBe(2);
    expectSaid(board, '(status 58)');
  });
});

describe('a system error', () => {
  test('that waits at the core is said once and counted each time', () => {
    const board = loud();
    for (let index = 0; index < 2; index++) {
      board.host.systemError = true;
      board.pass(5_000);
      board.host.systemError = false;
      board.pass(5_000);
    }
    expect(board.counted(Counter.SystemErrors)).toBe(2);
    const said = board.said();
    expect(said.indexOf('(SError)')).toBe(said.lastIndexOf('(SError)'), said);
    expect(said.includes('(status 95)')).toBe(true, said);
  });
});
