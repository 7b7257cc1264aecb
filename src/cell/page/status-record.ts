// SPDX-License-Identifier: MIT
/**
 * StatusRecord: what the cell has said of each status since it started; a part of the status page.
 *
 * The trace overwrites its oldest records, and answers fill it in seconds. This table keeps every status.
 * Does not: keep when; the trace does. A status number without a place is in the trace only.
 *
 * An entry: u32 times said, with the sentence in the top byte; u32 the value it was said with last.
 */
import {
  PAGE_STATUSES,
  STATUS_ENTRY_BYTES,
  STATUS_SENTENCE_SHIFT,
  STATUS_TIMES_MASK,
  STATUS_VALUE_OFFSET,
} from '../../page/layout';
import { Sentence } from '../../page/sentences';
import { Status } from '../../rt/status';

/** The statuses about the session with AGL. */
const FIRST_OF_LINK: u32 = 40;
const LAST_OF_LINK: u32 = 49;

@final
export class StatusRecord {
  readonly address: usize = heap.alloc(PAGE_STATUSES * STATUS_ENTRY_BYTES);

  constructor() {
    memory.fill(this.address, 0, PAGE_STATUSES * STATUS_ENTRY_BYTES);
  }

  /** Counts that `status` was said. */
  add(status: Status, sentence: Sentence, value: u32): void {
    const number = status as u32;
    if (number >= PAGE_STATUSES) return;
    const entry = this.address + number * STATUS_ENTRY_BYTES;
    const times = load<u32>(entry) & STATUS_TIMES_MASK;
    const counted = times === STATUS_TIMES_MASK ? times : times + 1;
    store<u32>(entry, counted | ((sentence as u32) << STATUS_SENTENCE_SHIFT));
    store<u32>(entry, value, STATUS_VALUE_OFFSET);
  }

  /** A session begins: what was said of the one before is history, and stays in the trace. */
  forgetLink(): void {
    const first = this.address + FIRST_OF_LINK * STATUS_ENTRY_BYTES;
    memory.fill(first, 0, (LAST_OF_LINK + 1 - FIRST_OF_LINK) * STATUS_ENTRY_BYTES);
  }
}
