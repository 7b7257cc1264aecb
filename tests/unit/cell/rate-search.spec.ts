// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * bitrate=auto: which rate is taken, when one is left, and what the chip may do meanwhile. Times:
 * docs/settings.md.
 */
import { Status } from '../../../src/rt/status';
import { CONTROL_SECTION_BYTES } from '../../../src/page/layout';
import { FakeBoard } from './fake-board';

const CNF1: u32 = 0x2a;
const CANSTAT: u32 = 0x0e;
const CANINTF: u32 = 0x2c;
const RX0IF: u32 = 0x01;
const MERRF: u32 = 0x80;
const LISTEN_ONLY: u32 = 0x60;
const NORMAL: u32 = 0x00;

// 12 MHz: a bit of 12 quanta (CNF1 0x00) at 500 kbit/s, of 12 and 24 clocks (0x01) at 250 kbit/s.
const CNF1_500K: u32 = 0x00;
const CNF1_250K: u32 = 0x01;

/** Runs until the chip listens at the rate of `cnf1`, at most a second. */
function listensAt(board: FakeBoard, cnf1: u32): bool {
  const end = board.clock.now + 1_000_000;
  while (board.clock.now < end) {
    if (board.chip.get(CANSTAT) === LISTEN_ONLY && board.chip.get(CNF1) === cnf1) return true;
    board.step();
    expect(board.chip.get(CANSTAT)).not.toBe(NORMAL, 'not on the bus yet');
  }
  return false;
}

/** The chip hears something at the present rate; runs until the cell has seen it. */
function hear(board: FakeBoard, flags: u32): void {
  board.chip.set(CANINTF, flags);
  for (let count = 0; board.chip.get(CANINTF) !== 0 && count < 1_000; count++) board.step();
}

function started(commandLine: string): FakeBoard {
  const board = new FakeBoard(commandLine);
  expect(board.start()).toBe(Status.Ok, board.host.console);
  return board;
}

describe('bitrate=auto', () => {
  test('says at the start that it listens, and takes the rate at which frames arrive', () => {
    const board = started('bitrate=auto');
    expect(board.said().includes('ready, listening for the bit rate (status 13)')).toBe(true);
    expect(listensAt(board, CNF1_500K)).toBe(true);
    expect(listensAt(board, CNF1_250K)).toBe(true, 'after a time without a frame');
    hear(board, RX0IF);
    hear(board, RX0IF);
    board.pass(20_000);
    expect(board.chip.get(CANSTAT)).toBe(NORMAL, 'on the bus');
    expect(board.chip.get(CNF1) & 0x3f).toBe(CNF1_250K);
    expect(board.parts.settings.bitrate).toBe(250_000);
    expect(board.said()).toBe('canwarden: on the bus at 250000 bit/s, sample point 83.3 %\n');
  });

  test('leaves a rate at which there are only errors', () => {
    const board = started('bitrate=auto:250k,500k');
    expect(listensAt(board, CNF1_250K)).toBe(true);
    const before = board.clock.now;
    for (let count = 0; count < 9; count++) hear(board, MERRF);
    expect(listensAt(board, CNF1_500K)).toBe(true);
    // 15,000 bits at 250 kbit/s are 60 ms.
    expect(board.clock.now - before).toBeLessThan(50_000);
  });

  test('takes a rate at which another node makes errors', () => {
    const board = started('bitrate=auto:250k,500k');
    expect(listensAt(board, CNF1_250K)).toBe(true);
    for (let count = 0; count < 4; count++) {
      expect(board.parts.isRateSought).toBe(true, 'not for less');
      hear(board, MERRF);
      hear(board, RX0IF);
    }
    expect(board.parts.isRateSought).toBe(false);
    expect(board.parts.settings.bitrate).toBe(250_000);
  });

  test('goes round on a silent bus, passing by what the crystal cannot make', () => {
    const board = started('bitrate=auto:800k,500000,250k');
    for (let round = 0; round < 3; round++) {
      expect(listensAt(board, CNF1_500K)).toBe(true);
      expect(listensAt(board, CNF1_250K)).toBe(true);
    }
    expect(board.parts.isRateSought).toBe(true);
  });

  test('begins with the first of the list that the crystal can make', () => {
    const board = started('bitrate=auto:800k,250k');
    expect(board.parts.settings.bitrate).toBe(250_000);
    expect(listensAt(board, CNF1_250K)).toBe(true);
  });

  test('does not leave a rate with a frame after 15,000 bits', () => {
    const board = started('bitrate=auto:500k,250k');
    expect(listensAt(board, CNF1_500K)).toBe(true);
    // 15,000 bits at 500 kbit/s are 30 ms.
    board.pass(20_000);
    hear(board, RX0IF);
    board.pass(13_000);
    hear(board, RX0IF);
    expect(board.parts.isRateSought).toBe(false);
    expect(board.parts.settings.bitrate).toBe(500_000);
  });

  test('listens on after the chip was reset', () => {
    const board = started('bitrate=auto:250k');
    expect(listensAt(board, CNF1_250K)).toBe(true);
    board.pass(1_000);
    board.chip.set(CANSTAT, 0x80);
    expect(listensAt(board, CNF1_250K)).toBe(true);
    hear(board, RX0IF);
    hear(board, RX0IF);
    expect(board.parts.isRateSought).toBe(false);
  });

  test('stays in listen-only mode with mode=listen-only', () => {
    const board = started('bitrate=auto:250k mode=listen-only');
    expect(listensAt(board, CNF1_250K)).toBe(true);
    hear(board, RX0IF);
    hear(board, RX0IF);
    board.pass(20_000);
    expect(board.chip.get(CANSTAT)).toBe(LISTEN_ONLY);
    expect(board.said().includes('on the bus at 250000 bit/s')).toBe(true);
  });

  test('of which the crystal makes none ends the start', () => {
    const board = new FakeBoard('bitrate=auto:800k');
    expect(board.start()).toBe(Status.BitRateImpossible);
  });

  test('is not looked for again after a restart in place', () => {
    const board = started('bitrate=auto:500k,250k');
    expect(listensAt(board, CNF1_250K)).toBe(true);
    hear(board, RX0IF);
    hear(board, RX0IF);
    board.pass(50_000);
    const again = new FakeBoard('bitrate=auto:500k,250k');
    memory.copy(again.page.base, board.page.base, CONTROL_SECTION_BYTES);
    expect(again.cell.start(1)).toBe(Status.Ok);
    expect(again.chip.get(CANSTAT)).toBe(NORMAL);
    expect(again.parts.settings.bitrate).toBe(250_000);
  });
});
