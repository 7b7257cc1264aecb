// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Watches beside a safe state, and substitutes for frames with a check that do not come.
 *
 * Sources: docs/rules.md ("What a rule remembers", "E2E").
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { swapTo } from './asking';
import { FakeBoard } from './fake-board';
import { expectReceivedSum } from './sums';
import { addCheck, boardThatHolds } from './watched-rules';

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

function addWatch(): void {
  store<u64>(image.addAction(10, 0, 0), 0, 24);
}

describe('a frame with a check that does not come', () => {
  test('has a substitute', () => {
    image.add(0x200);
    addCheck(image);
    addWatch();
    image.addStep(30, 0, 0, 0, 0x1234, 0);
    image.addStep(18, 0, 0, 0, 0, 0xee); // data = EE
    const board = miss(3);
    expect(board.counted(Counter.CheckNoNewData)).toBe(1);
    expect(board.takeFromCell()).toBe('200 8 0 0 ee');
  });

  test('has none if the program of the substitute deletes it', () => {
    image.add(0x200);
    addCheck(image);
    addWatch();
    image.addStep(30, 0, 0, 0, 0x1234, 0);
    image.addStep(22, 0, 0, 0, 9, 0); // a length of 9
    const board = miss(3);
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.ModifiedDeleted)).toBe(1);
    expect(board.counted(Counter.Forwarded)).toBe(0);
  });

  test('has none if its rule has no check', () => {
    image.add(0x200);
    addWatch();
    const board = miss(1);
    expect(board.takeFromCell()).toBe('');
    expect(board.counted(Counter.CheckNoNewData)).toBe(0);
    expect(board.counted(Counter.FromAglAnswered)).toBe(0);
  });
});

describe('a throttle', () => {
  test('hands on the latest frame of its own rule, whichever watch that has', () => {
    const rule = image.add(0x200);
    const throttle = image.addAction(10, 0, 0);
    store<u8>(throttle, 5, 3); // the sixth watch
    store<u32>(throttle, 10_000, 8);
    store<u64>(throttle, 0, 24);
    store<u8>(rule, 1, 55);
    image.indexOnly(0x200, false);
    const board = new FakeBoard();
    board.connectedWith(image);
    for (let frames: u32 = 1; frames <= 3; frames++) {
      board.chip.fill(0, `40 00 00 00 01 0${frames} 00 00 00 00 00 00 00`);
      board.pass(500);
    }
    expect(board.takeFromCell()).toBe('200 1 0 0 1');
    expect(board.takeFromCell()).toBe('');
    board.pass(12_000);
    expect(board.takeFromCell()).toBe('200 1 0 0 3');
    expect(board.takeFromCell()).toBe('');
    let checks: u32 = 0;
    for (let counter = 90; counter <= 93; counter++) {
      checks += board.counted(counter as Counter); // docs/status-page.md: what a check finds
    }
    expect(checks).toBe(0, 'the rule has no check');
    expectReceivedSum(board);
  });
});

describe('another table', () => {
  test('drops the frame that is held, and counts it', () => {
    const board = boardThatHolds(image);
    expect(board.parts.framesHeld).toBe(1);
    swapTo(board, image);
    expect(board.parts.framesHeld).toBe(0);
    expect(board.counted(Counter.ForwardThrottled)).toBe(1);
    expectReceivedSum(board);
  });
});

describe('a timeout', () => {
  test('runs once, though the safe state begins and ends meanwhile', () => {
    image.add(0x200);
    image.addTimed(0x210, 1, 0);
    addWatch();
    image.addSafeState(20_000, 0, 0, 0, 0);
    store<u8>(image.addTimer(1, 5_000, 0, 0, 0), 1, 1);
    store<u8>(image.addTimer(0, 50_000, 0, 0, 0), 3);
    store<u8>(image.address + 64, 1, 55);
    image.indexOnly(0x200, false);
    const board = new FakeBoard();
    board.aglRuns = false;
    board.startWith(image);
    board.passAndSend(5_000);
    board.aglRuns = true;
    board.connect();
    board.passAndSend(10_000);
    expect(board.counted(Counter.SafeStates)).toBe(1);
    board.passAndSend(150_000);
    expect(board.counted(Counter.MessagesMissing)).toBe(1);
  });
});
