// SPDX-License-Identifier: MIT
/**
 * The front of every command: its help, how it refuses bad words, and from where names of files are
 * meant. An option is one row of the command's program.
 *
 * Does not: know any option.
 */
import { resolve } from 'node:path';
import { Command, type Option } from 'commander';
import { InputError } from '../cell-config/files.ts';
import { PROJECT } from './build/command.ts';

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

/**
 * The same for a command with few options, whose help is `usage`, lines about it and a row for each
 * option. `name` is what its refusals begin with.
 */
export function shortCommandLine(name: string, usage: string, ...about: string[]): Command {
  // Commander knows by the brackets that an option has a value; the help says it in capitals.
  const shown = ({ flags }: Option): string => flags.replace(/[<>]/g, '');
  const rows = ({ options }: Command): string[] => {
    const width = Math.max(...options.map((option) => shown(option).length));
    return options.map((option) => `  ${shown(option).padEnd(width)}  ${option.description}`);
  };
  const program: Command = new Command(name)
    .configureHelp({
      formatHelp: (command) => [`Usage: ${usage}`, ...about, ...rows(command), ''].join('\n'),
    })
    .configureOutput({
      outputError: (text, write) => {
        const flags = program.options.map(shown);
        const reason = text
          .replace(/^error: /, '')
          .trim()
          .replace(/\.?$/, '.');
        const refusal =
          flags.length === 0
            ? `there are no options, got "${process.argv[2]}"`
            : flags.length === 1
              ? `${reason} The only option is ${flags[0]}.`
              : `${reason} Options: ${flags.join(', ')}`;
        write(`${name}: ${refusal}\n`);
      },
    })
    .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : EXIT_BAD_INPUT));
  return program;
}

/**
 * Parses and acts. An InputError ends with its message and status 2; others are not the user's. With
 * `name`, every message begins with it, and others end with status 1.
 */
export async function run(program: Command, name?: string): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    const isInput = error instanceof InputError;
    if (!isInput && name === undefined) throw error;
    console.error(
      name === undefined ? (error as Error).message : `${name}: ${(error as Error).message}`,
    );
    process.exitCode = isInput ? EXIT_BAD_INPUT : 1;
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

/** A shell's status for a program ended by a closed pipe: 128 plus the number of SIGPIPE. */
const EXIT_CLOSED_PIPE = 141;

/** Makes output without a reader, such as a `head` that has ended, end the process silently from now on. */
function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT_CLOSED_PIPE);
    });
  }
}

/** Ends the process if the command it started ended because its reader had gone. */
export function endWithReader(status: number | null): void {
  if (status === EXIT_CLOSED_PIPE) process.exit(EXIT_CLOSED_PIPE);
}
