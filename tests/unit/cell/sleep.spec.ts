// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Sleep: when the cell puts the chip to sleep, and what wakes it (docs/settings.md, "Sleep").
 *
 * Source: DS20001801J, section 10.2. REQOP 001 is sleep mode; WAKIF is CANINTF 40, WAKIE CANINTE
 * 40.
 */
import { Counter } from '../../../src/rt/counters';
import { newFrame } from '../support/frames';
import { FakeBoard } from './fake-board';

const CANSTAT: u32 = 0x0e;
const CANCTRL: u32 = 0x0f;
const CANINTF: u32 = 0x2c;
const EFLG: u32 = 0x2d;
const SLEEP: u32 = 0x20;
const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA

function asleep(words: string = ''): FakeBoard {
  const board = new FakeBoard(`sleep=1 console=on ${words}`).connected();
  board.wait(1_200_000);
  expect(board.chip.get(CANSTAT)).toBe(SLEEP);
  expect(board.counted(Counter.Sleeps)).toBe(1);
  const said = board.said();
  expect(said.includes('asleep: nothing on the bus for 1 s')).toBe(true, said);
  return board;
}

function expectAwake(board: FakeBoard, why: string): void {
  expect(board.chip.get(CANSTAT)).toBe(0x00, 'normal mode');
  const said = board.said();
  expect(said.includes(`canwarden: awake: ${why}\n`)).toBe(true, said);
}

describe('the chip', () => {
  test('sleeps after the time without a frame, and not before', () => {
    const board = new FakeBoard('sleep=1').connected();
    board.wait(700_000);
    board.chip.fill(0, FRAME_101);
    board.wait(700_000);
    expect(board.counted(Counter.Sleeps)).toBe(0);
    board.wait(500_000);
    expect(board.counted(Counter.Sleeps)).toBe(1);
  });

  test('never sleeps without the setting, nor in loopback mode, nor with a frame to be sent', () => {
    const never = new FakeBoard().connected();
    never.wait(1_200_000);
    expect(never.counted(Counter.Sleeps)).toBe(0);
    const loop = new FakeBoard('sleep=1 mode=loopback').connected();
    loop.wait(1_200_000);
    expect(loop.counted(Counter.Sleeps)).toBe(0);
    const busy = new FakeBoard('sleep=1 txtimeout-ms=0').connected();
    busy.sendToCell(newFrame(0x123, 0, 0));
    busy.wait(1_200_000);
    expect(busy.counted(Counter.Sleeps)).toBe(0);
  });

  test('is woken by the bus, and the frame is counted', () => {
    const board = asleep();
    board.chip.wake();
    board.pass(20_000);
    expectAwake(board, 'a frame on the bus, which is lost by that');
    expect(board.counted(Counter.WakesByBus)).toBe(1);
    board.chip.fill(0, FRAME_101);
    board.pass(1_000);
    expect(board.counted(Counter.Received)).toBe(1);
  });

  test('is found awake without INT, too', () => {
    const board = asleep('int=spi');
    board.chip.wake();
    board.pass(20_000);
    expectAwake(board, 'a frame on the bus, which is lost by that');
    const silent = asleep();
    silent.line.isDead = true;
    silent.chip.wake();
    silent.pass(30_000);
    expect(silent.chip.get(CANSTAT)).toBe(0x00);
  });

  test('is woken for a frame of AGL, which then goes out', () => {
    const board = asleep();
    board.sendToCell(newFrame(0x123, 0, 0));
    board.pass(20_000);
    expectAwake(board, 'AGL has a frame for the bus');
    expect(board.counted(Counter.FromAgl)).toBe(1);
    expect(board.counted(Counter.WakesByBus)).toBe(0);
  });

  test('is woken again when a frame came while it went to sleep', () => {
    const board = new FakeBoard('sleep=1 console=on').connected();
    while (board.chip.get(CANSTAT) !== SLEEP) board.step();
    board.chip.fill(0, FRAME_101);
    board.pass(30_000);
    expectAwake(board, 'a frame came while the chip went to sleep');
    expect(board.counted(Counter.Received)).toBe(1);
  });

  test('that slept in a fault state begins anew in the active one, and AGL is told', () => {
    const board = new FakeBoard('sleep=1 errors=1').connected();
    board.chip.set(EFLG, 0x05);
    board.wait(1_200_000);
    expect(board.chip.get(CANSTAT)).toBe(SLEEP);
    board.takeFromCell();
    board.chip.set(EFLG, 0);
    board.chip.wake();
    board.pass(30_000);
    // CAN_ERR_CRTL, data[1] active.
    expect(board.takeFromCell().endsWith('4000')).toBe(true);
  });

  test('that does not follow is set up again', () => {
    const stuck = new FakeBoard('sleep=1').connected();
    stuck.chip.modeStuck = true;
    stuck.wait(1_200_000);
    expect(stuck.counted(Counter.ChipResets)).toBe(1);
    const board = asleep();
    board.chip.set(CANINTF, 0x40); // INT is asserted, but the mode stays
    board.pass(20_000);
    expect(board.counted(Counter.ChipResets)).toBe(1);
    board.pass(100_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
  });

  test('that fell silent in its sleep is set up again', () => {
    const board = asleep();
    board.chip.transactionsLeft = 0;
    board.pass(20_000);
    expect(board.counted(Counter.ChipResets)).toBe(1);
    board.chip.transactionsLeft = -1;
    board.pass(200_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
  });

  test('that lost its settings while it woke is set up again', () => {
    const board = asleep();
    board.chip.wake();
    while (board.chip.get(CANSTAT) !== 0x00) board.step();
    board.chip.set(CANSTAT, 0x80);
    board.chip.set(CANCTRL, 0x87);
    board.pass(200_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00);
  });
});
