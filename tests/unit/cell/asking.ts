// SPDX-License-Identifier: MIT
/**
 * AGL asks for a table of rules: docs/status-page.md ("Requests").
 *
 * Does not: wait until it is in force.
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
