// SPDX-License-Identifier: MIT
/**
 * The formats of CAN logs that are read and written, one object each. The suffix of a file names its format.
 *
 * A new format is one more entry in FORMATS.
 */
import { ASC } from './asc/format.ts';
import { CANDUMP } from './candump/format.ts';
import { describeOtherFormat } from './other-formats.ts';
import { PCAP } from './pcap/format.ts';
import { PCAPNG } from './pcapng/format.ts';
import { LogError, type LogRecord, type TimedRecord } from './record.ts';
import { TRC } from './trc/format.ts';

/** Takes parts of a file in order. */
export type Sink = (part: string | Uint8Array) => void;

/** What a format could not hold of the records, such as `the cause of an error frame`, by its words. */
export type Losses = Map<string, number>;

export interface LogWriter {
  /** Writes one record, or counts in `losses` what is not in the file. */
  write(record: TimedRecord): void;
  /** Writes what ends the file. */
  end(): void;
}

export interface LogFormat {
  /** `a Vector ASC log`. */
  readonly name: string;
  /** The first is the one to recommend. */
  readonly suffixes: readonly string[];
  /** Recognises the format in the first bytes, one character each. */
  readonly mark: RegExp;
  /** The records in the order of the file. Throws LogError. */
  read(chunks: Iterable<Uint8Array>, file: string): Iterable<LogRecord>;
  makeWriter(sink: Sink, losses: Losses, version?: string): LogWriter;
  /** Versions that can be written, the usual one first. Absent: there is one. */
  readonly versions?: readonly string[];
}

const FORMATS: readonly LogFormat[] = [CANDUMP, ASC, TRC, PCAP, PCAPNG];

/** `.log .asc .trc .pcap .pcapng`. */
export const SUFFIXES = FORMATS.map(({ suffixes }) => suffixes[0]).join(' ');

/** The format of a file by its suffix. Undefined: no format has it. */
export function formatOfSuffix(path: string): LogFormat | undefined {
  const [suffix] = /\.[^./\\]*$/.exec(path.toLowerCase()) ?? [''];
  return FORMATS.find(({ suffixes }) => suffixes.includes(suffix));
}

/** The format in which a file is read. One with an unknown suffix is taken for a candump log. */
export function formatToRead(path: string): LogFormat {
  return formatOfSuffix(path) ?? CANDUMP;
}

/** Characters in which the mark of a format is searched. */
const HEAD_BYTES = 4096;

/**
 * The records of a log. A file that is of another format is named, with what to do. Throws LogError.
 */
export function* recordsOf(
  chunks: Iterable<Uint8Array>,
  format: LogFormat,
  file: string,
): Generator<LogRecord> {
  let head = '';
  let timed = 0;
  const seen = (function* () {
    for (const chunk of chunks) {
      if (head === '') head = String.fromCharCode(...chunk.subarray(0, HEAD_BYTES));
      yield chunk;
    }
  })();
  const other = (): LogError | undefined => {
    const reason = timed === 0 ? otherFormat(head, format) : undefined;
    return reason === undefined ? undefined : new LogError(`${file}:1:1`, reason);
  };
  try {
    for (const record of format.read(seen, file)) {
      if (record.kind !== 'left out') timed++;
      yield record;
    }
  } catch (error) {
    throw (error instanceof LogError && other()) || error;
  }
  const error = other();
  if (error !== undefined) throw error;
}

function otherFormat(head: string, format: LogFormat): string | undefined {
  if (format.mark.test(head)) return undefined;
  const known = FORMATS.find(({ mark }) => mark.test(head));
  if (known === undefined) return describeOtherFormat(head, format.name);
  const next = `give the file the suffix ${known.suffixes[0]}`;
  return `this is ${known.name}, not ${format.name}. Next: ${next}`;
}
