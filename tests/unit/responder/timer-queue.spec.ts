// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** The queue of timers: whatever is added, put off and taken out, the one that is due first is at the front. */
import { TimerQueue } from '../../../src/responder/timer-queue';

/** The place of timer `number` in a row without an order: 193 has no factor in common with 512. */
function scattered(number: u32): u64 {
  return ((number * 193) & 511) as u64;
}

describe('the queue of timers', () => {
  test('gives 512 timers in the order in which they are due', () => {
    const queue = new TimerQueue();
    for (let number: u32 = 0; number < 512; number++) queue.add(number, 1000 + scattered(number));
    expect(queue.length).toBe(512);
    for (let place: u64 = 0; place < 512; place++) {
      expect(queue.firstTicks).toBe(1000 + place);
      expect(scattered(queue.first)).toBe(place);
      queue.remove();
    }
    expect(queue.length).toBe(0);
  });

  test('has the lower number first of those that are due together', () => {
    const queue = new TimerQueue();
    for (let number: u32 = 20; number !== 0; number--) queue.add(number - 1, 7);
    for (let number: u32 = 0; number < 20; number++) {
      expect(queue.first).toBe(number);
      queue.remove();
    }
  });

  test('puts the first one off behind others', () => {
    const queue = new TimerQueue();
    for (let number: u32 = 0; number < 100; number++) queue.add(number, number);
    for (let round: u64 = 0; round < 1000; round++) {
      expect(queue.firstTicks).toBe(round);
      expect(queue.first as u64).toBe(round % 100);
      queue.putOff(round + 100);
    }
    queue.clear();
    expect(queue.length).toBe(0);
  });

  test('holds a time of 20 years at 54 MHz', () => {
    const queue = new TimerQueue();
    const ticks: u64 = 20 * 365 * 86_400 * 54_000_000;
    queue.add(511, ticks);
    queue.add(3, ticks - 1);
    expect(queue.first).toBe(3);
    queue.remove();
    expect(queue.first).toBe(511);
    expect(queue.firstTicks).toBe(ticks);
  });
});
