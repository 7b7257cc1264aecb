// SPDX-License-Identifier: MIT
/**
 * Turns the report of node-reporter.js into counts and readable failures.
 */
import { relative, resolve } from 'node:path';
import type { CommandResult } from './command.ts';
import { failedCheck } from './result.ts';
import type { StageResult } from './result.ts';

/** One line of the report, a JSON object. */
type ReportLine =
  | { kind: 'pass'; name: string; file: string }
  | { kind: 'skip'; name: string; file: string; reason: string }
  | { kind: 'fail'; name: string; file: string; message: string }
  /** The begin and the end of each test and suite, ordered by time. */
  | { kind: 'begin' | 'end'; name: string; file: string }
  /** A test file without tests. */
  | { kind: 'empty'; file: string }
  | { kind: 'stderr'; file: string; text: string }
  /** What a test wants shown, failed or not: node-reporter.js says how. */
  | { kind: 'remark'; text: string };

const STDERR_LINES_SHOWN = 30;

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

/** Removes the stack frames of Node itself. */
function withoutRunnerFrames(message: string): string {
  return message.replace(/\n\s+at [^\n]*(\(node:internal|Promise\.all \(index)[^\n]*/g, '');
}

/**
 * The tests that began and never ended. For each file the innermost one, which is the test itself
 * and not its suite.
 */
function unfinished(lines: readonly ReportLine[]): { name: string; file: string }[] {
  const open = new Map<string, string[]>();
  for (const line of lines) {
    if (line.kind !== 'begin' && line.kind !== 'end') continue;
    const names = (open.get(line.file) ?? []).filter((name) => name !== line.name);
    open.set(line.file, line.kind === 'begin' ? [...names, line.name] : names);
  }
  return [...open].flatMap(([file, names]) => {
    const name = names.at(-1);
    return name === undefined ? [] : [{ name, file }];
  });
}

function describeFailure(
  line: ReportLine & { kind: 'fail' },
  lines: readonly ReportLine[],
): string {
  const place = relative(process.cwd(), line.file);
  const isOfFile = ({ file }: { file: string }): boolean => file === line.file;
  const printed = lines
    .filter((other) => other.kind === 'stderr' && other.file === line.file)
    .map((other) => (other.kind === 'stderr' ? other.text : ''))
    .join('');
  // A file that took too long is reported under its own name.
  const hung = resolve(line.name) === line.file ? unfinished(lines).filter(isOfFile) : [];
  const tail = printed.trimEnd().split('\n').slice(-STDERR_LINES_SHOWN).join('\n');
  return [
    `  ${line.name} (${place})`,
    indent(withoutRunnerFrames(line.message)),
    ...hung.map(({ name }) => `    begun and did not end: ${name}`),
    tail === '' ? '' : indent(tail),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/**
 * Counts a finished `node --test` run.
 *
 * @param report the reporter's lines; empty if the run crashed before it wrote any
 */
export function readNodeResult(run: CommandResult, report: string): StageResult {
  const lines = report
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as ReportLine);
  const failures = lines.flatMap((line) =>
    line.kind === 'fail' ? [describeFailure(line, lines)] : [],
  );
  for (const line of lines) {
    if (line.kind === 'empty') failures.push(`  ${line.file}: there is no test in this file`);
  }
  const passed = lines.filter((line) => line.kind === 'pass').length;
  const skipped = lines.flatMap((line) =>
    line.kind === 'skip' ? [`${line.name}: ${line.reason}`] : [],
  );
  if (run.problem !== '' || (run.status !== 0 && failures.length === 0)) {
    const output = `${run.stdout}\n${run.stderr}`.trim();
    const hung = unfinished(lines).map(
      ({ name, file }) =>
        `\n  begun and not ended then: ${name} (${relative(process.cwd(), file)})`,
    );
    const problem = `the test runner ${run.problem || `ended with ${run.status}`}`;
    failures.push(`${output}\n  ${problem}${hung.join('')}`);
  }
  if (passed + skipped.length + failures.length === 0) return failedCheck('  no test was run');
  const remarks = lines.flatMap((line) => (line.kind === 'remark' ? [line.text] : []));
  const shown = remarks.length === 0 ? {} : { remarks };
  return { passed, failed: failures.length, skipped, ...shown, details: failures.join('\n') };
}
