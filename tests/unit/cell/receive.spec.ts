// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** What becomes of a frame of the bus: forwarded to AGL, answered or dropped; and its counters. */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { RuleImage } from '../support/rule-image';
import { FakeBoard } from './fake-board';

const FRAME_101 = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122

/** A board whose cell runs with the session to AGL. */
function connected(board: FakeBoard): FakeBoard {
  expect(board.start()).toBe(Status.Ok, board.host.console);
  board.connect();
  board.chip.take();
  return board;
}

describe('a frame of the bus', () => {
  test('goes to AGL if no rule says otherwise', () => {
    const board = connected(new FakeBoard());
    const received = board.parts.counters.of(Counter.Received);
    const forwarded = board.parts.counters.of(Counter.Forwarded);
    board.chip.fill(0, FRAME_101);
    board.step(4);
    expect(board.takeFromCell()).toBe('101 1 0 0 aa');
    expect(board.takeFromCell()).toBe('', 'once');
    expect(board.parts.counters.of(Counter.Received) - received).toBe(1);
    expect(board.parts.counters.of(Counter.Forwarded) - forwarded).toBe(1);
  });

  test('is dropped and counted while AGL has never been there', () => {
    const board = new FakeBoard();
    expect(board.start()).toBe(Status.Ok);
    const dropped = board.parts.counters.of(Counter.ForwardDroppedNoPeer);
    board.chip.fill(0, FRAME_101);
    for (let count = 0; count < 4; count++) board.cell.step();
    expect(board.parts.counters.of(Counter.ForwardDroppedNoPeer) - dropped).toBe(1);
  });

  test('is dropped and counted without a link', () => {
    const board = new FakeBoard();
    board.host.linkStatus = Status.IvshmemAbsent;
    expect(board.start()).toBe(Status.Ok);
    expect(board.host.console.includes('no link to AGL')).toBe(true, board.host.console);
    const dropped = board.parts.counters.of(Counter.ForwardDroppedNoPeer);
    board.chip.fill(0, FRAME_101);
    board.step(4);
    expect(board.parts.counters.of(Counter.ForwardDroppedNoPeer) - dropped).toBe(1);
    expect(board.takeFromCell()).toBe('');
  });

  test('is answered by a rule, in the step that takes it, and not forwarded', () => {
    const board = new FakeBoard('int=gpio');
    const image = new RuleImage(heap.alloc(8192));
    // A rule forwards its frames unless it says otherwise. This one only answers.
    image.addAnswer(0x200, 0x201, 2, 0xbbaa);
    board.host.rules = image.address;
    image.finish();
    connected(board);
    const answered = board.parts.counters.of(Counter.AnsweredStatic);
    const notForwarded = board.parts.counters.of(Counter.AnsweredNotForwarded);
    board.chip.fill(0, FRAME_200);
    board.step();
    // READ RX BUFFER, then RTS of a buffer that was loaded at the start. No LOAD comes between
    // them.
    const sent = board.chip.take();
    expect(sent.endsWith('|84')).toBe(true, sent);
    expect(board.parts.counters.of(Counter.AnsweredStatic) - answered).toBe(1);
    expect(board.parts.counters.of(Counter.AnsweredNotForwarded) - notForwarded).toBe(1);
    board.step(4);
    expect(board.takeFromCell()).toBe('');
  });
});
