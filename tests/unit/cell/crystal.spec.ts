// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The crystal at the start: osc=auto, a given one that is another, and what a restart knows. Numbers:
 * docs/settings.md.
 */
import { CONTROL_SECTION_BYTES } from '../../../src/page/layout';
import { Status } from '../../../src/rt/status';
import { FakeBoard } from './fake-board';

const CANSTAT: u32 = 0x0e;
/** RTS of all three buffers (DS20001801J, figure 12-6). */
const RTS_ALL = '|87|';

/** A board with this crystal, whose clock is fine enough to time frames by. */
function timed(crystalHertz: f64, commandLine: string): FakeBoard {
  const board = new FakeBoard(commandLine);
  board.chip.crystalHertz = crystalHertz;
  board.clock.perLook = 2;
  return board;
}

function expectFound(crystalHertz: f64, nominalHertz: u32): void {
  const board = timed(crystalHertz, 'osc=auto');
  expect(board.start()).toBe(Status.Ok, board.host.console);
  expect(board.parts.settings.oscillatorHertz).toBe(nominalHertz, board.host.console);
  const off = abs<f64>((board.parts.crystalHertz as f64) / crystalHertz - 1);
  expect(off).toBeLessThan(0.001);
  expect(board.chip.get(CANSTAT)).toBe(0x00, 'normal mode');
}

describe('osc=auto', () => {
  test('finds each crystal that is on sale, and says what it measured', () => {
    expectFound(8_000_000, 8_000_000);
    expectFound(10_000_000, 10_000_000);
    expectFound(12_000_000, 12_000_000);
    expectFound(16_000_000, 16_000_000);
    expectFound(20_000_000, 20_000_000);
    expectFound(25_000_000, 25_000_000);
  });

  test('takes one that is up to 2 % off, and says what becomes of the bit rate', () => {
    expectFound(7_850_000, 8_000_000);
    expectFound(16_300_000, 16_000_000);
    const board = timed(12_120_000, 'osc=auto');
    expect(board.start()).toBe(Status.Ok);
    expect(board.said().includes(', 1.0 % off: too much for a bus; status 17)')).toBe(true);
  });

  test('refuses one that is none of them, and names what it measured', () => {
    const board = timed(9_000_000, 'osc=auto');
    expect(board.start()).toBe(Status.CrystalUnusual);
    const said = board.said();
    expect(said.includes('the crystal measures ')).toBe(true, said);
    expect(said.endsWith('(status 15)\n')).toBe(true, said);
    expect(board.host.failures).toBe(1);
  });

  test('refuses a chip that finishes no frame, in bounded time', () => {
    const board = timed(1, 'osc=auto');
    expect(board.start()).toBe(Status.CrystalUnmeasured);
    expect(board.said().endsWith('(status 14)\n')).toBe(true);
    expect(board.clock.now).toBeLessThan(300_000);
  });

  test('measures once: not again after a restart in place', () => {
    const board = timed(12_000_000, 'osc=auto');
    expect(board.start()).toBe(Status.Ok);
    expect(board.chip.sent.includes(RTS_ALL)).toBe(true, 'measured');
    const again = timed(12_000_000, 'osc=auto');
    memory.copy(again.page.base, board.page.base, CONTROL_SECTION_BYTES);
    expect(again.cell.start(1)).toBe(Status.Ok);
    expect(again.parts.crystalHertz).toBe(board.parts.crystalHertz);
    expect(again.parts.settings.oscillatorHertz).toBe(12_000_000);
    expect(again.chip.sent.includes(RTS_ALL)).toBe(false, 'not measured');
    // Without a page of the run before there is nothing to go by.
    const blank = timed(12_000_000, 'osc=auto');
    expect(blank.cell.start(1)).toBe(Status.Ok);
    expect(blank.chip.sent.includes(RTS_ALL)).toBe(true, 'measured');
  });
});

describe('a given osc', () => {
  test('is kept, and named when the crystal is another', () => {
    const board = timed(8_000_000, 'osc=16000000');
    expect(board.start()).toBe(Status.Ok);
    const said = board.said();
    expect(said.includes('the crystal measures about ')).toBe(true, said);
    expect(said.includes('(status 16)')).toBe(true, said);
    expect(board.parts.settings.oscillatorHertz).toBe(16_000_000);
  });

  test('that is right says nothing, and is not measured again after a restart', () => {
    const board = timed(12_000_000, 'osc=12000000');
    expect(board.start()).toBe(Status.Ok);
    expect(board.said().includes('measure')).toBe(false);
    const again = timed(12_000_000, 'osc=12000000');
    expect(again.cell.start(1)).toBe(Status.Ok);
    expect(again.chip.sent.includes(RTS_ALL)).toBe(false);
  });
});
