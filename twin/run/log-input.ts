/**
 * The input logs of a run, on one time axis.
 *
 * Used by: command.ts and live-command.ts.
 * Does not: change the order of a log. Times that go back are taken as "at once".
 */
import type { CanFrame } from '../bus/can-frame.ts';
import type { LogEntry } from '../candump/read.ts';

/** A frame of a log with its time relative to the first frame of the run. */
export interface TimedFrame {
  readonly frame: CanFrame;
  readonly nanos: number;
  readonly interfaceName: string;
}

export interface RunInput {
  readonly bus: readonly TimedFrame[];
  readonly agl: readonly TimedFrame[];
  /** Log time of the first frame; the output logs use the same clock. */
  readonly startNanos: bigint;
}

/** Two logs that start further apart than this were not written with one clock. */
const LONGEST_GAP_NANOS = 3_600_000_000_000n;

/** The two logs cannot be played together. */
export class LogInputError extends Error {}

/**
 * Puts both logs on one axis that starts with the earlier first frame. Frames later than
 * `limitSeconds` after it are left out. Throws LogInputError if the logs start over an hour apart.
 */
export function prepareInput(
  bus: readonly LogEntry[],
  agl: readonly LogEntry[],
  limitSeconds = Infinity,
): RunInput {
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
  const limitNanos = limitSeconds * 1e9;
  const timed = (entries: readonly LogEntry[]): TimedFrame[] =>
    entries
      .map(({ frame, nanos, interfaceName }) => ({
        frame,
        nanos: Math.max(0, Number(nanos - startNanos)),
        interfaceName,
      }))
      .filter(({ nanos }) => nanos <= limitNanos);
  return { bus: timed(bus), agl: timed(agl), startNanos };
}

function seconds(nanos: bigint | undefined): string {
  return `${(Number(nanos ?? 0n) / 1e9).toFixed(6)} s`;
}
