// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Times that are promised, to the tick: the clock stands still while the cell has something to do, and goes on to what
 * is due next.
 *
 * Sources: docs/settings.md (console=, "Error frames", "The bit rate"), docs/troubleshooting.md 24 and 50, docs/timing-budget.md (polls each 16 bit times). DS20001801J, table 12-1: READ STATUS a0, READ 03.
 */
import { BusDiagnosis } from '../../../src/cell/bus/diagnosis';
import { FaultReport } from '../../../src/cell/bus/report';
import { Counter } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard, FakeParts } from './fake-board';

const CANSTAT: u32 = 0x0e;
const EFLG: u32 = 0x2d;
const RXEP: u32 = 0x08;

const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA

/** From here on the clock moves only while the cell waits. */
function exact(board: FakeBoard): FakeBoard {
  board.clock.perLook = 0;
  board.clock.skips = true;
  return board;
}

/** The clock at the next step with a transaction that has `bytes`; at most so many steps. */
function nextWith(board: FakeBoard, bytes: string): u64 {
  for (let step = 0; step < 20_000; step++) {
    board.chip.take();
    board.cell.step();
    if (board.chip.sent.includes(bytes)) return board.clock.now;
  }
  return 0;
}

/** The clock when a transaction fails next; at most so many steps. */
function nextTimeout(board: FakeBoard): u64 {
  const before = board.counted(Counter.SpiTimeouts);
  for (let step = 0; step < 20_000; step++) {
    if (board.counted(Counter.SpiTimeouts) !== before) return board.clock.now;
    board.cell.step();
  }
  return 0;
}

describe('the console', () => {
  test('puts out a character in 100 us', () => {
    const board = exact(new FakeBoard('console=on').connected());
    board.chip.set(EFLG, 0x40); // an overflow, of which a line tells
    while (board.host.console.length === 0) board.cell.step();
    const begin = board.clock.now;
    while (board.host.console.length < 11) board.cell.step();
    expect(board.clock.now - begin).toBe(1_000);
  });
});

describe('a frame in the chip', () => {
  test('is looked at each 16 bit times', () => {
    const board = new FakeBoard('txtimeout-ms=0').connected();
    board.sendToCell(newFrame(0x123, 0, 0));
    board.pass(1_000);
    exact(board);
    const first = nextWith(board, 'a0 00');
    expect(nextWith(board, 'a0 00') - first).toBe(32); // at 500 kbit/s
  });
});

describe('a frame that READ STATUS has shown as sent', () => {
  test('leaves nothing behind for which the core would be kept awake', () => {
    // Right behind a look, and while the next one is awaited.
    for (let rounds = 0; rounds < 3; rounds++) {
      const board = new FakeBoard().connected();
      board.sendToCell(newFrame(0x123, 0, 0));
      board.pass(200);
      nextWith(board, 'a0 00');
      board.step(rounds);
      exact(board);
      // A frame that comes in: READ STATUS tells of both.
      board.chip.finish(0);
      board.chip.fill(0, '20 20 00 00 01 aa 00 00 00 00 00 00 00');
      const end = board.clock.now + 50_000;
      let steps = 0;
      while (board.clock.now < end && steps < 5_000) {
        board.cell.step();
        steps++;
      }
      expect(board.counted(Counter.FromAglSent)).toBe(1);
      expect(steps).toBeLessThan(5_000);
    }
  });
});

describe('a sleeping chip', () => {
  test('is looked at each 10 ms', () => {
    const board = new FakeBoard('sleep=1').connected();
    exact(board);
    while (board.counted(Counter.Sleeps) === 0) board.cell.step();
    const first = nextWith(board, '03 ');
    for (let look = 1; look < 4; look++) {
      expect(nextWith(board, '03 ') - first).toBe(10_000 * look);
    }
  });
});

describe('a chip that does not come back', () => {
  test('is set up again after 100 ms', () => {
    const board = exact(new FakeBoard().connected());
    board.chip.set(CANSTAT, 0x80);
    while (board.counted(Counter.ChipResets) === 0) board.cell.step();
    board.chip.transactionsLeft = 0;
    const first = nextTimeout(board);
    for (let attempt = 1; attempt < 4; attempt++) {
      expect(nextTimeout(board) - first).toBe(100_000 * attempt);
    }
  });
});

// docs/rules.md, "The rate of answers": the buffer is closed while the rate is used up, and opens when the next answer is
// allowed. RX STATUS is b0, RTS of TXB2 84, READ RX BUFFER 0 90.
describe('a rate of one answer in 10 ms', () => {
  test('gives its filter back to the rule after 10 ms, not before', () => {
    const image = new RuleImage2(heap.alloc(0x10000), true);
    const rule = image.addAnswer(0x100, 0x110, 1, 0);
    store<u8>(rule, 1, 27);
    store<u16>(rule, 1, 58);
    store<u32>(rule, 10_000, 60);
    image.indexOnly(0x100, false);
    for (let early = 0; early < 2; early++) {
      const board = exact(new FakeBoard('txtimeout-ms=0').connectedWith(image));
      board.chip.fill(0, FRAME_100);
      const end = board.clock.now + 10_000;
      board.cell.step();
      board.chip.finish(2);
      let steps = 0;
      while (board.clock.now < end || (early === 0 && board.clock.now === end)) {
        if (++steps === 5_000) break;
        if (early !== 0 && board.clock.now > end - 1_500) break;
        board.cell.step();
      }
      expect(steps).toBeLessThan(5_000);
      board.chip.take();
      board.chip.fill(0, FRAME_100);
      board.cell.step();
      const log = board.chip.take();
      expect(log.startsWith(early === 0 ? 'b0 00|84|90' : 'b0 00|90')).toBe(true, log);
    }
  });
});

describe('only errors on the bus', () => {
  test('are said after half a second, not before', () => {
    const board = new FakeBoard('console=on').connected();
    const parts = board.parts;
    const report = new FaultReport<FakeParts>(parts);
    const diagnosis = new BusDiagnosis<FakeParts>(parts, report);
    parts.controller.faults.errorFlags = RXEP;
    diagnosis.look(1_000_000);
    diagnosis.look(1_499_999);
    expect(board.said()).toBe('');
    diagnosis.look(1_500_000);
    expect(board.said().includes('(status 50)')).toBe(true);
  });
});

describe('bus-off', () => {
  test('ends at the restart time, if the chip has counted before', () => {
    const board = exact(new FakeBoard('restart-ms=50').connected());
    board.chip.set(EFLG, 0x20);
    while (board.counted(Counter.BusOff) === 0) board.cell.step();
    const begin = board.clock.now;
    board.chip.set(EFLG, 0);
    while (board.chip.get(CANSTAT) !== 0x80) board.cell.step();
    while (board.chip.get(CANSTAT) !== 0) board.cell.step();
    expect(board.clock.now - begin).toBe(50_000);
  });
});

describe('bus-off on a bus that gives the chip nothing to count', () => {
  test('is over the restart time and 128 frames of 192 bits later', () => {
    const board = exact(new FakeBoard('restart-ms=5 bitrate=20000').connected());
    board.chip.set(EFLG, 0x20);
    while (board.counted(Counter.BusOff) === 0) board.cell.step();
    const begin = board.clock.now;
    // REQOP 100 and ABAT. 128 * 192 bits take 1228.8 ms; it looks each millisecond.
    const end = nextWith(board, '05 0f f8 90');
    expect(end - begin).toBeGreaterThan(5_000 + 1_227_000);
    expect(end - begin).toBeLessThan(5_000 + 1_229_800);
  });
});
