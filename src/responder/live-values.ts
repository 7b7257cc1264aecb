/**
 * Live values: bytes that AGL sets while the cell runs and that answers can contain.
 *
 * One step of the loop sets them, so an answer has either all old values or all new ones. No lock is needed.
 */
import { LIVE_VALUES } from './rule';

const values: usize = memory.data(64, 8);

/** Live value `index`, 0..LIVE_VALUES-1. */
export function liveValue(index: u32): u32 {
  return load<u8>(values + index);
}

/** Address of all of them: LIVE_VALUES bytes, 8-aligned. */
export function liveValuesAddress(): usize {
  return values;
}

/** True if `count` values from `first` on exist. */
export function areLiveValues(first: u32, count: u32): bool {
  return count !== 0 && first < LIVE_VALUES && count <= LIVE_VALUES - first;
}

/** Sets `count` values from `first` on from the bytes at `source`. Only if `areLiveValues`. */
export function setLiveValues(first: u32, source: usize, count: u32): void {
  for (let index: u32 = 0; index < count; index++) {
    store<u8>(values + first + index, load<u8>(source + index));
  }
}
