/**
 * Counters: what happened how often since start, one 32-bit number each, wrapping.
 *
 * A new counter is a row in formats/counters.ts and the place that counts it.
 * Does not: reset, or lock. The table is one block in the order of `Counter`, so that a status page can
 * copy it whole.
 */
import { Counter } from '../../build/generated/counters';

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
}

const table: usize = memory.data(384, 8);

/** Counts one event. */
export function count(counter: Counter): void {
  const address = table + ((counter as usize) << 2);
  store<u32>(address, load<u32>(address) + 1);
}

/** The count of one event. */
export function countOf(counter: Counter): u32 {
  return load<u32>(table + ((counter as usize) << 2));
}

/** Address of the table: COUNTERS_CAPACITY numbers of 32 bits in the order of `Counter`. */
export function countersTable(): usize {
  return table;
}
