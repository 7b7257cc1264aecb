// SPDX-License-Identifier: MIT
/**
 * `npm run soak [-- NAME ...]`: the long runs, which `npm test` does in small. Without names, all of them.
 *
 * Needs `npm run build`.
 * Exit status: 0 every run was right, 1 one was not, 2 bad input or nothing built.
 */
import { InvalidArgumentError } from 'commander';
import { InputError } from '../cell-config/files.ts';
import { run, shortCommandLine } from './command-line.ts';
import { Progress } from './progress.ts';
import { SOAK_RUNS, type SoakOptions } from './soak/runs.ts';

const NAMES = SOAK_RUNS.map(({ name, what }) => `  ${name.padEnd(23)} ${what}`);

async function soak(wanted: readonly string[], options: SoakOptions): Promise<void> {
  const unknown = wanted.filter((name) => !SOAK_RUNS.some((run) => run.name === name));
  if (unknown.length > 0) {
    throw new InputError(`no run is called ${unknown.join(', ')}; there are:\n${NAMES.join('\n')}`);
  }
  for (const { name, what, onlyByName, run: play } of SOAK_RUNS) {
    if (wanted.length > 0 ? !wanted.includes(name) : onlyByName) continue;
    process.stdout.write(`${name}: ${what}\n`);
    const startMillis = Date.now();
    const progress = new Progress({ unit: 'done' });
    const { lines, isRight } = await play((done, total) => progress.update(done, total), options);
    progress.finish();
    const seconds = ((Date.now() - startMillis) / 1000).toFixed(1);
    for (const line of lines) process.stdout.write(`  ${line}\n`);
    process.stdout.write(`  ${isRight ? 'right' : 'WRONG'}, ${seconds} s\n`);
    if (!isRight) process.exitCode = 1;
  }
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('expected a whole number, such as 30.');
}

const usage = 'npm run soak [-- NAME ...]; without names, all but the fresh ones:';
await run(
  shortCommandLine('soak', usage, ...NAMES)
    .argument('[names...]')
    .option('--minutes <N>', 'campaign, fuzz: how long', wholeNumber)
    .option('--seed <S>', 'campaign: what to draw from; absent: another one each time', wholeNumber)
    .option('--script <FILE>', 'campaign: plays this one round')
    .option('--resume', 'mutants: goes on where the last run was ended')
    .option('--jobs <N>', 'mutants: as many processes', wholeNumber)
    .option('--only <FOLDER>', 'mutants: those of src/FOLDER, by its own unit specs')
    .option('--tests <FOLDER>', 'mutants: by those of tests/unit/FOLDER')
    .option('--corpus <FOLDER>', 'fuzz: where inputs are kept from run to run')
    .action(soak),
);
