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

/** Steps until a table that was asked for is in force, before its timers are looked at; at most `most`. */
export function stepsToSwap(board: FakeBoard, most: u32): u32 {
  const before = board.parts.responder.table.checksum;
  for (let step: u32 = 0; step < most; step++) {
    if (board.parts.responder.table.checksum !== before) return step;
    board.step();
    for (let buffer = 0; buffer < 3; buffer++) board.chip.finish(buffer);
  }
  return most;
}
