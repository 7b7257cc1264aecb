// SPDX-License-Identifier: MIT
/**
 * TraceRing: a ring in the status page with short records of the last events.
 *
 * The cell writes without waiting for readers. The head is stored last: all records before it are
 * complete. A record: u64 ticks, u16 code (TraceEvent), u16 a, u32 b. Record n is at place n modulo
 * capacity.
 * Does not: use the page's sequence lock.
 */
import { SharedMemory } from '../hal/shared-memory';
import { PAGE_TRACE_HEAD, PAGE_TRACE_OFFSET, TRACE_CAPACITY, TRACE_RECORD_BYTES } from './layout';
import { TraceEvent } from './trace-event';

@final
export class TraceRing<Memory extends SharedMemory> {
  /** Number of records ever written. */
  head: u32 = 0;

  constructor(private readonly section: Memory) {}

  /** Writes one record, in three stores. Keeps the lower 16 bits of `a`. */
  note(ticks: u64, event: TraceEvent, a: u32, b: u32): void {
    const section = this.section;
    const offset = PAGE_TRACE_OFFSET + (this.head & (TRACE_CAPACITY - 1)) * TRACE_RECORD_BYTES;
    const values = (event as u64) | (((a & 0xffff) as u64) << 16) | ((b as u64) << 32);
    section.write64(offset, ticks);
    section.write64(offset + 8, values);
    section.barrierWrite();
    this.head++;
    section.write32(PAGE_TRACE_HEAD, this.head);
  }
}
