// SPDX-License-Identifier: MIT
/**
 * The lines of the self test in words, by formats/self-test.ts.
 *
 * Does not: run anything.
 */
import {
  type Finding,
  SELF_TESTS,
  type SelfTestName,
  type SelfTestRow,
  UNTESTED_AFTER,
} from '../../formats/self-test.ts';
import { plainText } from '../../formats/words.ts';

export interface TestResult {
  readonly test: SelfTestName;
  readonly result: 'ok' | 'fault' | 'untested';
  /** The number of the finding, from 1; of `untested` 0: a test before it has failed. */
  readonly number: number;
  readonly values: readonly string[];
}

const LINE = /^canwarden: test (\S+) (ok|fault|untested) (\d+)(.*)$/;
const NAME_COLUMNS = 10;
const RESULT_COLUMNS = 9;
const WORDS = { ok: 'ok', fault: 'FAULT', untested: 'later' } as const;

/** The result in a line of the console; undefined: the line is another. */
export function parseLine(line: string): TestResult | undefined {
  const [, test, result, number, rest] = LINE.exec(line) ?? [];
  if (!(test in SELF_TESTS)) return undefined;
  return {
    test: test as SelfTestName,
    result: result as TestResult['result'],
    number: Number(number),
    values: rest.trim().split(' ').filter(Boolean),
  };
}

/** A result as `canwarden selftest` prints it: one line, and for a fault its cure below. */
export function describeResult(result: TestResult): string[] {
  const { says, next } = findingOf(result);
  const head = result.test.padEnd(NAME_COLUMNS) + WORDS[result.result].padEnd(RESULT_COLUMNS);
  const lines = [head + filled(says, result.values)];
  if (result.result !== 'ok' && result.number > 0 && next !== 'nothing') {
    lines.push(
      `${' '.repeat(NAME_COLUMNS)}${'Fix:'.padEnd(RESULT_COLUMNS)}${filled(next, result.values)}`,
    );
  }
  return lines;
}

function findingOf({ test, result, number }: TestResult): Finding {
  const row: SelfTestRow = SELF_TESTS[test];
  if (result === 'ok') return { says: row.ok, next: 'nothing' };
  if (result === 'untested' && number === 0) return UNTESTED_AFTER;
  const found = (result === 'fault' ? row.faults : row.untested)?.[number - 1];
  return found ?? { says: `finding ${number}, which this table does not have`, next: 'nothing' };
}

function filled(sentence: string, values: readonly string[]): string {
  return plainText(sentence).replace(/%(\d)/g, (place, index) => values[index - 1] ?? place);
}
