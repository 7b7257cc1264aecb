// SPDX-License-Identifier: MIT
/**
 * Buckets of a latency histogram: four for each doubling, from 1 us on.
 */

const FIRST_NANOS = 1_000;
const PER_DOUBLING = 4;
/** Up to a second. */
export const BUCKETS = 20 * PER_DOUBLING;

export function bucketOf(nanos: number): number {
  const place = Math.floor(Math.log2(Math.max(nanos, FIRST_NANOS) / FIRST_NANOS) * PER_DOUBLING);
  return Math.min(place, BUCKETS - 1);
}

export function bucketStartNanos(bucket: number): number {
  return FIRST_NANOS * 2 ** (bucket / PER_DOUBLING);
}
