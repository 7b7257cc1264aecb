// SPDX-License-Identifier: MIT
/**
 * Monotonic times for the frames of a log, in the order of the file.
 *
 * In a file, times go back where the clock was set, or where a recorder took frames from several queues. The
 * order of the file is what was seen; the times are not reliable.
 */
import type { LogEntry } from './read.ts';

export interface OrderedEntry extends LogEntry {
  /** The written time was before that of the frame before it. It must stay behind that frame. */
  readonly isLate: boolean;
}

/** Number of times that go back, and the line of the first. */
export interface TimesBack {
  readonly count: number;
  readonly firstLine: number;
}

/**
 * A larger step back means that the clock was set: later frames keep their own pace from there; otherwise
 * they would become one burst. A smaller step means that frames were written out of order.
 */
const CLOCK_SET_NANOS = 1_000_000_000n;

/** The same entries with monotonic times. */
export function inOrder(entries: readonly LogEntry[]): {
  readonly entries: OrderedEntry[];
  readonly timesBack: TimesBack;
} {
  let count = 0;
  let firstLine = 0;
  /** Added to the written times since the clock was set back. */
  let shift = 0n;
  let last: bigint | undefined;
  const ordered = entries.map((entry): OrderedEntry => {
    const nanos = entry.nanos + shift;
    if (last === undefined || nanos >= last) {
      last = nanos;
      return { ...entry, nanos, isLate: false };
    }
    if (count++ === 0) firstLine = entry.line;
    if (last - nanos > CLOCK_SET_NANOS) shift += last - nanos;
    return { ...entry, nanos: last, isLate: true };
  });
  return { entries: ordered, timesBack: { count, firstLine } };
}
