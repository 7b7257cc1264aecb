// SPDX-License-Identifier: MIT
/**
 * The compilers that the build calls: the cross tools for the board, and the native compiler of
 * this machine.
 *
 * `CROSS_COMPILE` is the prefix of the cross tools, as in the kernel's build. `CROSS_CC` names the
 * compiler alone, for names with a version such as `aarch64-linux-gnu-gcc-14`. `CC` is not read,
 * because it names this machine's compiler. scripts/setup checks that the tools are installed.
 */
import { command, CommandFailed } from './command.ts';

const PREFIX = process.env.CROSS_COMPILE || 'aarch64-linux-gnu-';

/** Compiles the image and the board's bridge. */
export const CROSS_COMPILER = process.env.CROSS_CC || `${PREFIX}gcc`;
/** From the binutils that hold the compiler's assembler, whatever the compiler's version. */
export const CROSS_OBJCOPY = `${PREFIX}objcopy`;
/** Lines of an address, from the same binutils. */
export const CROSS_ADDR2LINE = `${PREFIX}addr2line`;
/** Compiles the bridge for this machine. */
export const NATIVE_COMPILER = 'cc';

/**
 * Debian's package of the cross compiler. For another compiler it returns that compiler's own name,
 * which apt will not know.
 */
export function crossCompilerPackages(compiler: string = CROSS_COMPILER): string[] {
  const version = /^aarch64-linux-gnu-gcc(-\d+)?$/.exec(compiler);
  return [version ? `gcc${version[1] ?? ''}-aarch64-linux-gnu` : compiler];
}

/**
 * Asks the cross compiler for its target.
 *
 * @throws CommandFailed if the target is not a 64-bit ARM.
 */
export async function checkCrossCompiler(): Promise<void> {
  const target = (await command(CROSS_COMPILER, ['-dumpmachine'])).trim();
  if (target.startsWith('aarch64')) return;
  throw new CommandFailed(
    `${CROSS_COMPILER} compiles for ${target}, the board is an aarch64. ` +
      'Likely cause: CROSS_CC or CROSS_COMPILE names another compiler. Next: correct or unset it.',
  );
}
