// SPDX-License-Identifier: MIT
/**
 * Another table by request, up to its outcome: docs/status-page.md ("Requests").
 *
 * Does not: take a refusal for an outcome.
 */
import { RuleRecords } from '../support/rule-records';
import { FakeBoard } from './fake-board';

/** AGL asks for the table of the finished `image`, and it comes into force. Every frame in the chip ends at once. */
export function swapTo(board: FakeBoard, image: RuleRecords): void {
  board.requestRules(image);
  const page = board.page.base;
  const wanted = load<u32>(board.requests.base, 0x08);
  for (let round = 0; round < 1_000 && load<u32>(page, 0x68) !== wanted; round++) {
    board.passAndSend(100);
  }
  if (load<u32>(page, 0x68) !== wanted) throw new Error('no outcome');
  if (load<u32>(page, 0x6c) !== 0) throw new Error(`status ${load<u32>(page, 0x6c)}`);
}
