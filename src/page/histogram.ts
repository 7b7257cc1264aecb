/**
 * Histogram: how long something took, in classes that grow with the time: four to each doubling.
 *
 * Does not: lock, reset or allocate after construction; counts wrap at 2^32.
 *
 * Layout (docs/status-page.md): +0 u32 count, +4 u32 minTicks, +8 u32 maxTicks, +12 u32 zero,
 * +16 u64 sumTicks, +24 u32 buckets[80]. Times below 4 ticks have a bucket each; from there, with e the
 * number of the highest set bit, the bucket is 4 * (e - 1) + the two bits below that one. What is
 * longer than the last bucket holds is counted in it.
 */

const MINIMUM: u32 = 4;
const MAXIMUM: u32 = 8;
const SUM: u32 = 16;
const BUCKETS: u32 = 24;

/** Buckets of a histogram. */
export const HISTOGRAM_BUCKETS: u32 = 80;
/** Bytes of a histogram in memory. */
export const HISTOGRAM_BYTES: u32 = BUCKETS + HISTOGRAM_BUCKETS * sizeof<u32>();

@final
export class Histogram {
  /** Where it lies in linear memory. */
  readonly address: usize = heap.alloc(HISTOGRAM_BYTES);

  constructor() {
    memory.fill(this.address, 0, HISTOGRAM_BYTES);
  }

  /** Counts one time. */
  add(ticks: u64): void {
    const address = this.address;
    const time: u32 = ticks < (u32.MAX_VALUE as u64) ? (ticks as u32) : u32.MAX_VALUE;
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
