// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * A frame that comes in while the strongest answer takes the buffer of a weaker one: docs/decisions/0041-haste.md.
 *
 * Two or three weak answers are pending, and 0x104 has asked for 0x050. With a filter TXB2 has the answer to 0x200.
 * DS20001801J, table 12-1: READ STATUS a0, RX STATUS b0, BIT MODIFY 05, LOAD TX BUFFER 40 and 42, RTS of TXB0 to TXB2
 * 81, 82, 84, READ RX BUFFER 90 and 94.
 */
import { Haste } from '../../../src/cell/transmit/haste';
import { TransmitScheduler } from '../../../src/cell/transmit/scheduler';
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { FakeBoard, FakeParts } from './fake-board';

const REQUESTS = [
  '20 20 00 00 00 00 00 00 00 00 00 00 00', // 101#
  '20 40 00 00 00 00 00 00 00 00 00 00 00', // 102#
  '20 60 00 00 00 00 00 00 00 00 00 00 00', // 103#
];
const STRONG = '20 80 00 00 00 00 00 00 00 00 00 00 00'; // 104#
const FILTERED = '40 00 00 00 00 00 00 00 00 00 00 00 00'; // 200#
const OTHER = '20 a0 00 00 00 00 00 00 00 00 00 00 00'; // 105#

const CANINTF: u32 = 0x2c;
const SHARED: u32 = 0;
const URGENT_FIRST: u32 = 4;
const SINGLE: u32 = 6;
const WAYS = [SHARED, URGENT_FIRST, SINGLE];
const FAST = 'bitrate=1000000';

/** The weak answers are pending. Each look at the clock takes 1 us. */
function pending(receive: u32, settings: string = ''): FakeBoard {
  const board = new FakeBoard();
  board.host.commandLine = settings;
  const image = board.loadRules();
  for (let rule: u32 = 0; rule < 3; rule++) {
    image.addAnswer(0x101 + rule, 0x7a1 + rule, 1, 0xa0 + rule);
  }
  image.addAnswer(0x104, 0x050, 1, 0x50);
  if (receive !== SHARED) {
    const rule = image.addAnswer(0x200, 0x201, 1, 0x20);
    store<u8>(rule, 1, 27);
    // Data or remote: INT tells of both.
    store<u32>(rule, 0x800007ff, 4);
  }
  image.finish();
  store<u32>(image.address, receive, 20);
  image.seal();
  board.connected();
  const weak = receive === SHARED ? 3 : 2;
  for (let rule = 0; rule < weak; rule++) {
    board.chip.fill(bufferOf(receive), REQUESTS[rule]);
    board.pass(100);
  }
  board.clock.perLook = 1;
  board.pass(50);
  board.chip.take();
  return board;
}

/** Where a frame is that no filter recognises. */
function bufferOf(receive: u32): u32 {
  return receive === SHARED ? 0 : 1;
}

/** The same, and the request of the strong one was read. */
function hasty(receive: u32, settings: string = ''): FakeBoard {
  const board = pending(receive, settings);
  const delayed = board.counted(Counter.AnswersDelayed);
  board.chip.fill(bufferOf(receive), STRONG);
  while ((board.chip.get(CANINTF) & 3) !== 0) board.step();
  expect(board.counted(Counter.AnswersDelayed)).toBe(delayed + 1, 'it waits');
  board.chip.take();
  return board;
}

/** Steps until RTS of the strong answer, whose TXB0SIDH is 0a. Returns the traffic since the last `take`. */
function untilStrong(board: FakeBoard): string {
  for (let step = 0; step < 40; step++) {
    board.step();
    const log = board.chip.sent;
    const load = log.indexOf('40 0a');
    if (load >= 0 && log.indexOf('|81', load) >= 0) return board.chip.take();
  }
  throw new Error(board.chip.sent);
}

/** The same after `steps` steps, without their traffic, with a frame in RXB`buffer` that came behind them. */
function withFrame(board: FakeBoard, steps: u32, buffer: u32, registers: string): string {
  board.step(steps);
  const before = board.chip.sent;
  board.chip.fill(buffer, registers);
  return untilStrong(board).substr(before.length === 0 ? 0 : before.length + 1);
}

/** The frame in the chip is read in the next steps, once. `log`: the traffic up to now. */
function expectReadNow(board: FakeBoard, log: string, what: string): void {
  expect(log.includes('90 ') || log.includes('94 ')).toBe(false, `${what}: ${log}`);
  const received = board.counted(Counter.Received);
  board.step(6);
  const sent = board.chip.take();
  expect(sent.includes('90 ') || sent.includes('94 ')).toBe(true, `${what}: ${sent}`);
  expect(board.counted(Counter.Received)).toBe(received + 1, what);
}

