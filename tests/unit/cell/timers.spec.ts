// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Frames that timers send: when, how many, and what holds them back.
 *
 * Sources: docs/rules.md ("Frames sent by themselves"). The chip takes no time, and a spec ends its frames.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { swapTo } from './asking';
import { FakeBoard } from './fake-board';

let board = new FakeBoard();
let image = new RuleImage2(heap.alloc(0x10000));

/** Frames of timers, also those that wait. */
function due(): u32 {
  return board.counted(Counter.TimedSent);
}

function begin(rules: u32): void {
  image = new RuleImage2(heap.alloc(0x10000));
  for (let rule: u32 = 0; rule < rules; rule++) image.addTimed(0x100 + rule, 1, 0xaa);
}

function start(): void {
  image.beginIndex([]);
  board = new FakeBoard();
  board.startWith(image);
}

/** The image comes into force in the place of the one of the start, and 40 ms pass. */
function replace(): void {
  image.beginIndex([]);
  image.finish();
  swapTo(board, image);
  board.passAndSend(40_000);
}

describe('a timer', () => {
  test('sends count frames at one interval, and then at another', () => {
    begin(1);
    image.addTimer(0, 2_000, 3, 10_000, 5_000);
    start();
    board.passAndSend(4_000);
    expect(due()).toBe(0, 'before its phase');
    // Due at 5, 7, 9, 19 and 29 ms.
    board.passAndSend(6_500);
    expect(due()).toBe(3);
    board.passAndSend(4_000);
    expect(due()).toBe(3);
    board.passAndSend(6_000);
    expect(due()).toBe(4);
    board.passAndSend(10_000);
    expect(due()).toBe(5);
  });

  test('ends after count frames without a second interval', () => {
    begin(1);
    image.addTimer(0, 1_000, 2, 0, 0);
    start();
    board.passAndSend(20_000);
    expect(due()).toBe(2);
    expect(board.parts.responder.table.hitsOf(0)).toBe(2);
  });

  test('does not send a frame while the one before waits', () => {
    begin(1);
    image.addTimer(0, 1_000, 0, 0, 0);
    start();
    // No frame leaves: one in each of three buffers, or less, and one in the list.
    board.wait(20_000);
    const waiting = due();
    expect(waiting).toBeLessThan(5);
    board.wait(5_000);
    expect(due()).toBe(waiting);
    expect(board.counted(Counter.TimedSkipped)).toBeGreaterThan(4);
  });

  test('keeps its time through a swap of tables', () => {
    begin(3);
    image.addTimer(0, 10_000, 0, 0, 0);
    image.addTimer(1, 1_000, 1, 0, 0);
    image.addTimer(2, 1_000, 2, 50_000, 0);
    start();
    const table = board.parts.responder.table;
    board.passAndSend(5_000);
    expect(due()).toBe(4);
    // The same names, and another interval: as if the last frame had been sent with it.
    begin(3);
    image.addTimer(0, 4_000, 0, 0, 0);
    image.addTimer(1, 1_000, 1, 0, 0);
    image.addTimer(2, 1_000, 2, 3_000, 0);
    replace();
    // The first at 10 ms or before, and every 4 ms; the third every 3 ms; the second has ended.
    const before = due();
    const ended = table.hitsOf(1);
    board.passAndSend(12_000);
    expect(due()).toBe(before + 3 + 4);
    expect(table.hitsOf(1)).toBe(ended);
  });

  test('that has ended goes on if another table has it without an end', () => {
    begin(1);
    image.addTimer(0, 1_000, 2, 0, 0);
    start();
    board.passAndSend(20_000);
    expect(due()).toBe(2);
    begin(1);
    image.addTimer(0, 5_000, 0, 0, 0);
    replace();
    expect(due()).toBeGreaterThan(5);
  });

  test('leaves room in the list for answers', () => {
    begin(60);
    for (let rule: u16 = 0; rule < 60; rule++) image.addTimer(rule, 50_000, 0, 0, 0);
    start();
    board.wait(10_000);
    expect(due()).toBeLessThan(16 + 4);
    expect(board.counted(Counter.AnswersDropped)).toBe(0);
    board.passAndSend(40_000);
    expect(due()).toBe(60, 'each has its turn when others have left');
  });
});
