// SPDX-License-Identifier: MIT
/**
 * Runs apt-get with its output in a file, and reports the size, the progress and the end.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { counted } from '../../cell-config/plural.ts';
import { PROJECT } from '../build/command.ts';

/** Output of every apt run of a set-up, one after the other. */
const LOG = join(PROJECT, 'build/setup.log');
const LINES_SHOWN = 12;

/** Size of an installation, in apt's words such as "98.2 MB". */
export interface InstallSize {
  readonly download: string;
  readonly disk: string;
}

/** Reads the two sentences of apt-get about the size of an installation. */
export function readInstallSize(words: string): InstallSize | undefined {
  // For packages already in apt's cache: "Need to get 0 B/98.2 MB of archives."
  const download = /Need to get (?:[\d.,]+ [kMG]?B\/)?([\d.,]+ [kMG]?B) of archives/.exec(
    words,
  )?.[1];
  const disk = /After this operation, ([\d.,]+ [kMG]?B) of additional/.exec(words)?.[1];
  return download !== undefined && disk !== undefined ? { download, disk } : undefined;
}

/** Size of installing `packages`. Asks apt without root. Undefined: apt failed. */
export function installSize(packages: readonly string[]): InstallSize | undefined {
  const ask = ['install', '--assume-no', '--no-install-recommends', '-o', 'Debug::NoLocking=1'];
  const { stdout } = spawnSync('apt-get', [...ask, ...packages], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return readInstallSize(stdout ?? '');
}

/** Follows apt-get's output and reports the progress. */
export class AptProgress {
  #packages = 0;
  #fetched = 0;
  #unpacked = 0;
  #setUp = 0;

  /** Takes one line. Returns the text to show. Undefined: the line changes nothing. */
  take(line: string): string | undefined {
    const [, upgraded, installed] = /^(\d+) upgraded, (\d+) newly installed/.exec(line) ?? [];
    if (installed !== undefined) {
      this.#packages = Number(upgraded) + Number(installed);
      if (this.#packages === 0) return undefined;
    }
    if (installed !== undefined) return this.#show('fetched', 0);
    if (line.startsWith('Get:')) this.#fetched += 1;
    else if (line.startsWith('Unpacking ')) this.#unpacked += 1;
    else if (line.startsWith('Setting up ')) this.#setUp += 1;
    else return undefined;
    if (this.#setUp > 0) return this.#show('set up', this.#setUp);
    if (this.#unpacked > 0) return this.#show('unpacked', this.#unpacked);
    return this.#show('fetched', this.#fetched);
  }

  #show(what: string, count: number): string {
    // apt-get update fetches lists without stating their number.
    const of =
      this.#packages > 0
        ? `${count} of ${counted(this.#packages, 'package')}`
        : counted(count, 'list');
    return `${of} ${what}`;
  }
}

/** The end of the log, shown if apt failed. */
function endOfLog(): string[] {
  const lines = readFileSync(LOG, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN);
  return lines.map((line) => `  ${line}`);
}

/**
 * Runs a command that is or ends in apt-get. On a terminal one line shows the progress.
 *
 * @returns its exit status, 127 if it could not start.
 */
export async function runLogged(
  command: readonly string[],
  say: (line: string) => void,
): Promise<number> {
  mkdirSync(dirname(LOG), { recursive: true });
  const log = openSync(LOG, 'a');
  writeSync(log, `\n$ ${command.join(' ')}\n`);
  const child = spawn(command[0], command.slice(1), {
    stdio: ['ignore', 'pipe', log],
    // apt's output is parsed, so it must not be translated.
    env: { ...process.env, LC_ALL: 'C' },
  });
  const progress = new AptProgress();
  const terminal = process.stdout.isTTY ? process.stdout : undefined;
  let unfinished = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (unfinished + text).split('\n');
    unfinished = lines.pop() ?? '';
    for (const line of lines) {
      writeSync(log, `${line}\n`);
      const text = progress.take(line);
      if (text !== undefined) terminal?.write(`\r  ${text}\x1b[K`);
    }
  });
  const status = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 127));
  });
  closeSync(log);
  terminal?.write('\r\x1b[K');
  if (status !== 0) {
    say(`Setup: that failed; the end of ${relative(PROJECT, LOG)}:`);
    endOfLog().forEach(say);
  }
  return status;
}
