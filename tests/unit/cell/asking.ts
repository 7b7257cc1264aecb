// SPDX-License-Identifier: MIT
/**
 * AGL asks for a table of rules, or sets live values: docs/status-page.md ("Requests").
 *
 * Does not: look at what comes of the swap.
 */
import { crc32 } from '../support/crc32';
import { RuleRecords } from '../support/rule-records';
import { FakeBoard } from './fake-board';

/** Writes the request for the finished `image`, its sequence number last. */
export function askFor(board: FakeBoard, image: RuleRecords): void {
  const base = board.requests.base;
  const bytes = load<u32>(image.address, 8);
  memory.copy(base + 0x40, image.address, bytes);
  store<u32>(base, 0x51525743); // "CWRQ"
  store<u32>(base, 1, 4);
  store<u32>(base, 1, 0x0c);
  store<u32>(base, bytes, 0x10);
  store<u32>(base, crc32(image.address, bytes), 0x14);
  store<u32>(base, load<u32>(base, 0x08) + 1, 0x08);
}

/** AGL sets the live values from `first` on to `bytes`. */
export function askForLive(board: FakeBoard, first: u32, bytes: StaticArray<u8>): void {
  const base = board.requests.base;
  const address = changetype<usize>(bytes);
  memory.copy(base + 0x40, address, bytes.length);
  store<u32>(base, 0x51525743); // "CWRQ"
  store<u32>(base, 1, 4);
  store<u32>(base, 2, 0x0c);
  store<u32>(base, bytes.length, 0x10);
  store<u32>(base, crc32(address, bytes.length), 0x14);
  store<u32>(base, first, 0x18);
  store<u32>(base, load<u32>(base, 0x08) + 1, 0x08);
}

/** As `askFor`, and runs steps until the page has the outcome, which must be good. */
export function swapTo(board: FakeBoard, image: RuleRecords): void {
  askFor(board, image);
  const page = board.page.base;
  const wanted = load<u32>(board.requests.base, 0x08);
  for (let round = 0; round < 1_000 && load<u32>(page, 0x68) !== wanted; round++) {
    board.passAndSend(100);
  }
  if (load<u32>(page, 0x68) !== wanted) throw new Error('no outcome');
  if (load<u32>(page, 0x6c) !== 0) throw new Error(`status ${load<u32>(page, 0x6c)}`);
}