describe('a request that the filter tells', () => {
  test('is answered before each step of the haste, and read behind it', () => {
    for (let steps = 0; steps < 3; steps++) {
      const told = hasty(URGENT_FIRST);
      const log = withFrame(told, steps, 0, FILTERED);
      expect(log.startsWith('b0 00|84|')).toBe(true, log);
      expectReadNow(told, log, 'RX STATUS tells');
      expect(told.counted(Counter.AnsweredStatic)).toBe(4);
      const alone = hasty(SINGLE);
      const byLine = withFrame(alone, steps, 0, FILTERED);
      expect(byLine.startsWith('84|a0 00|')).toBe(true, byLine);
      expectReadNow(alone, byLine, 'INT tells');
      expect(alone.counted(Counter.AnsweredStatic)).toBe(4);
    }
  });

  test('is not answered in haste if the answer to the one before is on its way', () => {
    for (let receive = URGENT_FIRST; receive <= SINGLE; receive += SINGLE - URGENT_FIRST) {
      const board = pending(receive);
      board.chip.fill(0, FILTERED);
      board.pass(50);
      board.chip.fill(1, STRONG);
      while ((board.chip.get(CANINTF) & 3) !== 0) board.step();
      board.chip.take();
      const delayed = board.counted(Counter.AnswersDelayed);
      const log = withFrame(board, 0, 0, FILTERED);
      expect(log.startsWith('b0 00|')).toBe(true, log);
      expect(log.includes('84')).toBe(false, log);
      expectReadNow(board, log, 'it is owed');
      expect(board.counted(Counter.AnswersDelayed)).toBe(delayed + 1);
    }
  });
});

describe('another frame', () => {
  test('waits for each step of the haste, and is read behind it', () => {
    for (let steps = 0; steps < 3; steps++) {
      for (let way = 0; way < WAYS.length; way++) {
        const receive = WAYS[way];
        const board = hasty(receive);
        const log = withFrame(board, steps, bufferOf(receive), OTHER);
        expectReadNow(board, log, `receive ${receive}, step ${steps}`);
      }
    }
  });

  // READ of it and LOAD TX BUFFER take 34 us with 1 us a byte, and 47 bits at 500 kbit/s 94 us.
  test('waits while the next one that finds no buffer is not complete: of two buffers that is the next but one', () => {
    for (let way = 0; way < WAYS.length; way++) {
      const receive = WAYS[way];
      const limit = receive === SHARED ? 188 - 34 : 94 - 34;
      for (let over = 0; over < 2; over++) {
        const board = hasty(receive);
        // No frame comes sooner behind the request. With `single` the last look at RXB1 counts.
        if (receive !== SINGLE) board.clock.now += 94;
        board.chip.fill(bufferOf(receive), OTHER);
        board.clock.now += over === 0 ? limit - 30 : limit + 10;
        board.step(8);
        const log = board.chip.take();
        const read = log.indexOf(receive === SHARED ? '90 ' : '94 ');
        const load = log.indexOf('40 0a');
        expect(min<i32>(read, load)).toBeGreaterThan(-1, log);
        expect(read < load).toBe(over !== 0, `receive ${receive}: ${log}`);
      }
    }
  });

  test('is read at once where the buffer was free', () => {
    const board = pending(SHARED);
    board.chip.finish(2);
    board.chip.fill(0, STRONG);
    board.step();
    expect(board.parts.controller.frameKnown).toBe(false);
    board.chip.take();
    board.chip.fill(0, OTHER);
    board.step();
    const log = board.chip.take();
    expect(log.startsWith('a0 00|90 ')).toBe(true, log);
  });
});

describe('a transaction of the haste', () => {
  test('gives way to INT only while INT can tell a request', () => {
    expect(givesWay(SHARED, '', 0)).toBe(false);
    expect(givesWay(URGENT_FIRST, '', 0)).toBe(true);
    expect(givesWay(URGENT_FIRST, OTHER, 1)).toBe(false, 'INT is low for that');
    expect(givesWay(SINGLE, '', 0)).toBe(true);
    expect(givesWay(SINGLE, OTHER, 1)).toBe(true, 'INT does not tell of it');
    expect(givesWay(SINGLE, FILTERED, 0)).toBe(false);
  });
});

