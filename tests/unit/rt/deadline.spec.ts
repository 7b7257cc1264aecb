// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Deadlines and counters, and the checksum.
 */
import { Counter, newCounters } from '../../../src/rt/counters';
import { CRC32_START, crc32Finish, crc32Update } from '../../../src/rt/crc32';
import { Deadline, microsToTicks } from '../../../src/rt/deadline';

describe('deadlines', () => {
  test('microseconds become ticks, rounded up', () => {
    expect(microsToTicks(1, 54_000_000)).toBe(54);
    expect(microsToTicks(1, 1_500_000)).toBe(2);
    expect(microsToTicks(0, 54_000_000)).toBe(0);
    expect(microsToTicks(u32.MAX_VALUE, 54_000_000)).toBe(231928233930);
  });

  test('a deadline is reached at its tick, and never before it is started', () => {
    const deadline = new Deadline();
    expect(deadline.reached(u64.MAX_VALUE - 1)).toBe(false);
    deadline.start(100, 50);
    expect(deadline.ticks).toBe(150);
    expect(deadline.reached(149)).toBe(false);
    expect(deadline.reached(150)).toBe(true);
    deadline.cancel();
    expect(deadline.reached(1000)).toBe(false);
  });
});

describe('counters', () => {
  test('each counts by itself, in one table', () => {
    const counters = newCounters();
    const others = newCounters();
    counters.count(Counter.Forwarded);
    counters.count(Counter.Forwarded);
    expect(counters.of(Counter.Forwarded)).toBe(2);
    expect(counters.of(Counter.Received)).toBe(0);
    expect(others.of(Counter.Forwarded)).toBe(0, 'nor in another cell');
    expect(load<u32>(counters.address + 4 * 11)).toBe(2);
  });
});

describe('CRC-32', () => {
  test('has the check value of IEEE 802.3, whole or in parts', () => {
    const text = memory.data<u8>([0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39]);
    expect(crc32Finish(crc32Update(CRC32_START, text, 9))).toBe(0xcbf43926);
    const half = crc32Update(CRC32_START, text, 4);
    expect(crc32Finish(crc32Update(half, text + 4, 5))).toBe(0xcbf43926);
    expect(crc32Finish(CRC32_START)).toBe(0);
  });
});
