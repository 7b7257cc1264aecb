/**
 * Shared by the commands with many options: refusal of bad words, and the base of user paths. Commands with
 * few options use help.ts.
 */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../cell-config/files.ts';
import { PROJECT } from './build/command.ts';
import { endOnClosedPipe } from './closed-pipe.ts';

endOnClosedPipe();

/** Exit status for bad options and bad files. */
export const EXIT_BAD_INPUT = 2;

/** An empty command line of `npm run NAME`, for `run`. */
export function commandLine(name: string): Command {
  const typed = `npm run ${name} --`;
  return new Command(typed)
    .showHelpAfterError(`Next: ${typed} --help`)
    .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : EXIT_BAD_INPUT));
}

/** Parses and acts. An InputError ends with its message and status 2; other errors are thrown. */
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
 * The file or folder that a user named. npm changes to the project's folder before it starts a command;
 * INIT_CWD holds the user's folder.
 */
export function userPath(path: string): string {
  const userFolder = process.env.INIT_CWD ?? PROJECT;
  const inProject = resolve(process.cwd()) === resolve(PROJECT);
  return inProject && resolve(userFolder) !== resolve(PROJECT) ? resolve(userFolder, path) : path;
}

/** As `userPath` for a list: commander passes one name at a time. */
export function userPaths(path: string, before: readonly string[] = []): string[] {
  return [...before, userPath(path)];
}
