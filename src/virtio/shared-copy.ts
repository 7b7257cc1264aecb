// SPDX-License-Identifier: MIT
/**
 * Copies between the shared section and linear memory, in the widest accesses that alignment allows. Each
 * shared byte is read once; checks work on the copy.
 *
 * Does not: check bounds; the caller has compared offset and length with the section's size.
 */
import { SharedMemory } from '../hal/shared-memory';

/** Copies `length` bytes at `offset` of the section to `destination` in linear memory. */
export function copyFromShared<Memory extends SharedMemory>(
  section: Memory,
  offset: u32,
  destination: usize,
  length: u32,
): void {
  let done: u32 = 0;
  // loop: at most MESSAGE_BYTES_MAXIMUM, MESSAGE_BYTES_MAXIMUM a step: one message
  while (done < length) {
    const from = offset + done;
    if ((from & 7) === 0 && length - done >= 8) {
      store<u64>(destination + done, section.read64(from));
      done += 8;
    } else {
      store<u8>(destination + done, <u8>section.read8(from));
      done += 1;
    }
  }
}

/** Copies `length` bytes at `source` in linear memory to `offset` of the section. */
export function copyToShared<Memory extends SharedMemory>(
  section: Memory,
  offset: u32,
  source: usize,
  length: u32,
): void {
  let done: u32 = 0;
  // loop: at most MESSAGE_BYTES_MAXIMUM, MESSAGE_BYTES_MAXIMUM a step: one message
  while (done < length) {
    const to = offset + done;
    if ((to & 7) === 0 && length - done >= 8) {
      section.write64(to, load<u64>(source + done));
      done += 8;
    } else {
      section.write8(to, load<u8>(source + done));
      done += 1;
    }
  }
}
