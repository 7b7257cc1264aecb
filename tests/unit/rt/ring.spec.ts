// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The record ring: order, limits, counting.
 */
import { RecordRing } from '../../../src/rt/ring';
import { Status } from '../../../src/rt/status';

const record: usize = memory.data(16, 8);

function put(ring: RecordRing, value: u64): Status {
  store<u64>(record, value);
  store<u64>(record, ~value, 8);
  return ring.put(record);
}

/** The next record's value, or a number no test uses when there is none or it is damaged. */
function take(ring: RecordRing): u64 {
  if (ring.take(record) !== Status.Ok) return 999;
  return load<u64>(record, 8) === ~load<u64>(record) ? load<u64>(record) : 998;
}

describe('RecordRing', () => {
  test('gives back in order what was put in, across many turns', () => {
    const ring = new RecordRing(2);
    let next: u64 = 0;
    for (let value: u64 = 0; value < 100; value += 3) {
      put(ring, value);
      put(ring, value + 1);
      put(ring, value + 2);
      expect(ring.length).toBe(3);
      expect(take(ring)).toBe(next++);
      expect(take(ring)).toBe(next++);
      expect(take(ring)).toBe(next++);
      expect(ring.isEmpty).toBe(true);
    }
  });

  test('refuses what does not fit, and keeps the rest', () => {
    const ring = new RecordRing(2);
    for (let value: u64 = 0; value < 4; value++) expect(put(ring, value)).toBe(Status.Ok);
    expect(ring.isFull).toBe(true);
    expect(put(ring, 4)).toBe(Status.Full);
    expect(put(ring, 5)).toBe(Status.Full);
    expect(take(ring)).toBe(0);
    expect(ring.isFull).toBe(false);
    expect(put(ring, 6)).toBe(Status.Ok);
    expect(take(ring)).toBe(1);
    expect(take(ring)).toBe(2);
    expect(take(ring)).toBe(3);
    expect(take(ring)).toBe(6);
  });

  test('is empty at first', () => {
    const ring = new RecordRing(4);
    expect(ring.isEmpty).toBe(true);
    expect(ring.length).toBe(0);
    expect(ring.take(record)).toBe(Status.Empty);
  });

  test('shows the oldest record in place', () => {
    const ring = new RecordRing(1);
    put(ring, 7);
    put(ring, 8);
    expect(load<u64>(ring.front())).toBe(7);
    expect(ring.length).toBe(2);
    ring.discard();
    expect(load<u64>(ring.front())).toBe(8);
  });
});
