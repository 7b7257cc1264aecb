// SPDX-License-Identifier: MIT
/**
 * candump logs, in all forms of line.ts. Written as candump -L does, with the direction behind the frame.
 */
import type { LogFormat } from '../formats.ts';
import { linesOf } from '../lines.ts';
import { countUp, leftOut, type LogRecord, LogSyntaxError } from '../record.ts';
import { parseLine } from './line.ts';
import { formatContent, formatTime } from './write.ts';

/** A line that does not begin with a parenthesis is a comment, as for canplayer (canplayer.c). */
const TIMED_LINE = /^\s*\(/;
/** Written by candump -d. */
const LOST_FRAMES = 'DROPCOUNT: ';

/** canplayer and log2asc read six digits behind the point, not nine. */
const NANOS_PER_MICRO = 1000n;
const DIRECTION_MARKS = { unknown: '', received: ' R', sent: ' T', answered: ' T answered' };

export const CANDUMP: LogFormat = {
  name: 'a candump log',
  suffixes: ['.log', '.candump', '.dump'],
  mark: /^\s*\([^)]*\)\s+\S+\s+(?:[RT]X +[B-] +[E-] +)?[0-9A-Fa-f]{3,8}(?:#| +[[{])/m,

  *read(chunks: Iterable<Uint8Array>, file: string): Generator<LogRecord> {
    for (const { text, number, isCutOff } of linesOf(chunks, file)) {
      if (text.startsWith(LOST_FRAMES)) yield leftOut('note of the recorder that it lost frames');
      else if (!TIMED_LINE.test(text)) yield leftOut('comment line');
      else {
        try {
          yield parseLine(text, number, (offset, reason) => {
            throw new LogSyntaxError(file, number, offset + 1, reason);
          });
        } catch (error) {
          // A recorder that lost power leaves half a line, without a line break.
          if (!isCutOff || number === 1) throw error;
          yield leftOut('line cut off at the end of the file');
        }
      }
    }
  },

  makeWriter: (sink, losses) => ({
    write(record) {
      const { nanos, interfaceName, direction } = record;
      const name = interfaceName.replace(/\s+/g, '_');
      if (name !== interfaceName) countUp(losses, 'the blanks in the name of an interface');
      if (nanos % NANOS_PER_MICRO !== 0n) countUp(losses, 'the nanoseconds of a time');
      sink(`${formatTime(nanos)} ${name} ${formatContent(record)}${DIRECTION_MARKS[direction]}\n`);
    },
    end: () => undefined,
  }),
};
