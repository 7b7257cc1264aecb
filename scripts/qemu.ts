// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- build | boot | demo`: the cell on QEMU's Raspberry Pi 4, with the CAN HAT that the patches
 * of qemu/ add to it. docs/qemu.md tells how.
 *
 * Exit status: 0 done, 1 it failed on the way, 2 bad input or a machine that lacks something.
 */
import { join } from 'node:path';
import { InputError, readTextInput } from '../cell-config/files.ts';
import { asInput } from '../lab/play/command.ts';
import { compileRules } from '../rules/compile.ts';
import { PROJECT } from './build/command.ts';
import { runDemo } from './qemu/boot/demo.ts';
import { PLAIN } from './qemu/boot/initramfs.ts';
import { type BootOptions as LinuxOptions, prepareBoot } from './qemu/boot/prepare.ts';
import { runInTerminal } from './qemu/boot/run.ts';
import { build } from './qemu/build.ts';
import { findEmulator, QemuCache } from './qemu/cache.ts';
import { alone } from './qemu/lock.ts';
import { runStub } from './qemu/stub.ts';
import { commandLine, run, userPath } from './command-line.ts';
import { Progress } from './progress.ts';
import { FIRST_SEED, runChips, SCRIPTS } from './soak/chips.ts';

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

const BOOT_FOLDER = join(PROJECT, 'build/qemu');

interface StubOptions {
  readonly cache?: string;
  readonly rules: string;
  readonly bus: string;
  readonly seconds?: string;
  readonly rounds: string;
}

interface BootOptions extends Partial<LinuxOptions>, Omit<StubOptions, 'rules'> {
  readonly stub?: true;
  readonly bus: string;
}

const say = (line: string): void => console.log(line);

function emulatorIn(cache: QemuCache): string {
  const found = findEmulator(cache);
  if ('missing' in found) throw new InputError(found.missing);
  return found.path;
}

/** Plays the log, and says what came of it. Exit status 1: not what the twin did. */
async function bootStub(options: StubOptions): Promise<void> {
  const emulator = emulatorIn(new QemuCache(options.cache));
  const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
  const rounds = Number(options.rounds);
  if (seconds !== undefined && !(seconds > 0)) throw new InputError('--seconds takes a number > 0');
  if (!Number.isInteger(rounds) || rounds < 1) throw new InputError('--rounds takes 1 or more');
  const result = await runStub({
    emulator,
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

/** Checks all that the user named, before QEMU is asked for: it takes long to build. */
async function prepareLinux(options: BootOptions) {
  const { kernel, jailhouse } = options;
  if (kernel === undefined || jailhouse === undefined) {
    throw new InputError(
      'boot needs --kernel IMAGE and --jailhouse FOLDER (docs/qemu.md), or --stub, which needs neither. ' +
        'Next: npm run qemu -- boot --stub',
    );
  }
  const cache = new QemuCache(options.cache);
  const prepared = await prepareBoot(
    { ...options, kernel, jailhouse },
    { cache, folder: BOOT_FOLDER, say },
  );
  return { emulator: emulatorIn(cache), prepared };
}

program
  .command('boot')
  .description(
    'runs the cell on QEMU: under Jailhouse and Linux, or with --stub at EL1 behind a stub',
  )
  .option('--kernel <image>', "the user's kernel for the board, arch/arm64/boot/Image", userPath)
  .option('--jailhouse <folder>', 'where the user has built Jailhouse, or installed it', userPath)
  .option('--rootfs <cpio>', 'root file system (default: busybox and can-utils)', userPath)
  .option('--dtb <file>', 'device tree (default: that of the kernel, beside it)', userPath)
  .option('--revision <number>', 'of the cell files, where the folder does not tell: 13 or 14')
  .option('--append <words>', "more words for the kernel's command line")
  .option('--bus-port <port>', 'the bus at this port of 127.0.0.1, instead of a log')
  .option('--bus-host <interface>', 'the bus at this CAN interface of the machine')
  .option('--stub', 'without Jailhouse and Linux')
  .option('--rules <file>', 'rule table (default: the built one)', userPath)
  .option('--bus <file>', 'log to play', userPath, join(PROJECT, 'lab/demo/demo.log'))
  .option('--seconds <number>', '--stub: only so much of the log')
  .option('--rounds <number>', '--stub: so many times in a row', '2')
  .option('--cache <folder>', 'where QEMU was built', userPath)
  .action(async (options: BootOptions) => {
    if (options.stub === true) {
      const rules = options.rules ?? join(PROJECT, 'rules.yaml');
      await alone(BOOT_FOLDER, () => bootStub({ ...options, rules }));
      return;
    }
    await alone(BOOT_FOLDER, async () => {
      const { emulator, prepared } = await prepareLinux(options);
      process.exitCode = await runInTerminal(emulator, prepared, say);
    });
  });

program
  .command('chips')
  .description(
    "random scripts to the twin's MCP2515 and to QEMU's, a part of npm run soak -- chips",
  )
  .option('--first <seed>', 'the first', String(FIRST_SEED))
  .option('--count <number>', 'so many', String(SCRIPTS))
  .option('--cache <folder>', 'where QEMU was built', userPath)
  .action(async (options: { first: string; count: string; cache?: string }) => {
    const [first, count] = [Number(options.first), Number(options.count)];
    if (!Number.isInteger(first) || first < 0) throw new InputError('--first takes 0 or more');
    if (!Number.isInteger(count) || count < 1) throw new InputError('--count takes 1 or more');
    const progress = new Progress({ unit: 'scripts' });
    const cache = new QemuCache(options.cache);
    const { lines, isRight } = await runChips(cache, { first, count }, (done, total) =>
      progress.update(done, total),
    );
    progress.finish();
    for (const line of lines) say(line);
    say(isRight ? `They agree. Next: --first ${first + count}` : 'They differ.');
    if (!isRight) process.exitCode = 1;
  });

const DEMO_SECONDS = 2;

program
  .command('demo')
  .description('boots under Jailhouse and Linux, types the commands, plays a log, lets Linux panic')
  .requiredOption('--kernel <image>', 'as for boot', userPath)
  .requiredOption('--jailhouse <folder>', 'as for boot', userPath)
  .option('--rootfs <cpio>', 'as for boot', userPath)
  .option('--dtb <file>', 'as for boot', userPath)
  .option('--revision <number>', 'as for boot')
  .option('--append <words>', 'as for boot')
  .option('--rules <file>', 'rule table', userPath, join(PROJECT, 'rules.yaml'))
  .option('--bus <file>', 'log to play', userPath, join(PROJECT, 'lab/demo/demo.log'))
  .option(
    '--seconds <number>',
    'so much of the log, before the panic and after',
    String(DEMO_SECONDS),
  )
  .option('--cache <folder>', 'where QEMU was built', userPath)
  .action(async (options: BootOptions & { rules: string }) => {
    const seconds = Number(options.seconds);
    if (!(seconds > 0)) throw new InputError('--seconds takes a number > 0');
    const { table } = asInput(() =>
      compileRules(readTextInput(options.rules, 'rules file'), options.rules),
    );
    const append = `${PLAIN} ${options.append ?? ''}`;
    const problems = await alone(BOOT_FOLDER, async () => {
      const { emulator, prepared } = await prepareLinux({ ...options, append });
      return runDemo({ emulator, prepared, table, seconds, say });
    });
    for (const problem of problems) say(`DIFFERENT: ${problem}`);
    say(problems.length === 0 ? 'All as the rules say.' : 'Not as the rules say.');
    if (problems.length > 0) process.exitCode = 1;
  });

await run(program, 'qemu');
