// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Frames with a check that do not come: a watch finds that there is no new data, and its rule makes a substitute, or not.
 *
 * Sources: docs/rules.md ("What a rule remembers", "E2E").
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';
import { expectReceivedSum } from './sums';
import { addCheck, addWatch } from './watched-rules';

let image = new RuleImage2(heap.alloc(0x10000), true);

beforeEach(() => {
  image = new RuleImage2(heap.alloc(0x10000), true);
});

/** Rule 0 takes 0x200, with these actions; a timeout of 50 ms. Starts, and lets it pass once. */
function miss(actions: u8): FakeBoard {
  const timer = image.addTimer(0, 50_000, 0, 0, 0);
  store<u8>(timer, 3);
  image.indexOnly(0x200, false);
  store<u8>(image.address + 64, actions, 55);
  const board = new FakeBoard();
  board.connectedWith(image);
  board.passAndSend(120_000);
  expect(board.counted(Counter.MessagesMissing)).toBe(1);
  expectReceivedSum(board);
  return board;
}

describe('a frame with a check that does not come', () => {
  test('has a substitute', () => {
    image.add(0x200);
    addCheck(image);
    addWatch(image);
    image.addStep(30, 0, 0, 0, 0x1234, 0);
    image.addStep(18, 0, 0, 0, 0, 0xee); // data = EE
    const board = miss(3);
    expect(board.counted(Counter.CheckNoNewData)).toBe(1);
    expect(board.counted(Counter.FromAglAnswered)).toBe(1);
    expect(board.counted(Counter.Forwarded)).toBe(1);
    expect(board.takeFromCell()).toBe('200 8 0 0 ee');
  });

  test('has none if the program of the substitute deletes it', () => {
    image.add(0x200);
    addCheck(image);
    addWatch(image);
    image.addStep(30, 0, 0, 0, 0x1234, 0);
    image.addStep(22, 0, 0, 0, 9, 0); // a length of 9
    const board = miss(3);
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.ModifiedDeleted)).toBe(1);
    expect(board.counted(Counter.Forwarded)).toBe(0);
  });

  test('has none if its rule has no check', () => {
    image.add(0x200);
    addWatch(image);
    const board = miss(1);
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.CheckNoNewData)).toBe(0);
    expect(board.counted(Counter.FromAglAnswered)).toBe(0);
  });
});
