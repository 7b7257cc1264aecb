// SPDX-License-Identifier: MIT
/**
 * Converts a log of any size from one format to another, frame by frame in the order of the file.
 *
 * Nothing is dropped in silence: what the reader leaves out and what the new format cannot hold is counted.
 * Does not: know a format (twin/logs), or correct times.
 */
import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError, inputChunks, WholeFile } from '../../cell-config/files.ts';
import { counted } from '../../cell-config/plural.ts';
import {
  formatOfSuffix,
  formatToRead,
  type LogFormat,
  recordsOf,
  SUFFIXES,
} from '../../twin/logs/formats.ts';
import {
  countUp,
  type LeftOut,
  LogError,
  type LogRecord,
  type TimedRecord,
} from '../../twin/logs/record.ts';
import { leftOutOf, listed } from '../play/log-choice.ts';

export interface ConvertOptions {
  readonly input: string;
  readonly output: string;
  /** The one interface to take. Absent: all. */
  readonly interfaceName?: string;
  /** The version of the output's format. Absent: the usual one. */
  readonly version?: string;
  /** Called now and then. `totalBytes` is 0 if the size of the input is unknown. */
  readonly onProgress?: (doneBytes: number, totalBytes: number, records: number) => void;
}

const NEXT = '. Next: correct or take out what is named; docs/logs.md has the forms that are read';
/** Output is written in pieces of about this size. */
const PIECE_BYTES = 1 << 20;
/** Between two looks at signals and the progress. */
const RECORDS_PER_TURN = 1_000;

