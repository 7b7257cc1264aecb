// SPDX-License-Identifier: MIT
/**
 * TaskNames: the names of the cell's tasks, read from the status page one at a time.
 *
 * Does not: trust the page. A name is at most as long as its field, and a number without a row has
 * no name.
 */
import { SharedMemory } from '../hal/shared-memory';
import {
  PAGE_TASK_BYTES,
  PAGE_TASKS_MAXIMUM,
  PAGE_TASKS_OFFSET,
  TASK_NAME_BYTES,
} from '../page/layout';

export abstract class TaskNames {
  /**
   * Address of TASK_NAME_BYTES bytes with the name of task `number`, padded with 0. Returns 0 if it
   * has none.
   */
  abstract of(number: u32): usize;
}

@final
export class PageTaskNames<Memory extends SharedMemory> extends TaskNames {
  private readonly name: usize = heap.alloc(TASK_NAME_BYTES);

  constructor(private readonly page: Memory) {
    super();
  }

  override of(number: u32): usize {
    if (number >= PAGE_TASKS_MAXIMUM) return 0;
    const row = PAGE_TASKS_OFFSET + number * PAGE_TASK_BYTES;
    for (let offset: u32 = 0; offset < TASK_NAME_BYTES; offset += 8) {
      store<u64>(this.name + offset, this.page.read64(row + offset));
    }
    return load<u8>(this.name) === 0 ? 0 : this.name;
  }
}
