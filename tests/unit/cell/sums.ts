// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The sums of counters that docs/status-page.md gives, on a board.
 *
 * Does not: count what leaves the cell. A spec looks at the traffic.
 */
import { Counter } from '../../../src/rt/counters';
import { FakeBoard } from './fake-board';

/** What came from the bus is somewhere. */
export function expectReceivedSum(board: FakeBoard): void {
  expect(board.counted(Counter.Received) + board.counted(Counter.FromAglAnswered)).toBe(
    board.counted(Counter.Forwarded) +
      board.counted(Counter.ForwardDroppedNoPeer) +
      board.counted(Counter.DroppedByRule) +
      board.counted(Counter.AnsweredNotForwarded) +
      board.counted(Counter.ModifiedDeleted) +
      board.counted(Counter.ForwardUnchanged) +
      board.counted(Counter.ForwardThrottled) +
      board.parts.forwardRing.length +
      board.parts.framesHeld,
  );
}

/** And so is what came from AGL. */
export function expectSums(board: FakeBoard): void {
  expectReceivedSum(board);
  expect(board.counted(Counter.FromAglTaken)).toBe(
    board.counted(Counter.FromAglRefused) +
      board.counted(Counter.FromAgl) +
      board.counted(Counter.FromAglDroppedByRule) +
      board.counted(Counter.FromAglUnlisted) +
      board.counted(Counter.FromAglWrongLength) +
      board.counted(Counter.FromAglWrongValue) +
      board.counted(Counter.FromAglOverRate),
  );
}
