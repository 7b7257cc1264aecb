// SPDX-License-Identifier: MIT
/**
 * Vector ASC, as CANoe, CANalyzer, log2asc and python-can write it.
 *
 * Source: the files that these tools write, can-utils (asc2log.c, log2asc.c) and python-can (can.io.asc).
 * Does not: read identifiers that are written as names of a database.
 */
import type { LogFormat } from '../formats.ts';
import { linesOf } from '../lines.ts';
import { leftOut, type LogRecord, LogSyntaxError, offsetOfWord, seen } from '../record.ts';
import { AscClock } from './clock.ts';
import { type Base, parseEvent } from './frame.ts';
import { makeAscWriter } from './write.ts';

const DATE = /^date\s+(.*)$/i;
const BASE = /^base\s+(hex|dec)(?:\s+timestamps\s+(absolute|relative))?/i;
const BLOCK = /^begin\s+trigger\s*block\s*(.*)$/i;
/** Lines of the format's own that say nothing about the bus. */
const FRAMEWORK = /^(?:(?:no\s+)?internal events logged|end\s+trigger\s*block|\/\/\s*version\b)/i;
const TIMED = /^\s*(\d+)[.,](\d+)\s+(\S.*)$/;

export const ASC: LogFormat = {
  name: 'a Vector ASC log',
  suffixes: ['.asc'],
  mark: /^(?:date |base +(?:hex|dec)|begin triggerblock)|^ *\d+\.\d+ +(?:CANFD +)?\d+ +[0-9A-Fa-f]+x? +[RT]x /im,

  *read(chunks: Iterable<Uint8Array>, file: string): Generator<LogRecord> {
    const clock = new AscClock();
    let base: Base = 16;
    for (const { text, number, isCutOff } of linesOf(chunks, file)) {
      const timed = TIMED.exec(text);
      if (timed === null) {
        const [, date] = DATE.exec(text) ?? [];
        const [, block] = BLOCK.exec(text) ?? [];
        const [, baseName, stamps] = BASE.exec(text) ?? [];
        if (date !== undefined) {
          if (!clock.date(date)) yield leftOut('date that is not understood');
        } else if (block !== undefined) {
          if (!clock.block(block)) yield leftOut('date that is not understood');
        } else if (baseName !== undefined) {
          base = baseName.toLowerCase() === 'hex' ? 16 : 10;
          clock.isRelative = stamps?.toLowerCase() === 'relative';
        } else if (text.startsWith('//') && !FRAMEWORK.test(text)) yield leftOut('comment line');
        else if (!FRAMEWORK.test(text)) yield leftOut('event without a frame');
        continue;
      }
      const [, seconds, fraction, rest] = timed;
      const nanos = clock.nanosOf(seconds, fraction);
      let event;
      try {
        event = parseEvent(rest.split(/\s+/), base, (word, reason) => {
          throw new LogSyntaxError(file, number, offsetOfWord(text, word) + 1, reason);
        });
      } catch (error) {
        if (!isCutOff || number === 1) throw error;
        yield leftOut('line cut off at the end of the file');
        continue;
      }
      if (event === undefined) continue;
      if (event.kind === 'left out') yield event;
      else yield seen(nanos, event.interfaceName, event.direction, number, event);
    }
  },

  makeWriter: makeAscWriter,
};
