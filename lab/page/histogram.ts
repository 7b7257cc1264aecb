// SPDX-License-Identifier: MIT
/**
 * A latency histogram of the status page: four buckets for each doubling of the time.
 *
 * Source: docs/status-page.md, "Histograms".
 * Does not: know single values. A percentile is the upper end of the bucket into which it falls.
 */
import { HISTOGRAM as FIELDS, NUMBERS } from '../../formats/status-page.ts';

const { HISTOGRAM_BUCKETS } = NUMBERS;

/** Times in ticks of the counter. */
export interface Histogram {
  readonly count: number;
  readonly minTicks: number;
  readonly maxTicks: number;
  readonly sumTicks: bigint;
  readonly buckets: readonly number[];
}

/** Reads the histogram at the start of `bytes`. */
export function readHistogram(bytes: Buffer): Histogram {
  return {
    count: bytes.readUInt32LE(FIELDS.HISTOGRAM_COUNT_OFFSET.at),
    minTicks: bytes.readUInt32LE(FIELDS.HISTOGRAM_MINIMUM_OFFSET.at),
    maxTicks: bytes.readUInt32LE(FIELDS.HISTOGRAM_MAXIMUM_OFFSET.at),
    sumTicks: bytes.readBigUInt64LE(FIELDS.HISTOGRAM_SUM_OFFSET.at),
    buckets: Array.from({ length: HISTOGRAM_BUCKETS }, (_, index) =>
      bytes.readUInt32LE(FIELDS.HISTOGRAM_BUCKETS_OFFSET.at + 4 * index),
    ),
  };
}

/** The bucket into which a time falls. */
export function bucketOf(ticks: number): number {
  if (ticks < 4) return ticks;
  const exponent = Math.floor(Math.log2(ticks));
  const fraction = Math.floor(ticks / 2 ** (exponent - 2)) % 4;
  return Math.min(4 * (exponent - 1) + fraction, HISTOGRAM_BUCKETS - 1);
}

/** The shortest time of a bucket. */
export function bucketStart(bucket: number): number {
  if (bucket < 4) return bucket;
  const exponent = Math.floor(bucket / 4) + 1;
  return (4 + (bucket % 4)) * 2 ** (exponent - 2);
}

/** Upper bound of the fastest `percent` of the times, in ticks. 0 if there are none. */
export function percentileTicks({ count, maxTicks, buckets }: Histogram, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * count));
  let seen = 0;
  for (const [bucket, inside] of buckets.entries()) {
    seen += inside;
    if (seen < rank) continue;
    // The last bucket has no upper end.
    return bucket === HISTOGRAM_BUCKETS - 1
      ? maxTicks
      : Math.min(maxTicks, bucketStart(bucket + 1) - 1);
  }
  return maxTicks;
}
