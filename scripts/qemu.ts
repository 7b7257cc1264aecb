// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- build | boot | demo`: the cell on QEMU's Raspberry Pi 4, with the CAN HAT that the patches
 * of qemu/ add to it. docs/qemu.md tells how.
 *
 * Exit status: 0 done, 1 it failed on the way, 2 bad input or a machine that lacks something.
 */
import { build } from './qemu/build.ts';
import { QemuCache } from './qemu/cache.ts';
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

await run(program, 'qemu');