// 47 bits are 47 us. On this board a byte is 0.6 us on the wire: READ STATUS and READ take 9.6 us, LOAD TX BUFFER 8.4, what is
// behind it 5.4, and 7.0 us beside the bytes. So a frame may wait 22 us before the load, and 25 behind it.
const SHORTEST = 47;

describe('faster than 500 kbit/s', () => {
  test('a request that RX STATUS tells waits as any other frame, and is answered behind the haste', () => {
    for (let steps = 0; steps < 3; steps++) {
      const board = hasty(URGENT_FIRST, FAST);
      board.clock.perLook = 0;
      const log = withFrame(board, steps, 0, FILTERED);
      expect(log.includes('b0 00') || log.includes('84')).toBe(false, log);
      board.step(2);
      const behind = board.chip.take();
      expect(behind.startsWith('b0 00|84|')).toBe(true, behind);
      board.step(6);
      expect(board.counted(Counter.AnsweredStatic)).toBe(4);
    }
  });

  test('it is read where it cannot wait, once, and answered then', () => {
    const board = hasty(URGENT_FIRST, FAST);
    board.clock.perLook = 0;
    board.chip.fill(0, FILTERED);
    board.clock.now += SHORTEST + 24;
    const log = untilStrong(board);
    expect(log.includes('b0 00')).toBe(false, log);
    expect(log.startsWith('a0 00|90 ')).toBe(true, log);
    expect(log.indexOf('|84')).toBeGreaterThan(0, log);
    expect(log.indexOf('90 ')).toBe(log.lastIndexOf('90 '), log);
    expect(board.counted(Counter.AnsweredStatic)).toBe(4);
  });

  test('a frame behind one that was read counts from the end of that one, and the shortest frame after', () => {
    const board = hasty(URGENT_FIRST, FAST);
    board.clock.perLook = 0;
    board.chip.fill(1, OTHER);
    board.clock.now += SHORTEST + 24;
    board.step(2);
    expect(board.counted(Counter.Received)).toBe(4);
    const since = board.parts.controller.receiver.takenSinceTicks;
    // INT was not looked at for long, as a step may take.
    board.clock.now = since + SHORTEST + 21;
    board.chip.fill(1, OTHER);
    board.chip.take();
    const log = untilStrong(board);
    expect(log.includes('94 ')).toBe(false, log);
  });

  test('nothing looks at INT where RX STATUS tells, and every transaction does where INT tells alone', () => {
    expect(givesWay(URGENT_FIRST, '', 0, FAST)).toBe(false);
    expect(givesWay(URGENT_FIRST, FILTERED, 0, FAST)).toBe(false);
    expect(givesWay(SINGLE, '', 0, FAST)).toBe(true);
    expect(givesWay(SINGLE, OTHER, 1, FAST)).toBe(true);
  });

  test('an answer with bytes of a request that was read waits behind the haste', () => {
    const board = new FakeBoard().connected();
    const haste = new Haste<FakeParts>(board.parts);
    haste.begin(0x100);
    expect(haste.keepsWindow(0x0ff)).toBe(false);
    board.parts.settings.bitrate = 1_000_000;
    expect(haste.keepsWindow(0x0ff)).toBe(true);
    haste.end();
    expect(haste.keepsWindow(0x0ff)).toBe(false);
  });
});

describe('a weaker answer that is read in haste', () => {
  test('leaves the buffer that gets free just then to the stronger frame', () => {
    const board = new FakeBoard().connected();
    const scheduler = new TransmitScheduler<FakeParts>(board.parts);
    const stronger = newFrame(0x010, 0, 0);
    scheduler.haste.begin(0x010 << 18);
    scheduler.fromAgl.put(changetype<usize>(stronger), 0x010 << 18, 0);
    board.chip.take();
    const weaker = newFrame(0x123, 0, 0);
    expect(scheduler.sendNow(weaker, 0x123 << 18)).toBe(Status.Full);
    expect(board.chip.take()).toBe('', 'no READ STATUS for it either');
    expect(scheduler.sendNow(newFrame(0x00f, 0, 0), 0x00f << 18)).toBe(Status.Ok);
  });
});

/** Whether LOAD TX BUFFER of the strong answer may be broken off, with a frame in RXB`buffer` that waits, or none. */
function givesWay(receive: u32, frame: string, buffer: u32, settings: string = ''): bool {
  const board = hasty(receive, settings);
  if (settings.length !== 0) board.clock.perLook = 0;
  board.step();
  if (frame.length !== 0) board.chip.fill(buffer, frame);
  board.chip.givesWay = 1;
  untilStrong(board);
  return board.chip.givesWay === 0;
}
