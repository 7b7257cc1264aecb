// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** The status page, the end of the cell, and the page after a trap (docs/status-page.md). */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { FakeBoard } from './fake-board';

const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA

function word(board: FakeBoard, offset: u32): u32 {
  return load<u32>(board.page.base + offset);
}

/** The event and `a` of the last record of the trace. */
function lastEvent(board: FakeBoard): u32 {
  const index = (word(board, 0x1f00) - 1) & 1023;
  return load<u32>(board.page.base + 0x2000 + 16 * index, 8);
}

describe('the page', () => {
  test('has the head of a cell that runs', () => {
    const board = new FakeBoard('bitrate=250000').connected();
    board.pass(20_000);
    expect(word(board, 0x0000)).toBe(0x54535743, 'CWST');
    expect(word(board, 0x0004)).toBe(2, 'version');
    expect(word(board, 0x0018)).toBe(1_000_000, 'ticks per second');
    expect(word(board, 0x001c)).toBe(250_000);
    expect(word(board, 0x0094)).toBe(250_000);
    expect(word(board, 0x0044)).toBe(1 << 16, 'front-end');
    expect(word(board, 0x0048)).toBe(2, 'frames flow');
    expect(word(board, 0x0080)).toBe(17, 'tasks');
    const heartbeat = word(board, 0x000c);
    board.pass(20_000);
    expect(word(board, 0x000c)).toBeGreaterThan(heartbeat);
  });

  test('has the role, and no session without a link or before there is one', () => {
    const none = new FakeBoard();
    none.host.linkStatus = Status.IvshmemAbsent;
    none.start();
    expect(word(none, 0x0044) >> 16).toBe(0);
    expect(word(none, 0x0048)).toBe(0);
    const alone = new FakeBoard();
    alone.start();
    expect(word(alone, 0x0048)).toBe(0);
    const back = new FakeBoard();
    back.host.isBackEnd = true;
    back.connected();
    back.pass(20_000);
    expect(word(back, 0x0044) >> 16).toBe(2);
    expect(word(back, 0x0048)).toBe(2);
  });

  test('shows a session that is being set up', () => {
    const states = new StaticArray<bool>(3);
    const front = new FakeBoard();
    front.start();
    while (!front.parts.agl.running) {
      front.step();
      states[front.parts.agl.session] = true;
    }
    expect(states[0] && states[1]).toBe(true);
    const back = new FakeBoard();
    back.host.isBackEnd = true;
    back.start();
    states[1] = false;
    while (!back.parts.agl.running) {
      back.step();
      states[back.parts.agl.session] = true;
    }
    expect(states[1]).toBe(true);
  });

  test('counts what is under way of AGL', () => {
    const board = new FakeBoard('txtimeout-ms=0').connected();
    board.sendToCell(newFrame(0x123, 0, 0));
    board.pass(20_000);
    expect(word(board, 0x0090)).toBe(1);
  });

  test('has received frames in recorder and counters', () => {
    const board = new FakeBoard().connected();
    const before = word(board, 0x1f08);
    board.chip.fill(0, FRAME_101);
    board.pass(20_000);
    expect(word(board, 0x1f08)).toBe(before + 1);
    const entry = board.page.base + 0x8000 + 24 * before;
    expect((load<u64>(entry) >> 62) as u32).toBe(0, 'received');
    expect(load<u32>(entry, 8)).toBe(0x101);
  });

  test('is not written without the device', () => {
    const board = new FakeBoard();
    board.host.pageStatus = Status.ControlAbsent;
    board.connected();
    board.chip.fill(0, FRAME_101);
    board.pass(20_000);
    board.cell.reportFault(1, 0, 0, 0, false);
    expect(word(board, 0)).toBe(0);
    expect(board.said().includes('stopped by a fault')).toBe(true, 'the console has it at once');
  });
});

