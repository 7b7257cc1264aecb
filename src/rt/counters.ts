// SPDX-License-Identifier: MIT
/**
 * Counters: what happened how often since start, one 32-bit number each, wrapping.
 *
 * A new counter is a row in formats/counters.ts and the place that counts it.
 * Does not: reset, or lock. They are one block in the order of `Counter`, so that a status page can
 * copy them whole.
 */
import { Counter, COUNTERS_CAPACITY } from '../../build/generated/counters';

export { Counter, COUNTERS_CAPACITY } from '../../build/generated/counters';

/** How a frame ended that was handed to the controller; the order of the counters FromAglSent and AnswersSent begin. */
export enum FrameEnd {
  Sent = 0,
  TimedOut = 1,
  Withdrawn = 2,
  BusOff = 3,
  ChipReset = 4,
  LostArbitration = 5,
  Error = 6,
  /** Not an end: taken back for a stronger frame, and sent again. */
  Resent = 7,
}

/**
 * One cell's counters: COUNTERS_CAPACITY numbers of 32 bits in the order of `Counter`, which the reference
 * points at. Made by `newCounters`.
 */
@final
@unmanaged
export class Counters {
  /** Counts one event. */
  count(counter: Counter): void {
    const address = this.address + ((counter as usize) << 2);
    store<u32>(address, load<u32>(address) + 1);
  }

  /** The count of one event. */
  of(counter: Counter): u32 {
    return load<u32>(this.address + ((counter as usize) << 2));
  }

  /** Address of the first number. */
  get address(): usize {
    return changetype<usize>(this);
  }
}

/** Counters that are all 0. Allocates, so only at start-up. */
export function newCounters(): Counters {
  const address = heap.alloc(COUNTERS_CAPACITY * sizeof<u32>());
  memory.fill(address, 0, COUNTERS_CAPACITY * sizeof<u32>());
  return changetype<Counters>(address);
}
