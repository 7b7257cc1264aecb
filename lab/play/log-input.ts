// SPDX-License-Identifier: MIT
/**
 * The input logs of a run, on one time axis.
 *
 * Does not: choose among the frames (log-choice.ts), or change the order of a log.
 */
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { inOrder, type OrderedEntry } from '../../twin/logs/order.ts';
import type { LogEntry } from '../../twin/logs/read.ts';
import { LogSyntaxError } from '../../twin/logs/record.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';

/** A frame of a log with its time relative to the first frame of the run. */
export interface TimedFrame {
  readonly frame: CanFrame;
  readonly nanos: number;
  readonly interfaceName: string;
  /** Must not overtake the frame before it, although both may be due at once. */
  readonly isLate: boolean;
}

export interface RunInput {
  readonly bus: readonly TimedFrame[];
  readonly agl: readonly TimedFrame[];
  /** Log time of the first frame. The output logs use the same clock. */
  readonly startNanos: bigint;
}

/**
 * Longest pause in a log, and between the starts of two logs. Beyond it the times do not come from
 * one clock, and idle time costs run time.
 */
const LONGEST_GAP_NANOS = 3_600_000_000_000n;

/** The logs cannot be played. */
export class LogInputError extends Error {}

/**
 * The entries of a log that other nodes send on the bus. Refuses entries under the name with which
 * the cell signs in bus.log, because that would make their sender and the cell one. Throws
 * LogSyntaxError; `file` is for its message.
 */
export function refuseCellsFrames(entries: LogEntry[], file: string): LogEntry[] {
  const own = entries.find(({ interfaceName }) => interfaceName === CELL_SENDER);
  if (own === undefined) return entries;
  const reason =
    `interface "${CELL_SENDER}" is the cell's own name: it will send these frames itself; ` +
    'take the lines out or give them another name';
  throw new LogSyntaxError(file, own.line, 1, reason);
}

/**
 * Puts both logs on one axis that starts with the earlier first frame. Each log keeps its own
 * order. Frames later than `limitSeconds` after the start are left out. Throws LogInputError if the
 * logs start over an hour apart, or pause for longer than that.
 */
export function prepareInput(
  busEntries: readonly LogEntry[],
  aglEntries: readonly LogEntry[],
  limitSeconds = Infinity,
): RunInput {
  const bus = inOrder(busEntries).entries;
  const agl = inOrder(aglEntries).entries;
  const firsts = [bus[0]?.nanos, agl[0]?.nanos].filter((nanos) => nanos !== undefined);
  const startNanos = firsts.reduce(
    (least, nanos) => (nanos < least ? nanos : least),
    firsts[0] ?? 0n,
  );
  const gap = firsts.reduce(
    (most, nanos) => (nanos - startNanos > most ? nanos - startNanos : most),
    0n,
  );
  if (gap > LONGEST_GAP_NANOS) {
    throw new LogInputError(
      `the bus log starts at ${seconds(bus[0]?.nanos)} and the AGL log at ${seconds(agl[0]?.nanos)}: ` +
        'more than an hour apart, so they were not recorded with one clock; shift one of them',
    );
  }
  refuseLongPause(bus, 'bus', startNanos, limitSeconds);
  refuseLongPause(agl, 'AGL', startNanos, limitSeconds);
  const limitNanos = limitSeconds * 1e9;
  const timed = (entries: readonly OrderedEntry[]): TimedFrame[] =>
    entries
      .map(({ frame, nanos, interfaceName, isLate }) => ({
        frame,
        nanos: Number(nanos - startNanos),
        interfaceName,
        isLate,
      }))
      .filter(({ nanos }) => nanos <= limitNanos);
  return { bus: timed(bus), agl: timed(agl), startNanos };
}

function refuseLongPause(
  entries: readonly LogEntry[],
  name: string,
  startNanos: bigint,
  limitSeconds: number,
): void {
  const late = entries.find(
    ({ nanos }, index) => index > 0 && nanos - entries[index - 1].nanos > LONGEST_GAP_NANOS,
  );
  if (late === undefined || Number(late.nanos - startNanos) / 1e9 > limitSeconds) return;
  throw new LogInputError(
    `the ${name} log pauses for over an hour before line ${late.line}, at ${seconds(late.nanos)}; ` +
      'shift the times after it, or play only the part before it (--seconds)',
  );
}

function seconds(nanos: bigint | undefined): string {
  return `${(Number(nanos ?? 0n) / 1e9).toFixed(6)} s`;
}
