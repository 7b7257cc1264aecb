// SPDX-License-Identifier: MIT
/**
 * StatusRecord: what the cell has reported of each status since its start. A part of the status
 * page.
 *
 * The trace overwrites its oldest records, and answers fill it in seconds. This table keeps every
 * status. An entry: u32 times reported, with the sentence in the top byte; u32 the value it was
 * last reported with.
 * Does not: keep the time; the trace does. A status number beyond the table is in the trace only.
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

/** The numbers of the statuses about the session with AGL. */
const FIRST_OF_LINK: u32 = 40;
const LAST_OF_LINK: u32 = 49;

@final
export class StatusRecord {
  readonly address: usize = heap.alloc(PAGE_STATUSES * STATUS_ENTRY_BYTES);

  constructor() {
    memory.fill(this.address, 0, PAGE_STATUSES * STATUS_ENTRY_BYTES);
  }

  /** Counts one report of `status`. */
  add(status: Status, sentence: Sentence, value: u32): void {
    const number = status as u32;
    if (number >= PAGE_STATUSES) return;
    const entry = this.address + number * STATUS_ENTRY_BYTES;
    const times = load<u32>(entry) & STATUS_TIMES_MASK;
    const counted = times === STATUS_TIMES_MASK ? times : times + 1;
    store<u32>(entry, counted | ((sentence as u32) << STATUS_SENTENCE_SHIFT));
    store<u32>(entry, value, STATUS_VALUE_OFFSET);
  }

  /** A session begins: forgets the statuses of the session before. The trace still has them. */
  forgetLink(): void {
    const first = this.address + FIRST_OF_LINK * STATUS_ENTRY_BYTES;
    memory.fill(first, 0, (LAST_OF_LINK + 1 - FIRST_OF_LINK) * STATUS_ENTRY_BYTES);
  }
}
