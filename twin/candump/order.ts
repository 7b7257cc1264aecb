/**
 * Times for the frames of a log, in the order of the file: each at least that of the frame before it.
 *
 * Files have times that go back where the clock was set, or where a recorder took frames from several
 * queues. The order of the file is what was seen; the times are not.
 */
import type { LogEntry } from './read.ts';

export interface OrderedEntry extends LogEntry {
  /** The time as written was before that of the frame before it, behind which this one has to stay. */
  readonly isLate: boolean;
}

/** Times that go back: how often, and the line of the first. */
export interface TimesBack {
  readonly count: number;
  readonly firstLine: number;
}

/**
 * A step back by more than this is a clock that was set: what follows keeps its own pace from there, else
 * it would be one burst. Less is frames that were written out of order.
 */
const CLOCK_SET_NANOS = 1_000_000_000n;

/** The same entries with times that never go back. */
export function inOrder(entries: readonly LogEntry[]): {
  readonly entries: OrderedEntry[];
  readonly timesBack: TimesBack;
} {
  let count = 0;
  let firstLine = 0;
  /** What is added to the times as written since the clock was set back. */
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
