/**
 * `--help` for commands with few options. Those with more use commander.
 */
import { endOnClosedPipe } from './closed-pipe.ts';

endOnClosedPipe();

/** If the command line asks for help, prints `lines` and ends the process with 0. */
export function helpIfAsked(...lines: readonly string[]): void {
  if (!process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return;
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exit(0);
}
