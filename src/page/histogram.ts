// SPDX-License-Identifier: MIT
/**
 * Histogram: counts times in buckets that grow with the time, four for each power of two.
 *
 * Layout: formats/status-page.ts. Times below 4 ticks have a bucket each. Above, with e the number
 * of the highest set bit, the bucket is 4 * (e - 1) plus the two bits below that bit. The last
 * bucket also counts all longer times. Counts wrap at 2^32.
 * Does not: lock, reset, or allocate after construction.
 */

import {
  HISTOGRAM_BUCKETS,
  HISTOGRAM_BUCKETS_OFFSET as BUCKETS,
  HISTOGRAM_MAXIMUM_OFFSET as MAXIMUM,
  HISTOGRAM_MINIMUM_OFFSET as MINIMUM,
  HISTOGRAM_SUM_OFFSET as SUM,
} from './layout';

export { HISTOGRAM_BUCKETS } from './layout';

/** Bytes of a histogram in memory. */
export const HISTOGRAM_BYTES: u32 = BUCKETS + HISTOGRAM_BUCKETS * sizeof<u32>();

@final
export class Histogram {
  /** Address of the histogram in linear memory. */
  readonly address: usize = heap.alloc(HISTOGRAM_BYTES);

  constructor() {
    memory.fill(this.address, 0, HISTOGRAM_BYTES);
  }

  /** Counts one time, in ticks. */
  add(ticks: u64): void {
    this.addShort(ticks < (u32.MAX_VALUE as u64) ? (ticks as u32) : u32.MAX_VALUE);
  }

  /** As `add`, for a time that is known to fit. */
  addShort(time: u32): void {
    const address = this.address;
    const count = load<u32>(address);
    store<u32>(address, count + 1);
    if (count === 0 || time < load<u32>(address, MINIMUM)) store<u32>(address, time, MINIMUM);
    if (time > load<u32>(address, MAXIMUM)) store<u32>(address, time, MAXIMUM);
    store<u64>(address, load<u64>(address, SUM) + (time as u64), SUM);
    const bucket = address + (bucketOf(time) << 2);
    store<u32>(bucket, load<u32>(bucket, BUCKETS) + 1, BUCKETS);
  }
}

/** The bucket in which a time of `ticks` is counted. */
export function bucketOf(ticks: u32): u32 {
  if (ticks < 4) return ticks;
  const highestBit: u32 = 31 - (clz(ticks) as u32);
  const bucket: u32 = 4 * (highestBit - 1) + ((ticks >> (highestBit - 2)) & 3);
  return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}
