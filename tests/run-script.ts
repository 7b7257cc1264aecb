// SPDX-License-Identifier: MIT
/** Runs a script of the project as npm does, and waits for its end. */
import { spawnSync } from 'node:child_process';
import { TYPESCRIPT } from '../scripts/test/typescript/words.ts';

/** How a script ended, and what it wrote. */
export interface ScriptRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, standard output first. */
  readonly text: string;
}

/** `script`: path below scripts/, without its ending. */
export function runScript(
  script: string,
  words: readonly string[],
  options: { env?: NodeJS.ProcessEnv; input?: string; cwd?: string } = {},
): ScriptRun {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...TYPESCRIPT, `scripts/${script}.ts`, ...words],
    { encoding: 'utf8', timeout: 300_000, ...options },
  );
  return { status, stdout, stderr, text: stdout + stderr };
}
