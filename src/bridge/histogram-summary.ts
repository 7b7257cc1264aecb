// SPDX-License-Identifier: MIT
/**
 * HistogramSummary: count, minimum, maximum and percentiles of one histogram in a copy of the page.
 *
 * A percentile is the upper end of its bucket, and at most the maximum. It never looks better than
 * the measured times.
 * Does not: interpolate.
 */
import {
  HISTOGRAM_BUCKETS,
  HISTOGRAM_BUCKETS_OFFSET,
  HISTOGRAM_MAXIMUM_OFFSET,
  HISTOGRAM_MINIMUM_OFFSET,
  PAGE_HISTOGRAM_DISTANCE,
  PAGE_HISTOGRAMS_OFFSET,
} from '../page/layout';

/** The greatest value in `bucket`. From 4 on, each power of two has four buckets. */
export function bucketEnd(bucket: u32): u32 {
  if (bucket < 4) return bucket;
  if (bucket >= HISTOGRAM_BUCKETS - 1) return u32.MAX_VALUE;
  const next = bucket + 1;
  return ((4 + (next & 3)) << ((next >> 2) - 1)) - 1;
}

@final
export class HistogramSummary {
  /** Number of values: the sum of the buckets. */
  count: u64 = 0;
  minimum: u32 = 0;
  maximum: u32 = 0;
  private buckets: usize = 0;

  /** Summarises histogram `index`, 0..2, of the copy at `copy`. */
  take(copy: usize, index: u32): void {
    this.takeAt(copy + PAGE_HISTOGRAMS_OFFSET + index * PAGE_HISTOGRAM_DISTANCE);
  }

  /** Summarises the histogram at `start`. */
  takeAt(start: usize): void {
    this.buckets = start + HISTOGRAM_BUCKETS_OFFSET;
    this.count = 0;
    for (let bucket: u32 = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
      this.count += this.countOf(bucket);
    this.minimum = this.count === 0 ? 0 : load<u32>(start + HISTOGRAM_MINIMUM_OFFSET);
    this.maximum = this.count === 0 ? 0 : load<u32>(start + HISTOGRAM_MAXIMUM_OFFSET);
  }

  /** The value that `percent` % of the values do not exceed, in ticks. */
  percentile(percent: u32): u32 {
    if (this.count === 0) return 0;
    const rank = (this.count * (percent as u64) + 99) / 100;
    let seen: u64 = 0;
    for (let bucket: u32 = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
      seen += this.countOf(bucket);
      if (seen >= rank) return min<u32>(bucketEnd(bucket), this.maximum);
    }
    return this.maximum;
  }

  /** How many values are in `bucket`, below HISTOGRAM_BUCKETS. */
  countOf(bucket: u32): u64 {
    return load<u32>(this.buckets + 4 * bucket);
  }
}
