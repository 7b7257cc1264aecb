// SPDX-License-Identifier: MIT
/**
 * Live values: bytes that AGL sets while the cell runs and that answers can contain.
 *
 * One step of the loop sets them, so an answer has either all old values or all new ones. No lock is needed.
 */
import { LIVE_VALUES } from './rule';

/** One cell's live values: LIVE_VALUES bytes, 8-aligned, which the reference points at. See `newLiveValues`. */
@final
@unmanaged
export class LiveValues {
  /** Address of the first value. */
  get address(): usize {
    return changetype<usize>(this);
  }

  /** Live value `index`, 0..LIVE_VALUES-1. */
  at(index: u32): u32 {
    return load<u8>(this.address + index);
  }

  /** Eight values from `index` on, the first the lowest byte. Those beyond the last are 0. */
  eightFrom(index: u32): u64 {
    return load<u64>(this.address + index);
  }

  /** Sets `count` values from `first` on from the bytes at `source`. Only if `areLiveValues`. */
  set(first: u32, source: usize, count: u32): void {
    // loop: at most 64, as many as there are
    for (let index: u32 = 0; index < count; index++) {
      store<u8>(this.address + first + index, load<u8>(source + index));
    }
  }
}

/** Live values that are all 0. Allocates, so only at start-up. */
export function newLiveValues(): LiveValues {
  // Zeros follow, see eightFrom.
  const address = heap.alloc(LIVE_VALUES + 8);
  memory.fill(address, 0, LIVE_VALUES + 8);
  return changetype<LiveValues>(address);
}

/** True if `count` values from `first` on exist. */
export function areLiveValues(first: u32, count: u32): bool {
  return count !== 0 && first < LIVE_VALUES && count <= LIVE_VALUES - first;
}
