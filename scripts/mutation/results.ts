// SPDX-License-Identifier: MIT
/**
 * What a mutation run has found so far, one line of JSON for each mutant, written as it comes: a run that was ended
 * goes on from there.
 *
 * A result holds as long as the tests that it rests on are the same bytes: each is named with a stamp of its module.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { PROJECT } from '../build/command.ts';
import type { Module, Order, Phase, Scouted } from './order.ts';

export interface Result {
  readonly name: string;
  /** What has noticed it. Absent: it lives. */
  readonly killed?: Killed;
  /** Stamps of the tests that did not notice it. */
  readonly survived: readonly string[];
}

export interface Killed {
  readonly phase: Phase;
  readonly killer: string;
  /** The stamp of `killer`. */
  readonly stamp: string;
  /** What failed in it. */
  readonly failed: string;
}

const STAMP_LETTERS = 12;

/** A few letters that differ when a text differs. */
export function stampOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, STAMP_LETTERS);
}

/** The stamp of the modules and files of what may kill. */
export function stampOfFiles(files: readonly string[]): string {
  return stampOf(...files.map((file) => readFileSync(`${PROJECT}${file}`)));
}

/** The lines of a file of JSON, none if there is no file. */
class Lines<Line> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = `${PROJECT}${path}`;
  }

  read(): Line[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    // What was ended while it wrote has left half a line.
    return lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
  }

  add(line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }

  clear(): void {
    writeFileSync(this.#path, '');
  }
}

export function resultsOf({ folder }: Pick<Order, 'folder'>): Lines<Result> {
  return new Lines(`${folder}/results.jsonl`);
}

/** What the tests of one file reached without a mutant, by the file's stamp. */
export function scoutsOf({
  folder,
}: Pick<Order, 'folder'>): Lines<{ stamp: string; scouted: readonly Scouted[] }> {
  return new Lines(`${folder}/scouted.jsonl`);
}

/** The files that may kill, with stamps. */
export function filesThatKill(
  { modules, cases }: Order,
  phase: Phase,
): { file: string; stamp: string }[] {
  if (phase === 'specs') {
    const isSpec = (one: Module): one is Module & { spec: string } => one.spec !== undefined;
    return modules.filter(isSpec).map(({ spec, output }) => {
      return { file: spec, stamp: stampOfFiles([output]) };
    });
  }
  const images = modules.flatMap(({ built, output }) => (built === undefined ? [] : [output]));
  return cases.map((file) => ({ file, stamp: stampOfFiles([file, ...images]) }));
}
