// SPDX-License-Identifier: MIT
/**
 * Reads candump logs in all forms of line.ts. Counts what it leaves out: comments, and frames that no
 * classical bus carries.
 *
 * Does not: choose frames, correct their times (order.ts), or read logs of other tools (other-formats.ts).
 */
import type { CanFrame } from '../bus/can-frame.ts';
import type { Unplayable } from './frame-text.ts';
import { type Direction, parseLine } from './line.ts';
import { describeOtherFormat } from './other-formats.ts';

/** One frame of a log. */
export interface LogEntry {
  /** Time as written, in nanoseconds: relative, or since the Unix epoch (exceeds a safe number). */
  readonly nanos: bigint;
  readonly interfaceName: string;
  readonly direction: Direction;
  readonly frame: CanFrame;
  /** Line in the file, from 1. */
  readonly line: number;
}

/** Kinds of lines that are left out. */
export type LeftOut =
  | Unplayable
  | 'comment line'
  | 'note of the recorder that it lost frames'
  | 'line cut off at the end of the file';

/** Content of a log. */
export interface LogReading {
  readonly entries: readonly LogEntry[];
  /** Number of lines left out, by kind. Kinds that did not occur are absent. */
  readonly leftOut: ReadonlyMap<LeftOut, number>;
}

/** An error in a log: `file:line:column: reason`. Lines and columns count from 1. */
export class LogSyntaxError extends Error {
  override readonly name = 'LogSyntaxError';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly reason: string;

  constructor(file: string, line: number, column: number, reason: string) {
    super(`${file}:${line}:${column}: ${reason}`);
    this.file = file;
    this.line = line;
    this.column = column;
    this.reason = reason;
  }
}

/** A line that does not begin with a parenthesis is a comment, as for canplayer (canplayer.c). */
const TIMED_LINE = /^\s*\(/;
/** Written by candump -d. */
const LOST_FRAMES = 'DROPCOUNT: ';
/** The frames of a whole log. `file` is for messages only. Throws LogSyntaxError. */
export function parseLog(text: string, file: string): LogEntry[] {
  return [...readLog(text, file).entries];
}

/** Reads a whole log. `file` is for messages only. Throws LogSyntaxError. */
export function readLog(text: string, file: string): LogReading {
  const reader = new LogReader(file);
  let number = 0;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end).trimEnd();
    number++;
    if (line !== '') reader.add(line, number, end < 0);
    start = end < 0 ? text.length : end + 1;
  }
  if (!reader.hasFrames) {
    const other = describeOtherFormat(text);
    if (other !== undefined) throw new LogSyntaxError(file, 1, 1, other);
  }
  return reader.result();
}

class LogReader {
  readonly #file: string;
  readonly #entries: LogEntry[] = [];
  readonly #leftOut = new Map<LeftOut, number>();
  /** A line was read that starts like a frame. */
  hasFrames = false;

  constructor(file: string) {
    this.#file = file;
  }

  add(line: string, number: number, isCutOff: boolean): void {
    if (line.startsWith(LOST_FRAMES)) {
      return this.#leaveOut('note of the recorder that it lost frames');
    }
    if (!TIMED_LINE.test(line)) return this.#leaveOut('comment line');
    this.hasFrames = true;
    let read;
    try {
      read = parseLine(line, (offset, reason) => {
        throw new LogSyntaxError(this.#file, number, offset + 1, reason);
      });
    } catch (error) {
      // A recorder that lost power leaves half a line, without a line break.
      if (!isCutOff || number === 1) throw error;
      return this.#leaveOut('line cut off at the end of the file');
    }
    if (typeof read.frame === 'string') return this.#leaveOut(read.frame);
    this.#entries.push({ ...read, frame: read.frame, line: number });
  }

  result(): LogReading {
    return { entries: this.#entries, leftOut: this.#leftOut };
  }

  #leaveOut(what: LeftOut): void {
    this.#leftOut.set(what, (this.#leftOut.get(what) ?? 0) + 1);
  }
}
