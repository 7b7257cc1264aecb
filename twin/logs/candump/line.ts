// SPDX-License-Identifier: MIT
/**
 * One line of a candump log, in each form that tools write.
 *
 *   (1398128223.803317) can0 166#D0320009          candump -l, -L; asc2log
 *   (1398128223.803317) can0 166#D0320009 R        with the direction: candump -x, asc2log, python-can
 *   (2023-01-05 10:11:12.123456) can0 1A0#0102     candump -tA
 *    (1643387200.593986)  can0  1A0   [2]  01 02   candump -ta, the screen form
 *
 * "T answered" is this project's word for a frame that the cell answered by itself (`recorder dump`). A date
 * has no zone and is read as UTC, because only differences count here.
 */
import { type Direction, type LogRecord, seen } from '../record.ts';
import { parseFrameText, type Refuse } from './frame-text.ts';
import { parseScreenFrame } from './screen-line.ts';

/** Time, interface, and the rest, with the blanks before each. */
const LINE = /^(\s*)(\([^)]*\)|\S+)(\s+)(\S+)(\s+)(\S.*)$/;
const SECONDS = /^\((\d+)\.(\d{1,9})\)$/;
const DATE = /^\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{1,9})\)$/;
/** Text behind the frame: the direction, with two flags for CAN FD, or the project's word. */
const DIRECTION = /^([RrTt])(?: (answered)|(?: [BE-]){0,2})?$/;
const NANOS_PER_SECOND = 1_000_000_000n;

/** Reads line `number` without its line break. `refuse` takes an offset in it and the reason. */
export function parseLine(line: string, number: number, refuse: Refuse): LogRecord {
  const match = LINE.exec(line);
  if (match === null) {
    return refuse(0, `expected "(seconds.micros) interface ID#DATA", found "${line.trim()}"`);
  }
  const [, indent, time, gap, interfaceName, secondGap, rest] = match;
  const nanos =
    parseTime(time) ?? refuse(indent.length, `"${time}" is not a time like (12.345678)`);
  const start = indent.length + time.length + gap.length + interfaceName.length + secondGap.length;
  const refuseInRest: Refuse = (offset, reason) => refuse(start + offset, reason);
  // The screen form has no # in its first word.
  const screen = /^\S+#/.test(rest) ? undefined : parseScreenFrame(rest, refuseInRest);
  if (screen !== undefined) {
    const direction = directionOf(screen.direction);
    const { content } = screen;
    if (content.kind === 'left out') return content;
    return seen(nanos, interfaceName, direction, number, content);
  }
  const [text] = /^\S+/.exec(rest) ?? [''];
  const behind = rest.slice(text.length).trim();
  const marked = behind === '' ? undefined : DIRECTION.exec(behind);
  if (marked === null) {
    const offset = rest.indexOf(behind, text.length);
    return refuseInRest(offset, `only R or T may follow the frame, found "${behind}"`);
  }
  const direction = marked?.[2] === undefined ? directionOf(marked?.[1] ?? '') : 'answered';
  const content = parseFrameText(text, refuseInRest);
  if (content.kind === 'left out') return content;
  return seen(nanos, interfaceName, direction, number, content);
}

function directionOf(mark: string): Direction {
  if (mark === '') return 'unknown';
  return mark.toUpperCase() === 'T' ? 'sent' : 'received';
}

function parseTime(text: string): bigint | undefined {
  const seconds = SECONDS.exec(text);
  if (seconds !== null) return inNanos(BigInt(seconds[1]), seconds[2]);
  const date = DATE.exec(text);
  const millis = date === null ? NaN : Date.parse(`${date[1]}T${date[2]}Z`);
  return date === null || Number.isNaN(millis)
    ? undefined
    : inNanos(BigInt(millis / 1000), date[3]);
}

function inNanos(seconds: bigint, fraction: string): bigint {
  return seconds * NANOS_PER_SECOND + BigInt(Number(fraction.padEnd(9, '0')));
}
