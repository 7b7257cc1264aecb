// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- build | boot | demo`: the cell on QEMU's Raspberry Pi 4, with the CAN HAT that the patches
 * of qemu/ add to it. docs/qemu.md tells how.
 *
 * Exit status: 0 done, 1 it failed on the way, 2 bad input or a machine that lacks something.
 */
import { join } from 'node:path';
import { InputError } from '../cell-config/files.ts';
import { PROJECT } from './build/command.ts';
import { build } from './qemu/build.ts';
import { findEmulator, QemuCache } from './qemu/cache.ts';
import { runStub } from './qemu/stub.ts';
import { commandLine, run, userPath } from './command-line.ts';

const program = commandLine('qemu').description(
  "Builds QEMU with the CAN HAT, and runs the cell on its Raspberry Pi 4 (docs/qemu.md). It is GPL'd: qemu/README.md",
);

program
  .command('build')
  .description("gets QEMU's source by apt, applies qemu/patches, builds the one emulator")
  .option('--cache <folder>', 'keep it there (default: canwarden/qemu in the XDG cache)', userPath)
  .option('--jobs <number>', 'compilers at a time (default: one for each core)')
  .option('--check', 'only say what the machine lacks')
  .action(async (options: { cache?: string; jobs?: string; check?: true }) => {
    await build(new QemuCache(options.cache), {
      jobs: options.jobs,
      onlyCheck: options.check === true,
      say: (line) => console.log(line),
    });
  });

interface BootOptions {
  readonly stub?: true;
  readonly cache?: string;
  readonly rules: string;
  readonly bus: string;
  readonly seconds?: string;
  readonly rounds: string;
}

/** Plays the log, and says what came of it. Exit status 1: not what the twin did. */
async function bootStub(options: BootOptions): Promise<void> {
  const found = findEmulator(new QemuCache(options.cache));
  if ('missing' in found) throw new InputError(found.missing);
  const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
  const rounds = Number(options.rounds);
  if (seconds !== undefined && !(seconds > 0)) throw new InputError('--seconds takes a number > 0');
  if (!Number.isInteger(rounds) || rounds < 1) throw new InputError('--rounds takes 1 or more');
  const say = (line: string): void => console.log(line);
  const result = await runStub({
    emulator: found.path,
    rulesFile: options.rules,
    busFile: options.bus,
    seconds,
    rounds,
    say,
    showConsole: true,
  });
  say(`frames on the bus   ${result.onWire}`);
  say(`urgent requests     ${result.requests}, answers ${result.answers}`);
  say(`forwarded to AGL    ${result.forwarded}`);
  for (const difference of result.differences) say(`DIFFERENT: ${difference}`);
  say(result.differences.length === 0 ? 'Frame by frame as on the twin.' : 'Not as on the twin.');
  if (result.differences.length > 0) process.exitCode = 1;
}

program
  .command('boot')
  .description('runs the image on QEMU: with --stub at EL1 behind a stub of a hypervisor')
  .option('--stub', 'without Jailhouse and Linux')
  .option('--rules <file>', 'rule table', userPath, join(PROJECT, 'rules.yaml'))
  .option('--bus <file>', 'log to play', userPath, join(PROJECT, 'lab/demo/demo.log'))
  .option('--seconds <number>', 'only so much of the log')
  .option('--rounds <number>', 'so many times in a row', '2')
  .option('--cache <folder>', 'where QEMU was built', userPath)
  .action(async (options: BootOptions) => {
    if (options.stub !== true) {
      throw new InputError('boot needs --stub. Next: npm run qemu -- boot --stub');
    }
    await bootStub(options);
  });

await run(program, 'qemu');
