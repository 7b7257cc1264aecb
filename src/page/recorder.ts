// SPDX-License-Identifier: MIT
/**
 * Recorder: a ring in the status page with the last frames of the bus, both ways.
 *
 * It lies in the cell's own memory, which AGL only reads, so it survives a crash of Linux. The head
 * is stored last: all entries before it are complete. An entry: u64 ticks with the direction in
 * bits 62 and 63, then 16 bytes as struct can_frame. Entry n is at place n modulo capacity.
 * Does not: use the page's sequence lock.
 */
import { SharedMemory } from '../hal/shared-memory';
import {
  PAGE_RECORDER_HEAD,
  PAGE_RECORDER_OFFSET,
  RECORDER_CAPACITY,
  RECORDER_ENTRY_BYTES,
} from './layout';

/** Direction: taken from the bus. */
export const RECORDED_RECEIVED: u64 = 0;
/** Direction: put on the bus for AGL. */
export const RECORDED_SENT: u64 = (1 as u64) << 62;
/** Direction: an answer of the cell's own. */
export const RECORDED_ANSWERED: u64 = (2 as u64) << 62;

@final
export class Recorder<Memory extends SharedMemory> {
  /** Number of entries ever written. */
  head: u32 = 0;

  constructor(private readonly section: Memory) {}

  /**
   * Writes one entry, in four stores. `frame`: address of the frame's 16 bytes in linear memory.
   */
  record(ticks: u64, direction: u64, frame: usize): void {
    const section = this.section;
    const place = this.head & (RECORDER_CAPACITY - 1);
    const offset = PAGE_RECORDER_OFFSET + place * RECORDER_ENTRY_BYTES;
    section.write64(offset, ticks | direction);
    section.write64(offset + 8, load<u64>(frame));
    section.write64(offset + 16, load<u64>(frame, 8));
    section.barrierWrite();
    this.head++;
    section.write32(PAGE_RECORDER_HEAD, this.head);
  }
}
