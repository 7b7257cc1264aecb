// SPDX-License-Identifier: MIT
/**
 * The lines of the host code that the tests run, from the counts of V8 in each of their processes.
 *
 * V8 counts in the code without types. Node writes the source map beside the counts. A line counts
 * as run if any of its code ran in any process.
 * Does not: count the firmware (as-pect.coverage.js does).
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { PROJECT } from '../build/command.ts';

/** The folders whose lines are counted. */
const FOLDERS = ['twin', 'lab', 'rules', 'cell-config'];
/**
 * The stages that count. The other stages run the same code for longer, and counting makes V8 half
 * as slow again.
 */
export const COUNTED_STAGES: readonly string[] = ['contract', 'twin', 'system'];
const COUNTS = 'build/test/v8';
const NOT_RUN = 'build/test/not-run.txt';

/** What Node writes at the end of a process with NODE_V8_COVERAGE. */
export interface Counts {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly ranges: readonly {
        readonly startOffset: number;
        readonly endOffset: number;
        readonly count: number;
      }[];
    }[];
  }[];
  readonly 'source-map-cache'?: Readonly<
    Record<string, { readonly lineLengths: readonly number[]; readonly data: { mappings: string } }>
  >;
}

/** Lines with code, by number, and whether they ran. */
export type Lines = Map<number, boolean>;

/** Deletes earlier counts. */
export function forgetCounts(): void {
  rmSync(COUNTS, { recursive: true, force: true });
}

/** Environment variables with which the processes of a stage count. */
export function countingEnvironment(stage: string): Record<string, string> {
  return COUNTED_STAGES.includes(stage) ? { NODE_V8_COVERAGE: join(PROJECT, COUNTS) } : {};
}

/** One line for each folder, if any stage counted. Writes the lines that did not run to NOT_RUN. */
export function coverageLines(): string[] {
  if (!existsSync(COUNTS)) return [];
  const files = new Map<string, Lines>();
  // One at a time, because all of them together may exceed the memory.
  for (const name of readdirSync(COUNTS)) {
    addCounts(files, JSON.parse(readFileSync(join(COUNTS, name), 'utf8')) as Counts);
  }
  forgetCounts();
  const notRun: string[] = [];
  const summaries = FOLDERS.map((folder) => {
    let all = 0;
    let run = 0;
    for (const path of sourcesIn(folder)) {
      const lines = files.get(path) ?? neverLoaded(path);
      const missed = [...lines].filter(([, isRun]) => !isRun).map(([line]) => line);
      all += lines.size;
      run += lines.size - missed.length;
      if (missed.length > 0) notRun.push(`${path}: ${missed.sort((a, b) => a - b).join(' ')}`);
    }
    const percent = ((100 * run) / Math.max(all, 1)).toFixed(1);
    return `${folder}: ${percent} % of ${all.toLocaleString('en')} lines run`;
  });
  writeFileSync(NOT_RUN, `${notRun.join('\n')}\n`);
  return summaries;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

/** Adds the counts of one process to `files`, by path in the project. */
export function addCounts(files: Map<string, Lines>, counts: Counts): void {
  for (const { url, functions } of counts.result) {
    const map = counts['source-map-cache']?.[url];
    if (map === undefined || !url.startsWith('file:')) continue;
    const path = relative(PROJECT, fileURLToPath(url));
    if (!FOLDERS.some((folder) => path.startsWith(`${folder}/`))) continue;
    const starts: number[] = [];
    let length = 0;
    for (const lineLength of map.lineLengths) {
      starts.push(length);
      length += lineLength + 1;
    }
    // Outer ranges come before the ranges inside them.
    const hasRun = new Uint8Array(length);
    for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
      hasRun.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
    const lines = files.get(path) ?? new Map<number, boolean>();
    files.set(path, lines);
    for (const [row, column, line] of segmentsOf(map.data.mappings)) {
      const isRun = hasRun[(starts[row] ?? 0) + column] === 1;
      lines.set(line, isRun || lines.get(line) === true);
    }
  }
}

/** The lines of a file that no process has loaded. Empty if the file holds types alone. */
function neverLoaded(path: string): Lines {
  const { sourceMapText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    compilerOptions: { sourceMap: true, module: ts.ModuleKind.ESNext },
  });
  const { mappings } = JSON.parse(sourceMapText ?? '{}') as { mappings?: string };
  return new Map(segmentsOf(mappings ?? '').map(([, , line]) => [line, false]));
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Row and column in the generated code, from 0, and the line of the source, from 1. */
function segmentsOf(mappings: string): [row: number, column: number, line: number][] {
  const segments: [number, number, number][] = [];
  let sourceLine = 0;
  mappings.split(';').forEach((text, row) => {
    let column = 0;
    for (const segment of text.split(',')) {
      const [columns, , lines] = decodeNumbers(segment);
      column += columns ?? 0;
      if (lines === undefined) continue;
      sourceLine += lines;
      segments.push([row, column, sourceLine + 1]);
    }
  });
  return segments;
}

/**
 * The numbers of one segment. Base 64, five bits a digit; the lowest bit of the first digit is the
 * sign.
 */
function decodeNumbers(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits >= 32) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
