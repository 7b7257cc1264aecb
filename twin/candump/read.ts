/**
 * Reads candump log files: `(seconds.micros) interface ID#DATA`.
 *
 * Used by: the players of `npm run twin` and the demo. Format: can-utils, `candump -L` and `lib.h`.
 * Identifiers have 3 hex digits (standard) or 8 (extended); `#R` or `#R<length>` is a remote frame;
 * `_<9..F>` after eight bytes is a length code above eight. Does not: accept CAN FD, CAN XL or error
 * frames, as no classical bus carries them.
 */
import type { CanFrame } from '../bus/can-frame.ts';
import {
  EXTENDED_IDENTIFIER_MAX,
  STANDARD_IDENTIFIER_MAX,
  dataLengthOf,
  makeFrame,
} from '../bus/can-frame.ts';

/** One line of a log. */
export interface LogEntry {
  /** As written, in nanoseconds: relative, or of the Unix epoch (more than a number can hold). */
  readonly nanos: bigint;
  readonly interfaceName: string;
  readonly frame: CanFrame;
  /** Line in the file, from 1. */
  readonly line: number;
}

/** What is wrong with a log, and where: `file:line:column: reason`. Lines and columns count from 1. */
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

/** Reads a whole log. `file` is for messages only. Empty lines are skipped. Throws LogSyntaxError. */
export function parseLog(text: string, file: string): LogEntry[] {
  const entries: LogEntry[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index].replace(/\s+$/, '');
    if (line !== '') entries.push(parseLine(line, file, index + 1));
  }
  return entries;
}

/** Three fields and the blanks around them; what is in them is checked one by one. */
const LINE = /^(\s*)(\S+)(\s+)(\S+)(\s+)(\S+)(.*)$/;
const TIME = /^\((\d+)\.(\d{1,9})\)$/;
const HEX_DIGITS = /^[0-9A-Fa-f]*$/;
const REMOTE = /^[Rr]([0-8])?(?:_([9A-Fa-f]))?$/;
const STANDARD_DIGITS = 3;
const EXTENDED_DIGITS = 8;
const NANOS_PER_SECOND = 1_000_000_000n;

/** Reads one line without its line break. Throws LogSyntaxError. */
export function parseLine(line: string, file: string, lineNumber: number): LogEntry {
  const fail = (column: number, reason: string): never => {
    throw new LogSyntaxError(file, lineNumber, column, reason);
  };
  const match = LINE.exec(line);
  if (match === null) {
    return fail(1, `expected "(seconds.micros) interface ID#DATA", found "${line.trim()}"`);
  }
  const [, indent, time, gap, interfaceName, secondGap, text, rest] = match;
  const timeColumn = indent.length + 1;
  const frameColumn =
    timeColumn + time.length + gap.length + interfaceName.length + secondGap.length;
  const nanos = parseTime(time) ?? fail(timeColumn, `"${time}" is not a time like (12.345678)`);
  if (rest.trim() !== '') {
    const column = frameColumn + text.length + rest.length - rest.trimStart().length;
    fail(column, `nothing may follow the frame, found "${rest.trim()}"`);
  }
  const frame = parseFrame(text, (offset, reason) => fail(frameColumn + offset, reason));
  return { nanos, interfaceName, frame, line: lineNumber };
}

function parseTime(text: string): bigint | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  return BigInt(match[1]) * NANOS_PER_SECOND + BigInt(match[2].padEnd(9, '0'));
}

/** `fail` takes an offset in `text` and a reason. */
function parseFrame(text: string, fail: (offset: number, reason: string) => never): CanFrame {
  const mark = text.indexOf('#');
  if (mark < 0) return fail(0, `"${text}" has no "#" between identifier and data`);
  const { identifier, extended } = parseIdentifier(text.slice(0, mark), fail);
  const content = text.slice(mark + 1);
  const start = mark + 1;
  if (content.startsWith('#')) return fail(start, 'CAN FD frames ("##") are not supported');
  if (content.startsWith('R') || content.startsWith('r')) {
    const remote =
      REMOTE.exec(content) ?? fail(start, `"${content}" is not R, R0..R8 or R8_9..R8_F`);
    const length = Number(remote[1] ?? 0);
    if (remote[2] !== undefined && length !== 8) {
      return fail(start, `a length code above 8 needs length 8, found "${content}"`);
    }
    const dlc = remote[2] === undefined ? length : parseInt(remote[2], 16);
    return makeFrame({ identifier, extended, remote: true, dlc });
  }
  return parseDataFrame(content, start, { identifier, extended }, fail);
}

function parseIdentifier(
  digits: string,
  fail: (offset: number, reason: string) => never,
): { identifier: number; extended: boolean } {
  const length = digits.length;
  if (!HEX_DIGITS.test(digits) || (length !== STANDARD_DIGITS && length !== EXTENDED_DIGITS)) {
    return fail(0, `identifier "${digits}" is not 3 or 8 hex digits`);
  }
  const identifier = parseInt(digits, 16);
  const extended = length === EXTENDED_DIGITS;
  const largest = extended ? EXTENDED_IDENTIFIER_MAX : STANDARD_IDENTIFIER_MAX;
  if (identifier > largest) {
    const hint = extended ? ' (error frames cannot be played)' : '';
    return fail(0, `identifier ${digits} is above ${largest.toString(16).toUpperCase()}${hint}`);
  }
  return { identifier, extended };
}

function parseDataFrame(
  content: string,
  start: number,
  head: { identifier: number; extended: boolean },
  fail: (offset: number, reason: string) => never,
): CanFrame {
  const mark = content.indexOf('_');
  const digits = mark < 0 ? content : content.slice(0, mark);
  const bad = digits.search(/[^0-9A-Fa-f]/);
  if (bad >= 0) return fail(start + bad, `"${digits[bad]}" is not a hex digit`);
  if (digits.length % 2 !== 0) return fail(start, `data "${digits}" has half a byte`);
  const data = Uint8Array.from(Buffer.from(digits, 'hex'));
  if (data.length > 8) return fail(start, `${data.length} data bytes; a frame has at most 8`);
  if (mark < 0) return makeFrame({ ...head, data });
  const code = content.slice(mark + 1);
  if (!/^[9A-Fa-f]$/.test(code))
    return fail(start + mark, `length code "_${code}" is not _9 to _F`);
  const dlc = parseInt(code, 16);
  if (data.length !== dataLengthOf(dlc)) {
    return fail(start + mark, `length code _${code} needs 8 data bytes, found ${data.length}`);
  }
  return makeFrame({ ...head, dlc, data });
}
