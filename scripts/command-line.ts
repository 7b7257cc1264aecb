/**
 * What the commands with many options share: how they refuse bad words, and from where names of files
 * are meant.
 *
 * Commands with few options have help.ts.
 * Does not: know any option.
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../cell-config/files.ts';
import { PROJECT } from './build/command.ts';
import { endOnClosedPipe } from './closed-pipe.ts';

endOnClosedPipe();

/** Exit status for bad options and bad files. */
export const EXIT_BAD_INPUT = 2;

/** An empty command line of `npm run NAME`, as it is typed; for `run`. */
export function commandLine(name: string): Command {
  const typed = `npm run ${name} --`;
  return new Command(typed)
    .showHelpAfterError(`Next: ${typed} --help`)
    .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : EXIT_BAD_INPUT));
}

/** Parses and acts. An InputError ends with its message and status 2; others are not the user's. */
export async function run(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(error.message);
    process.exitCode = EXIT_BAD_INPUT;
  }
}

/**
 * The file or folder that a user named. npm changes to the project's folder before it starts a
 * command, and says in INIT_CWD where the user stands.
 */
export function userPath(path: string): string {
  const userFolder = process.env.INIT_CWD ?? PROJECT;
  const inProject = resolve(process.cwd()) === resolve(PROJECT);
  return inProject && resolve(userFolder) !== resolve(PROJECT) ? resolve(userFolder, path) : path;
}

/** The same for a list: commander gives one name at a time. */
export function userPaths(path: string, before: readonly string[] = []): string[] {
  return [...before, userPath(path)];
}