/** Converts, and returns lines for the user. Throws InputError; then no output file is there. */
export async function convertLog(options: ConvertOptions): Promise<string[]> {
  const { input, output, version } = options;
  const from = formatToRead(input);
  const to = outputFormat(output, version);
  refuseSameFile(input, output);
  const conversion = new Conversion(from, to, options);
  const stop = (): never => {
    conversion.discard();
    process.exit(130);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await conversion.run();
  } catch (error) {
    conversion.discard();
    if (!(error instanceof LogError)) throw error;
    const next = error.reason.includes('Next: ') ? '' : NEXT;
    throw new InputError(`${error.message}${next}`, { cause: error });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

function outputFormat(path: string, version: string | undefined): LogFormat {
  const format = formatOfSuffix(path);
  if (format === undefined) {
    throw new InputError(`${path}: the suffix names the format; write one of ${SUFFIXES}`);
  }
  const { versions, name } = format;
  if (version === undefined || versions?.includes(version) === true) return format;
  const known = versions === undefined ? 'has one version' : `is written as ${versions.join(', ')}`;
  throw new InputError(`--version ${version}: ${name} ${known}`);
}

function refuseSameFile(input: string, output: string): void {
  const [first, second] = [input, output].map((path) => {
    try {
      return statSync(path);
    } catch {
      // Whoever opens it says what is wrong with it.
      return undefined;
    }
  });
  if (first === undefined || second === undefined || !first.isFile()) return;
  if (first.dev !== second.dev || first.ino !== second.ino) return;
  throw new InputError(`${output} is the input itself. Next: name another output`);
}

class Conversion {
  readonly #options: ConvertOptions;
  readonly #from: LogFormat;
  readonly #to: LogFormat;
  readonly #leftOut = new Map<LeftOut, number>();
  readonly #losses = new Map<string, number>();
  readonly #kinds = new Map<TimedRecord['kind'], number>();
  readonly #interfaces = new Map<string, number>();
  #file: WholeFile | undefined;
  #parts: (string | Uint8Array)[] = [];
  #partBytes = 0;
  #lastNanos = 0n;
  #timesBack = 0;
  #firstBack = 0;

  constructor(from: LogFormat, to: LogFormat, options: ConvertOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  discard(): void {
    this.#file?.discard();
  }

  async run(): Promise<string[]> {
    const { input, output, version, onProgress } = this.#options;
    let totalBytes = 0;
    let doneBytes = 0;
    const chunks = inputChunks(input, 'CAN log', Infinity, (bytes) => (totalBytes = bytes));
    const counting = (function* () {
      for (const chunk of chunks) {
        doneBytes += chunk.length;
        yield chunk;
      }
    })();
    const writer = this.#to.makeWriter((part) => this.#add(part), this.#losses, version);
    let records = 0;
    for (const record of recordsOf(counting, this.#from, input)) {
      if (this.#isWanted(record)) writer.write(record);
      if (++records % RECORDS_PER_TURN !== 0) continue;
      onProgress?.(doneBytes, totalBytes, records);
      await nextTurn();
    }
    this.#refuseNothing();
    writer.end();
    this.#flush();
    (this.#file ??= new WholeFile(output)).finish();
    return this.#words();
  }

  #isWanted(record: LogRecord): record is TimedRecord {
    if (record.kind === 'left out') {
      countUp(this.#leftOut, record.what);
      return false;
    }
    const { interfaceName, nanos, line } = record;
    countUp(this.#interfaces, interfaceName);
    const wanted = this.#options.interfaceName;
    if (wanted !== undefined && interfaceName !== wanted) return false;
    countUp(this.#kinds, record.kind);
    if (nanos < this.#lastNanos && this.#timesBack++ === 0) this.#firstBack = line;
    this.#lastNanos = nanos;
    return true;
  }

  #add(part: string | Uint8Array): void {
    this.#parts.push(part);
    this.#partBytes += part.length;
    if (this.#partBytes >= PIECE_BYTES) this.#flush();
  }

  /** The file appears with its first piece, so a log that is refused at once leaves nothing. */
  #flush(): void {
    this.#file ??= new WholeFile(this.#options.output);
    const parts = this.#parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
    this.#file.write(Buffer.concat(parts));
    this.#parts = [];
    this.#partBytes = 0;
  }

  #refuseNothing(): void {
    if (this.#kinds.size > 0) return;
    const { input, interfaceName } = this.#options;
    if (interfaceName !== undefined && this.#interfaces.size > 0) {
      const there = listed(this.#interfaces);
      throw new InputError(
        `${input}: no frame is of the interface ${interfaceName}; there are: ${there}. Next: name one of these`,
      );
    }
    const found = this.#leftOut.size === 0 ? '' : `, only ${leftOutOf(this.#leftOut).join(', ')}`;
    const next = 'name a log with frames; its suffix says how it is read (docs/logs.md)';
    throw new InputError(`${input}: no frame in it${found}. Next: ${next}`);
  }

  #words(): string[] {
    const { input, output, interfaceName } = this.#options;
    const kinds = [
      counted(this.#kinds.get('frame') ?? 0, 'frame'),
      ...(this.#kinds.has('fd') ? [counted(this.#kinds.get('fd') ?? 0, 'CAN FD frame')] : []),
      ...(this.#kinds.has('error') ? [counted(this.#kinds.get('error') ?? 0, 'error frame')] : []),
    ];
    const others = [...this.#interfaces].filter(([name]) => name !== interfaceName);
    const otherFrames = others.reduce((sum, [, count]) => sum + count, 0);
    const leftOut = [
      ...leftOutOf(this.#leftOut),
      ...(interfaceName === undefined || otherFrames === 0
        ? []
        : [`${counted(otherFrames, 'frame')} of other interfaces`]),
    ];
    const losses = [...this.#losses].map(([what, count]) => `${what} (${counted(count, 'time')})`);
    return [
      `${output}: ${kinds.join(', ')}`,
      ...(leftOut.length === 0 ? [] : [`${input}: left out: ${leftOut.join(', ')}`]),
      ...(losses.length === 0 ? [] : [`${output}: cannot hold: ${losses.join(', ')}`]),
      ...(this.#timesBack === 0
        ? []
        : [
            `${input}: time goes back ${counted(this.#timesBack, 'time')}, first at line ` +
              `${this.#firstBack}: the order of the file is kept`,
          ]),
    ];
  }
}