describe('a trap', () => {
  test('is in the page, and said once the cell has started anew', () => {
    const board = new FakeBoard().connected();
    board.cell.reportFault(0x104, 0x96000046, 0x3f000000, 0x1234, false);
    expect(word(board, 0x003c)).toBe(Status.TrapMemory);
    expect(word(board, 0x0058)).toBe(0x104);
    expect(word(board, 0x005c)).toBe(0x96000046);
    expect(word(board, 0x0060)).toBe(0x3f000000);
    expect(word(board, 0x0064)).toBe(0x1234);
    expect(board.said()).toBe('');
    const next = new FakeBoard();
    memory.copy(next.page.base, board.page.base, 0x20000);
    expect(next.cell.start(1)).toBe(Status.Ok);
    expect(word(next, 0x0054)).toBe(1, 'restarts');
    expect(word(next, 0x0058)).toBe(0x104, 'kept');
    const said = next.said();
    expect(
      said.includes(
        'kind 0x104, syndrome 0x96000046, address 0x3f000000, at 0x00001234. Starting anew',
      ),
    ).toBe(true, said);
    expect(said.includes('(status 90)')).toBe(true, said);
  });

  test('that is the third in ten seconds is said at once', () => {
    const board = new FakeBoard().connected();
    board.cell.reportFault(2, 0, 0, 0, true);
    const said = board.said();
    expect(
      said.includes('. The third in ten seconds: load and start the cell again (status 91)'),
    ).toBe(true, said);
  });
});

describe('a request to end', () => {
  test('is granted: the chip in configuration mode, the page complete, one line if it is loud', () => {
    const board = new FakeBoard('console=on').connected();
    board.host.wantsShutdown = true;
    let status: Status = Status.Ok;
    for (let count = 0; count < 1_000 && status !== Status.ShutdownRequested; count++) {
      status = board.cell.step();
    }
    expect(status).toBe(Status.ShutdownRequested);
    expect(board.host.approvals).toBe(1);
    expect(board.chip.get(0x0e)).toBe(0x80);
    expect(word(board, 0x003c)).toBe(80);
    expect(word(board, 0x0048)).toBe(0, 'no session');
    expect(lastEvent(board)).toBe(15, 'ShutDown, a 0');
    expect(board.host.console.endsWith('canwarden: shut down on request\n')).toBe(true);
    board.cell.end();
    const quiet = new FakeBoard();
    quiet.host.linkStatus = Status.IvshmemAbsent;
    quiet.start();
    quiet.said();
    quiet.host.wantsShutdown = true;
    while (quiet.cell.step() !== Status.ShutdownRequested) continue;
    expect(quiet.host.console).toBe('');
  });

  test('is refused once while Linux waits for the end of START or STOP', () => {
    const board = new FakeBoard();
    board.host.isBackEnd = true;
    board.start();
    while (!board.parts.agl.isControlOpen) board.step();
    board.host.wantsShutdown = true;
    board.aglRuns = false;
    let count = 0;
    while (board.host.denials === 0 && count++ < 1_000) board.cell.step();
    expect(board.host.denials).toBe(1);
    for (let steps = 0; steps < 300; steps++) board.cell.step();
    expect(board.host.approvals).toBe(0, 'the cell goes on');
    board.host.wantsShutdown = true;
    while (board.host.approvals === 0 && count++ < 2_000) board.cell.step();
    expect(board.host.denials).toBe(1);
    expect(board.host.approvals).toBe(1);
  });
});

describe('the core', () => {
  test('sleeps between two steps where it may, until something is due', () => {
    const board = new FakeBoard('idle=wfi');
    board.idle.sleeps = true;
    board.connected();
    let rests = 0;
    for (let count = 0; count < 2_000; count++) {
      if (board.cell.step() !== Status.Empty) continue;
      expect(board.idle.deadlineTicks).toBeLessThan(board.clock.now + 1_100);
      expect(board.idle.deadlineTicks).toBeGreaterThan(board.clock.now - 100);
      board.cell.rest();
      rests++;
    }
    expect(rests).toBeGreaterThan(100);
    expect(board.idle.sleepsSeen).toBe(rests as u32);
  });
});

describe('late steps', () => {
  test('of a task are said three times, at most one line a second, then only counted', () => {
    const board = new FakeBoard('console=on').connected();
    for (let round = 0; round < 6; round++) {
      board.chip.fill(0, FRAME_101);
      board.clock.perLook = 5_000;
      board.cell.step();
      board.clock.perLook = 10;
      board.wait(1_100_000);
    }
    const said = board.said();
    let lines = 0;
    for (let at = said.indexOf('a step of "receive"'); at >= 0; lines++) {
      at = said.indexOf('a step of "receive"', at + 1);
    }
    expect(lines).toBe(3, said);
    // A tick is a microsecond. The row of `receive` is the first, its longest step at 32.
    const longest = load<u32>(board.parts.rows.at(0), 32);
    expect(load<u32>(board.parts.rows.at(11), 28)).toBeGreaterThan(4, 'runs of `late report`');
    expect(said.includes(`took up to ${longest} us`)).toBe(true, said);
    expect(said.includes('(status 81)')).toBe(true);
    expect(board.counted(Counter.DeadlineMisses)).toBeGreaterThan(5);
  });
});
