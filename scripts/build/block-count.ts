// SPDX-License-Identifier: MIT
/**
 * The function in C that counts instructions for the image engine (twin/engine/block-count.ts).
 *
 * Does not: change what the twin does. Without it the twin counts in JavaScript, and is slower.
 */
import { command } from './command.ts';
import { NATIVE_COMPILER } from './compilers.ts';

export async function buildBlockCount(): Promise<void> {
  const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-O2', '-fPIC', '-shared'];
  const files = ['bsp/host/block-count.c', '-o', 'build/block-count.so'];
  await command(NATIVE_COMPILER, [...flags, ...files]);
}
