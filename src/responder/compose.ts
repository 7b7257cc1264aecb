// SPDX-License-Identifier: MIT
/**
 * Composes the data of an answer from its own bytes, those of the request, and the live values.
 */
import { DATA_BYTES_MAXIMUM } from '../can/frame';
import { LiveValues } from './live-values';
import { SOURCE_LIVE, SOURCE_OWN } from './rule';

/** The bytes of `own`, with those that come from the request or the live values. */
export function mixData(own: u64, sources: u64, requestData: u64, live: LiveValues): u64 {
  let data = own;
  for (let shift: u64 = 0; shift < DATA_BYTES_MAXIMUM << 3; shift += 8) {
    const source = (sources >> shift) & 0xff;
    if (source === SOURCE_OWN) continue;
    const byte: u64 =
      source < SOURCE_LIVE
        ? (requestData >> (source << 3)) & 0xff
        : live.at((source as u32) - SOURCE_LIVE);
    data = (data & ~((0xff as u64) << shift)) | (byte << shift);
  }
  return data;
}

/**
 * As `mixData`, where only `count` bytes from `first` on have a source, which is the request. `sources` and the
 * result begin with byte `first`, as the lowest byte; those that have no source are those of `own`, which begins there, too.
 */
export function mixWindow(own: u64, sources: u64, requestData: u64, count: u32): u64 {
  let data = own;
  let rest = sources;
  // loop: at most DATA_BYTES_MAXIMUM
  for (let shift: u64 = 0; shift < (count as u64) << 3; shift += 8) {
    const source = rest & 0xff;
    rest >>= 8;
    if (source !== SOURCE_OWN) data |= ((requestData >> (source << 3)) & 0xff) << shift;
  }
  return data;
}
