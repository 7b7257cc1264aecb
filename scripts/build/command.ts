// SPDX-License-Identifier: MIT
/**
 * Runs one tool of the build. Fails with the tool's output.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** The project's top folder, with a trailing slash. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** A tool ended with an error. The message holds its output. */
export class CommandFailed extends Error {}

/**
 * Runs `program` with `parameters` in the project's top folder.
 *
 * @returns its standard output.
 * @throws CommandFailed with the tool's message, or a hint if the tool is missing.
 */
export async function command(program: string, parameters: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execFileAsync(program, parameters, {
      cwd: PROJECT,
      maxBuffer: 64 << 20,
    });
    return stdout;
  } catch (error) {
    const failure = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    if (failure.code === 'ENOENT') {
      throw new CommandFailed(`${program} is not installed. Next: npm run setup`);
    }
    throw new CommandFailed(
      `${program} failed:\n${failure.stdout ?? ''}${failure.stderr ?? failure.message}`,
    );
  }
}

/** Runs a JavaScript tool from node_modules with this Node. */
export function nodeTool(path: string, parameters: readonly string[]): Promise<string> {
  return command(process.execPath, [`node_modules/${path}`, ...parameters]);
}
