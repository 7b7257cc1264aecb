// SPDX-License-Identifier: MIT
/**
 * PEAK's TRC: versions 1.0 to 1.3, 2.0 and 2.1 are read, 2.1 and 1.1 are written.
 *
 * Source: PEAK CAN TRC File Format, PEAK-System, 2020-07-27.
 */
import type { LogFormat } from '../formats.ts';
import { linesOf } from '../lines.ts';
import { nanosOfDecimal } from '../offsets.ts';
import { leftOut, type LogRecord, LogSyntaxError, offsetOfWord, seen } from '../record.ts';
import { columnsOf, type Columns, parseRow } from './row.ts';
import { NANOS_AT_DAY_ZERO, NANOS_PER_DAY, TRC_VERSIONS } from './versions.ts';
import { makeTrcWriter } from './write.ts';

const HEADER = /^;\$(FILEVERSION|STARTTIME|COLUMNS)\s*=\s*(\S+)/i;
const ROW = /^\s*\d+\)?\s+(\d+)(?:\.(\d+))?\s+(\S.*)$/;
/** Offsets are in milliseconds. */
const MILLI_EXPONENT = 6;

export const TRC: LogFormat = {
  name: 'a PEAK TRC log',
  suffixes: ['.trc'],
  mark: /^;\$FILEVERSION|^ *\d+\) +\d+(?:\.\d+)? +(?:[RT]x|\d)/m,
  versions: TRC_VERSIONS,

  *read(chunks: Iterable<Uint8Array>, file: string): Generator<LogRecord> {
    let columns: Columns = columnsOf('1.0');
    let startNanos = 0n;
    let hasRows = false;
    for (const { text, number, isCutOff } of linesOf(chunks, file)) {
      const refuse = (word: string, reason: string): never => {
        throw new LogSyntaxError(file, number, offsetOfWord(text, word) + 1, reason);
      };
      if (text.startsWith(';')) {
        const [, key, value = ''] = HEADER.exec(text) ?? [];
        if (key === undefined) {
          // What stands before the rows explains the columns.
          if (hasRows) yield leftOut('comment line');
        } else if (/^FILEVERSION$/i.test(key)) {
          columns = columnsOf(value, (reason) => refuse(value, reason));
        } else if (/^COLUMNS$/i.test(key)) columns = { ...columns, letters: value.split(',') };
        else startNanos = startOf(value) ?? refuse(value, `"${value}" is no number of days`);
        continue;
      }
      try {
        const row = ROW.exec(text);
        if (row === null) return refuse(text.trim(), 'expected a number, a time and a message');
        hasRows = true;
        const [, millis = '', fraction = '', rest = ''] = row as unknown as (string | undefined)[];
        const nanos = startNanos + nanosOfDecimal(millis, fraction, MILLI_EXPONENT);
        const event = parseRow(rest.split(/\s+/), columns, refuse);
        if (event.kind === 'left out') yield event;
        else yield seen(nanos, event.interfaceName, event.direction, number, event);
      } catch (error) {
        if (!isCutOff || !hasRows) throw error;
        yield leftOut('line cut off at the end of the file');
      }
    }
  },

  makeWriter: makeTrcWriter,
};

/** Days since 1899-12-30, with a fraction. Rounded to microseconds, which is what ten digits hold. */
function startOf(days: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(days) ?? [];
  if (whole === undefined) return undefined;
  const digits = BigInt(fraction.slice(0, 18).padEnd(18, '0'));
  const micros = (digits * (NANOS_PER_DAY / 1000n) + 5n * 10n ** 17n) / 10n ** 18n;
  return NANOS_AT_DAY_ZERO + BigInt(whole) * NANOS_PER_DAY + micros * 1000n;
}
