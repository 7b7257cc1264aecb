// SPDX-License-Identifier: MIT
/** How processes of the tests load TypeScript: with code that was made at the start of `npm test`. */
import { join } from 'node:path';
import { PROJECT } from '../../build/command.ts';
import { runCommand } from '../command.ts';

/** The words after `node` that let a process load TypeScript, as loader.js says it. */
export const TYPESCRIPT: readonly string[] = [
  '--import',
  new URL('./loader.js', import.meta.url).href,
];

/** Makes the code of all files, and has the processes that begin from now on take it. */
export async function transpileForTests(): Promise<void> {
  const folder = join(PROJECT, 'build/test/transpiled');
  const script = join(PROJECT, 'scripts/test/typescript/transpile.js');
  const command = [process.execPath, script, PROJECT, folder];
  const { status, stderr, problem } = await runCommand(command, { timeoutSeconds: 600 });
  // Without it everything runs as well, by tsx.
  if (status === 0) process.env.CANWARDEN_TRANSPILED = folder;
  else console.log(`The tests load TypeScript by tsx, slowly: ${stderr}${problem}`);
}
