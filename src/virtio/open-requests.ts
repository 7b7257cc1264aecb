// SPDX-License-Identifier: MIT
/**
 * OpenRequests: the transmit requests that the device has taken and not given back, the oldest first.
 *
 * Each is known by a tag: the head of its chain and the session it came in, so that a tag of an earlier
 * session is never open.
 * Does not: touch the ring.
 */

/** The most requests that can be open at once. */
export const OPEN_MAXIMUM: u32 = 18;
/** Tag and section offset of the result, 32 bits each. */
const ENTRY_BYTES: u32 = 8;
/** In a tag: bits of the session. The lower ones are the head, which is below 0x8000. */
const SESSION_SHIFT: u32 = 16;
const SESSION_MASK: u32 = 0x7fff;

@final
export class OpenRequests {
  count: u32 = 0;
  private readonly entries: usize = heap.alloc(OPEN_MAXIMUM * ENTRY_BYTES);

  /** Notes the request of chain `head`, whose result goes to section offset `result`. Returns its tag. */
  add(head: u32, session: u32, result: u32): u32 {
    const tag = head | ((session & SESSION_MASK) << SESSION_SHIFT);
    const entry = this.entries + this.count * ENTRY_BYTES;
    store<u32>(entry, tag);
    store<u32>(entry, result, 4);
    this.count++;
    return tag;
  }

  /** Tag of the oldest. Only while `count` is not 0. */
  get oldest(): u32 {
    return load<u32>(this.entries);
  }

  /** Place of the request of `tag`; `count`: it is not open. */
  placeOf(tag: u32): u32 {
    let place: u32 = 0;
    // loop: at most OPEN_MAXIMUM
    while (place < this.count && load<u32>(this.entries + place * ENTRY_BYTES) !== tag) place++;
    return place;
  }

  /** Takes the request at `place` out. Returns the section offset of its result. */
  remove(place: u32): u32 {
    const entry = this.entries + place * ENTRY_BYTES;
    const result = load<u32>(entry, 4);
    this.count--;
    // copy: at most 136, OPEN_MAXIMUM - 1 entries
    memory.copy(entry, entry + ENTRY_BYTES, (this.count - place) * ENTRY_BYTES);
    return result;
  }
}

/** The head of the chain of `tag`. */
export function headOf(tag: u32): u32 {
  return tag & ((1 << SESSION_SHIFT) - 1);
}
