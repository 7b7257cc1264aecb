// SPDX-License-Identifier: MIT
/**
 * `npm run rules -- compile | show | check | explain | test | import | schema`: the cell's rule table.
 *
 * The work is in rules/, the language in docs/rules.md.
 * Exit status 2 on a bad file, with every error as `file:line:column reason`; nothing is written then. Exit
 * status 1 when `explain --check` finds a deadline that is not met, or `test` an expectation that does not hold.
 */
import { basename } from 'node:path';
import {
  describeOutput,
  InputError,
  readInput,
  readTextInput,
  writeWhole,
} from '../cell-config/files.ts';
import { counted } from '../cell-config/plural.ts';
import { compileRules, RulesError } from '../rules/compile.ts';
import type { CompiledRules } from '../rules/compile.ts';
import { decodeRules, RulesImageError } from '../rules/image/decode.ts';
import { describeTable } from '../rules/describe.ts';
import { formatDiagnostic } from '../rules/diagnostics.ts';
import { explainTable } from '../rules/explain.ts';
import { schemaText } from '../rules/schema.ts';
import { SUFFIXES } from '../twin/logs/formats.ts';
import { commandLine, run, userPath } from './command-line.ts';
import { reportOnBus } from './rules/bus.ts';
import type { BusOptions } from './rules/bus.ts';
import { importCangw } from './rules/import-cangw.ts';
import { type TestOptions, testRules } from './rules/test.ts';

const EXIT_MISSED = 1;

/** Reads and compiles. Warnings go to standard error. Throws InputError with all errors. */
function compileFile(path: string): CompiledRules {
  const text = readTextInput(path, 'rules file');
  try {
    const compiled = compileRules(text, path);
    for (const warning of compiled.warnings) console.error(formatDiagnostic(warning));
    return compiled;
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    const count = error.diagnostics.filter(({ severity }) => severity === 'error').length;
    const summary = `${counted(count, 'error')}; nothing was written`;
    throw new InputError(`${error.message}\n${summary}`, { cause: error });
  }
}

function compile(input: string, output: string): void {
  const { table, image } = compileFile(input);
  writeWhole(output, image);
  console.log(`${describeOutput(output, image)}  ${counted(table.rules.length, 'rule')}`);
}

function check(input: string): void {
  const { table, notes } = compileFile(input);
  for (const note of notes) console.error(formatDiagnostic(note));
  console.log(describeTable(table));
  console.log(`${input}: ${counted(table.rules.length, 'rule')}, no errors`);
}

function explain(input: string, options: BusOptions): void {
  const { table } = compileFile(input);
  const report = reportOnBus(table, options);
  console.log(explainTable(table).join('\n'));
  if (report === undefined) return;
  console.log(`\n${report.lines.join('\n')}`);
  if (options.check === true && report.missed > 0) process.exitCode = EXIT_MISSED;
}

function show(path: string): void {
  const image = readInput(path, 'rule image');
  try {
    console.log(describeTable(decodeRules(image)));
  } catch (error) {
    if (!(error instanceof RulesImageError)) throw error;
    const hint = /\.ya?ml$/.test(path) ? `; for a rules file: npm run rules -- check ${path}` : '';
    throw new InputError(`${path}: not an image the cell would take: ${error.message}${hint}`, {
      cause: error,
    });
  }
  console.log(describeOutput(path, image));
}

/** The schema, and the line by which a rules file names it. */
function schema({ output }: { readonly output?: string }): void {
  const text = schemaText();
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  writeWhole(output, Buffer.from(text));
  console.log(
    `${output}  first line of a rules file beside it: # yaml-language-server: $schema=${basename(output)}`,
  );
}

const program = commandLine('rules').description(
  'Compile, check and show the rule table (language: docs/rules.md).',
);
program
  .command('compile')
  .description('write the image that "jailhouse cell load" puts at 0x100000')
  .argument('<in>', 'rules file (YAML)', userPath)
  .argument('<out>', 'image, for example build/rules.bin', userPath)
  .action(compile);
program
  .command('show')
  .description('decode an image')
  .argument('<file>', 'image', userPath)
  .action(show);
program
  .command('check')
  .description('read a rules file, report every error, write nothing')
  .argument('<in>', 'rules file (YAML)', userPath)
  .action(check);
program
  .command('explain')
  .description('say how each rule is recognised on the chip, and the worst times on a stated bus')
  .argument('<in>', 'rules file (YAML)', userPath)
  .option(
    '--bus <traffic>',
    'traffic file (YAML) or DBC file: also the worst time of each answer',
    userPath,
  )
  .option('--log <log>', `the same with the periods of a recording (${SUFFIXES})`, userPath)
  .option(
    '--bitrate <bits>',
    'bit/s of the bus, for --log, and for a DBC file that does not say it',
  )
  .option('--interface <name>', 'take the frames of this interface alone from the recording')
  .option('--check', 'end with status 1 if a deadline is not met')
  .action(explain);
program
  .command('test')
  .description('check what the file expects of its rules, and say what they make of a recording')
  .argument('<in>', 'rules file (YAML)', userPath)
  .option(
    '--log <log>',
    `say of each frame of this recording (${SUFFIXES}) what becomes of it`,
    userPath,
  )
  .option('--interface <name>', 'take the frames of this interface alone from the recording')
  .option('--json', 'the same as one JSON object')
  .action((input: string, options: TestOptions) => testRules(input, compileFile(input), options));
program
  .command('schema')
  .description('print the JSON Schema of rules files, for completion and hover in editors')
  .option('-o, --output <file>', 'write a file instead of standard output', userPath)
  .action(schema);
program
  .command('import')
  .description('write a rules file from the configuration of another gateway')
  .command('cangw')
  .description("translate jobs of the Linux kernel's gateway (can-gw)")
  .argument('<commands...>', "command lines, each as one word: 'cangw -A -s can0 -d vcan0 ...'")
  .option('--bus <name>', "the bus's interface in the commands", 'can0')
  .option('--agl <name>', "AGL's interface in the commands", 'vcan0')
  .option('-o, --output <file>', 'write a file instead of standard output', userPath)
  .action(importCangw);

await run(program);
