// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Histograms of times: buckets, and the block that the status page copies (docs/status-page.md).
 */
import { bucketOf, Histogram, HISTOGRAM_BYTES } from '../../../src/page/histogram';

function bucketCount(histogram: Histogram, bucket: u32): u32 {
  return load<u32>(histogram.address + 24 + 4 * bucket);
}

describe('the bucket of a time', () => {
  test('is the time itself below 8 ticks', () => {
    for (let ticks: u32 = 0; ticks < 8; ticks++) expect(bucketOf(ticks)).toBe(ticks);
  });

  test('has four to each doubling', () => {
    // 8 and 9, 10 and 11, 12 and 13, 14 and 15; then four wide, eight wide.
    expect(bucketOf(8)).toBe(8);
    expect(bucketOf(9)).toBe(8);
    expect(bucketOf(10)).toBe(9);
    expect(bucketOf(15)).toBe(11);
    expect(bucketOf(16)).toBe(12);
    expect(bucketOf(19)).toBe(12);
    expect(bucketOf(20)).toBe(13);
    expect(bucketOf(31)).toBe(15);
    expect(bucketOf(1024)).toBe(36);
    expect(bucketOf(2047)).toBe(39);
  });

  test('is the last one for everything longer', () => {
    // 2^20 has bucket 4 * 19 = 76; 2^21 would have 80.
    expect(bucketOf(0x100000)).toBe(76);
    expect(bucketOf(0x1fffff)).toBe(79);
    expect(bucketOf(0x200000)).toBe(79);
    expect(bucketOf(0xffffffff)).toBe(79);
  });
});

describe('a histogram', () => {
  test('is all zero at first', () => {
    const histogram = new Histogram();
    expect(HISTOGRAM_BYTES).toBe(344);
    for (let offset: u32 = 0; offset < 344; offset += 4) {
      expect(load<u32>(histogram.address + offset)).toBe(0);
    }
  });

  test('counts, adds up, and keeps the shortest and the longest', () => {
    const histogram = new Histogram();
    histogram.add(270);
    histogram.add(0x100000);
    histogram.add(100);
    const address = histogram.address;
    expect(load<u32>(address)).toBe(3, 'count');
    expect(load<u32>(address, 4)).toBe(100, 'shortest');
    expect(load<u32>(address, 8)).toBe(0x100000, 'longest');
    expect(load<u32>(address, 12)).toBe(0);
    expect(load<u64>(address, 16)).toBe(270 + 100 + 0x100000, 'sum');
    // 270: highest bit 8, the two bits below it 00; 100 = 0b1100100: highest 6, then 10.
    expect(bucketCount(histogram, 28)).toBe(1);
    expect(bucketCount(histogram, 22)).toBe(1);
    expect(bucketCount(histogram, 76)).toBe(1);
  });

  test('takes times beyond 32 bits as the longest there is', () => {
    const histogram = new Histogram();
    histogram.add(0x1_0000_0005);
    expect(load<u32>(histogram.address, 8)).toBe(0xffffffff);
    expect(load<u64>(histogram.address, 16)).toBe(0xffffffff);
    expect(bucketCount(histogram, 79)).toBe(1);
  });

  test('keeps a shortest time of zero', () => {
    const histogram = new Histogram();
    histogram.add(0);
    histogram.add(7);
    expect(load<u32>(histogram.address, 4)).toBe(0);
  });
});
