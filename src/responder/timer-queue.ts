// SPDX-License-Identifier: MIT
/**
 * TimerQueue: the timers of a table that run, the one that is due first at the front.
 *
 * A binary heap of numbers of 64 bits: when the timer is due, in ticks, and below it the timer's number. So of two
 * that are due together the one with the lower number is first. An operation moves at most one number for each
 * level, of which 512 timers have nine.
 * Does not: know what a timer does, or read a clock.
 */
import { RULES_MAXIMUM_2 } from '../../build/generated/rule-image';

/** Bits of a timer's number. The others hold ticks: at 54 MHz enough for 21 years. */
const NUMBER_BITS: u64 = 9;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;

@final
export class TimerQueue {
  length: u32 = 0;
  private readonly keys: usize = heap.alloc(RULES_MAXIMUM_2 * sizeof<u64>());

  clear(): void {
    this.length = 0;
  }

  /** When the first timer is due. Only while not empty. */
  get firstTicks(): u64 {
    return load<u64>(this.keys) >> NUMBER_BITS;
  }

  /** Its number. Only while not empty. */
  get first(): u32 {
    return (load<u64>(this.keys) & NUMBER_MASK) as u32;
  }

  /** Adds timer `number`. At most as many as a table has. */
  add(number: u32, ticks: u64): void {
    const key = (ticks << NUMBER_BITS) | number;
    let place = this.length;
    this.length = place + 1;
    // loop: at most 9, half of 512 timers each
    while (place !== 0) {
      const parent = (place - 1) >> 1;
      const other = load<u64>(this.keys + (parent << 3));
      if (other <= key) break;
      store<u64>(this.keys + (place << 3), other);
      place = parent;
    }
    store<u64>(this.keys + (place << 3), key);
  }

  /** The first timer is due at `ticks` instead. Only while not empty. */
  putOff(ticks: u64): void {
    this.sink((ticks << NUMBER_BITS) | this.first);
  }

  /** Takes the first timer out. Only while not empty. */
  remove(): void {
    const last = this.length - 1;
    this.length = last;
    if (last !== 0) this.sink(load<u64>(this.keys + (last << 3)));
  }

  /** Puts `key` in place of the first one, and then where it belongs. */
  private sink(key: u64): void {
    const keys = this.keys;
    const length = this.length;
    let place: u32 = 0;
    // loop: at most 9, half of 512 timers each
    for (let child: u32 = 1; child < length; child = 2 * place + 1) {
      let least = load<u64>(keys + (child << 3));
      if (child + 1 < length) {
        const other = load<u64>(keys + (child << 3), 8);
        if (other < least) {
          least = other;
          child++;
        }
      }
      if (key <= least) break;
      store<u64>(keys + (place << 3), least);
      place = child;
    }
    store<u64>(keys + (place << 3), key);
  }
}
