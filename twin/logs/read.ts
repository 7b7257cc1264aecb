// SPDX-License-Identifier: MIT
/**
 * Reads a whole log for use on a classical bus: its frames, and how many of which other things it had.
 *
 * Does not: choose frames, correct their times (order.ts), or know a format (formats.ts).
 */
import type { CanFrame } from '../bus/can-frame.ts';
import { CANDUMP } from './candump/format.ts';
import { type LogFormat, recordsOf } from './formats.ts';
import { countUp, type LeftOut, type LogRecord, type Sighting } from './record.ts';

/** One frame of a log. */
export interface LogEntry extends Sighting {
  readonly frame: CanFrame;
}

/** Content of a log. */
export interface LogReading {
  readonly entries: readonly LogEntry[];
  /** Number of things left out, by kind. Kinds that did not occur are absent. */
  readonly leftOut: ReadonlyMap<LeftOut, number>;
}

/** The frames of a whole candump log. `file` is for messages only. Throws LogError. */
export function parseLog(text: string, file: string): LogEntry[] {
  return [...readLog(text, file).entries];
}

/** Reads a whole candump log. `file` is for messages only. Throws LogError. */
export function readLog(text: string, file: string): LogReading {
  return readChunks([new TextEncoder().encode(text)], CANDUMP, file);
}

/** Reads a whole log of a format. Throws LogError. */
export function readChunks(
  chunks: Iterable<Uint8Array>,
  format: LogFormat,
  file: string,
): LogReading {
  const entries: LogEntry[] = [];
  const counts = new Map<LeftOut, number>();
  for (const record of recordsOf(chunks, format, file)) {
    if (record.kind === 'frame') {
      const { nanos, interfaceName, direction, frame, line } = record;
      entries.push({ nanos, interfaceName, direction, frame, line });
      continue;
    }
    countUp(counts, leftOutOf(record));
  }
  return { entries, leftOut: counts };
}

function leftOutOf(record: Exclude<LogRecord, { kind: 'frame' }>): LeftOut {
  if (record.kind === 'left out') return record.what;
  return record.kind === 'fd' ? 'CAN FD frame' : 'error frame';
}
