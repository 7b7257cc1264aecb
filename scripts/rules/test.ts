// SPDX-License-Identifier: MIT
/**
 * `npm run rules -- test rules.yaml`: checks what the file expects of its table, and says what the table
 * makes of a recording (`--log`).
 *
 * The reference for tables is in rules/oracle. docs/rules.md describes `expect:`.
 * Exit status 1: an expectation does not hold.
 */
import { InputError } from '../../cell-config/files.ts';
import { counted } from '../../cell-config/plural.ts';
import { readLogFile } from '../../lab/play/log-file.ts';
import type { CompiledRules } from '../../rules/compile.ts';
import type { RuleTable } from '../../rules/model.ts';
import { frameOutcome, RuleAccount, type RuleSums } from '../../rules/oracle/account.ts';
import { checkExpectations, formatFailure } from '../../rules/oracle/expect.ts';
import { writeFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle, type Verdict } from '../../rules/oracle/oracle.ts';
import { inOrder } from '../../twin/logs/order.ts';
import { LogError } from '../../twin/logs/record.ts';

export interface TestOptions {
  readonly log?: string;
  readonly interface?: string;
  readonly json?: boolean;
}

const EXIT_FAILED = 1;
const NANOS_PER_MICRO = 1_000n;

/** A frame of the recording, and what the table makes of it. */
interface Played {
  readonly micros: number;
  readonly verdict: Verdict;
}

/** Checks and plays. Throws InputError. */
export function testRules(
  input: string,
  { table, expectations }: CompiledRules,
  options: TestOptions,
): void {
  const { log, json = false } = options;
  if (options.interface !== undefined && log === undefined) {
    throw new InputError('--interface is for --log');
  }
  if (expectations.length === 0 && log === undefined) {
    throw new InputError(
      `${input}: nothing to test: it has no "expect:", and no --log names a recording. ` +
        'Next: write expect: [{ in: 123#01, out: [124#02] }] beside a rule, or add --log drive.log',
    );
  }
  const failures = checkExpectations(table, expectations);
  const played = log === undefined ? [] : play(table, log, options.interface);
  const account = new RuleAccount(table);
  for (const { verdict } of played) account.add(verdict);
  if (failures.length > 0) process.exitCode = EXIT_FAILED;
  if (json) {
    const frames = log === undefined ? {} : { frames: played.map(asJson) };
    const sums = log === undefined ? {} : { rules: account.rules, unmatched: account.unmatched };
    const checked = { expectations: expectations.length, failures };
    console.log(JSON.stringify({ ...checked, ...frames, ...sums }, null, 2));
    return;
  }
  for (const { micros, verdict } of played) {
    const { frame, from } = verdict;
    const time = (micros / 1e6).toFixed(6);
    console.log(`(${time}) ${from} ${writeFrameText(frame)}  ${frameOutcome(verdict)}`);
  }
  if (log !== undefined) {
    for (const { rule, ...sums } of account.rules) console.log(`rule "${rule}": ${inWords(sums)}`);
    console.log(`no rule: ${inWords(account.unmatched)}`);
  }
  for (const failure of failures) console.log(formatFailure(failure));
  if (expectations.length === 0) return;
  const total = counted(expectations.length, 'expectation');
  if (failures.length === 0) console.log(`${input}: ${total}, all hold`);
  else console.log(`${input}: ${total}, ${counted(failures.length, 'frame')} otherwise`);
}

/** The frames of a recording in order. Those that the cell itself sent as answers are left out. */
function play(table: RuleTable, path: string, wanted: string | undefined): Played[] {
  const entries = readEntries(path).filter(
    ({ interfaceName, direction }) =>
      direction !== 'answered' && (wanted === undefined || interfaceName === wanted),
  );
  if (entries.length === 0) {
    const which = wanted === undefined ? '' : ` of interface ${wanted}`;
    throw new InputError(`${path}: no frame${which} that the table could be asked about`);
  }
  const oracle = new RuleOracle(table);
  const ordered = inOrder(entries).entries;
  const start = ordered[0].nanos;
  return ordered.map(({ frame, nanos, direction }) => {
    const micros = Number((nanos - start) / NANOS_PER_MICRO);
    return { micros, verdict: oracle.feed(frame, direction === 'sent' ? 'agl' : 'bus', micros) };
  });
}

function readEntries(path: string) {
  try {
    return readLogFile(path).entries;
  } catch (error) {
    if (error instanceof LogError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}

function asJson({ micros, verdict }: Played) {
  const { from, frame, rule, answers, forwarded, drop } = verdict;
  return {
    micros,
    from,
    frame: writeFrameText(frame),
    rule: rule?.name ?? null,
    answers: answers.map((answer) =>
      answer.kind === 'sent' ? writeFrameText(answer.frame) : answer.kind,
    ),
    forwarded: forwarded ? writeFrameText(forwarded) : null,
    dropped: drop ?? null,
  };
}

/** Sums that are not 0, in words. */
function inWords({ hits, answers, limited, deleted, forwarded, dropped }: RuleSums): string {
  const parts = [
    [forwarded, 'forwarded'],
    [dropped, 'dropped'],
    [limited, 'over the rate'],
    [deleted, 'too long'],
  ] as const;
  return [
    counted(hits, 'frame'),
    ...(answers === 0 ? [] : [counted(answers, 'answer')]),
    ...parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])),
  ].join(', ');
}
