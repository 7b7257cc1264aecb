// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Looks at what the transmit buffers hold: docs/decisions/0043-content-of-buffers.md.
 *
 * DS20001801J: READ 03; TXB0CTRL 30, TXB2CTRL 50, TXB2SIDH 51, TXB2DLC 55, TXB2D0 56 (registers 3-1 to 3-8). TXB2 has the
 * static answer 201#2020 of a filter.
 */
import { Counter } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { FakeBoard } from './fake-board';

const TXB2CTRL: u32 = 0x50;
const TXB2D7: u32 = 0x5d;
const SIDL: u32 = 2;
const D0: u32 = 6;
const D2: u32 = 8;
/** Header and data of three buffers, one each 10 ms. */
const ROUND_MICROS: u32 = 60_000;
const HEADER_READ = '03 50 00 00 00 00 00 00';
const DATA_READ = '03 56 00 00';

function keeping(): FakeBoard {
  const board = new FakeBoard('console=on');
  const image = board.loadRules();
  const rule = image.addAnswer(0x200, 0x201, 2, 0x2020);
  store<u8>(rule, 1, 27);
  image.finish();
  store<u32>(image.address, 4, 20);
  image.seal();
  board.connected();
  expect(board.chip.get(TXB2CTRL + 1)).toBe(0x40, 'TXB2SIDH');
  expect(board.chip.get(TXB2CTRL + D0)).toBe(0x20, 'TXB2D0');
  return board;
}

function change(board: FakeBoard, register: u32): void {
  board.chip.set(register, board.chip.get(register) ^ 1);
}

function isSetUpAgain(board: FakeBoard): bool {
  return board.counted(Counter.ChipResets) !== 0;
}

describe('what a transmit buffer holds', () => {
  test('is looked at each 60 ms, where it is known', () => {
    const board = keeping();
    board.chip.take();
    board.pass(ROUND_MICROS + 2_000);
    const log = board.chip.take();
    expect(log.includes(HEADER_READ)).toBe(true, log);
    expect(log.includes(DATA_READ)).toBe(true, log);
    expect(log.includes('03 30')).toBe(false, 'TXB0 has nothing');
    expect(isSetUpAgain(board)).toBe(false);
  });

  test('is not what was written: the chip is set up again', () => {
    // TXP, the identifier, EID, the length, and both data bytes.
    for (let register: u32 = TXB2CTRL; register < TXB2CTRL + D2; register++) {
      const board = keeping();
      const before = board.chip.get(register);
      change(board, register);
      board.pass(ROUND_MICROS + 10_000);
      expect(board.counted(Counter.ChipResets)).toBe(1, `${register}`);
      expect(board.chip.get(register)).toBe(before, `${register}`);
      expect(board.said().includes('status 53')).toBe(true, `${register}`);
    }
  });

  test('behind its length, and the bits of TXBnCTRL but TXP, do not count', () => {
    const board = keeping();
    for (let register = TXB2CTRL + D2; register <= TXB2D7; register++) change(board, register);
    board.chip.set(TXB2CTRL, board.chip.get(TXB2CTRL) | 0x70); // ABTF, MLOA, TXERR
    board.pass(2 * ROUND_MICROS);
    expect(isSetUpAgain(board)).toBe(false);
  });

  test('is believed to be wrong when it is seen twice in a row', () => {
    const board = keeping();
    change(board, TXB2CTRL + SIDL);
    board.chip.take();
    let log = '';
    while (!log.includes(HEADER_READ)) {
      board.step();
      log += board.chip.take();
    }
    change(board, TXB2CTRL + SIDL);
    board.step(8);
    expect(board.chip.take().includes(HEADER_READ)).toBe(true, 'once more');
    board.pass(2 * ROUND_MICROS);
    expect(isSetUpAgain(board)).toBe(false);
  });

  test('is read again at once after it gave way, and the doubt stays', () => {
    const board = keeping();
    change(board, TXB2CTRL + SIDL);
    board.chip.take();
    board.chip.bytesBefore = 2;
    // The first READ, and the second that is to show the same.
    for (let read = 0; read < 2; read++) {
      let log = '';
      for (let step = 0; log !== '03 50' && step < 100_000; step++) {
        board.chip.givesWay = 1;
        board.step();
        log = board.chip.take();
      }
      board.chip.givesWay = 0;
      expect(isSetUpAgain(board)).toBe(false);
      board.step();
      expect(board.chip.take()).toBe(HEADER_READ, `${read}`);
    }
    board.pass(10_000);
    expect(board.counted(Counter.ChipResets)).toBe(1);
  });

  test("of AGL's is looked at, too, while it waits for the bus", () => {
    const board = keeping();
    board.sendToCell(newFrame(0x600, 2, 0x0201));
    board.pass(1_000);
    board.chip.take();
    board.pass(ROUND_MICROS + 2_000);
    const log = board.chip.take();
    expect(log.includes('03 30') || log.includes('03 40')).toBe(true, log);
    expect(isSetUpAgain(board)).toBe(false);
  });
});
