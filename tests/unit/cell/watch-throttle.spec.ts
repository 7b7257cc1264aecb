// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * A watch that forwards one frame in an interval: what it holds meanwhile, and what becomes of that.
 *
 * Sources: `linux/can/bcm.h`, RX_SETUP, and docs/rules.md ("What a rule remembers").
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { swapTo } from './asking';
import { expectReceivedSum } from './sums';
import { boardThatHolds, comes, throttled } from './watched-rules';

describe('a throttle', () => {
  test('forwards one frame in an interval, and the latest at its end, whichever watch its rule has', () => {
    for (let watch: u8 = 0; watch < 6; watch += 5) {
      const board = throttled(new RuleImage2(heap.alloc(0x10000), true), 10_000, watch);
      for (let frames: u32 = 1; frames <= 3; frames++) comes(board, frames);
      expect(board.takeFromCell()).toBe('200 1 0 0 1');
      expect(board.takeFromCell()).toBe('');
      expect(board.parts.framesHeld).toBe(1);
      expectReceivedSum(board);
      board.pass(12_000);
      expect(board.takeFromCell()).toBe('200 1 0 0 3');
      expect(board.takeFromCell()).toBe('');
      expect(board.counted(Counter.ForwardThrottled)).toBe(1);
      board.pass(12_000);
      comes(board, 4);
      expect(board.takeFromCell()).toBe('200 1 0 0 4', 'at once after a pause');
      let checks: u32 = 0;
      for (let counter = 90; counter <= 93; counter++) {
        checks += board.counted(counter as Counter); // docs/status-page.md: what a check finds
      }
      expect(checks).toBe(0, 'the rule has no check');
      expectReceivedSum(board);
    }
  });

  test('drops the frame that it holds with another table, and counts it', () => {
    const image = new RuleImage2(heap.alloc(0x10000), true);
    const board = boardThatHolds(image);
    expect(board.parts.framesHeld).toBe(1);
    swapTo(board, image);
    expect(board.parts.framesHeld).toBe(0);
    expect(board.counted(Counter.ForwardThrottled)).toBe(1);
    expectReceivedSum(board);
  });
});
