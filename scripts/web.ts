// SPDX-License-Identifier: MIT
/**
 * `npm run web`: serves the board in the browser, or writes it as static files. Options: `--help`.
 *
 * Exit status: 0 done, 2 a built file is missing or an option is wrong.
 */
import { InvalidArgumentError } from 'commander';
import { commandLine, run } from './command-line.ts';
import { buildPage, servePage } from './web/page.ts';

const DEFAULT_PORT = 5173;

interface Options {
  readonly build?: boolean;
  readonly port: number;
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new InvalidArgumentError('expected a port, 1 to 65535.');
}

const program = commandLine('web')
  .description('The board in the browser: the built firmware on the twin, in a page.')
  .option('--build', 'write the page as static files to build/web')
  .option('--port <number>', 'serve at this port of this machine', port, DEFAULT_PORT)
  .action(async ({ build, port: at }: Options) => {
    if (build === true) console.log(await buildPage());
    else console.log(`${await servePage(at)}\nCtrl+C ends it.`);
  });

await run(program);
