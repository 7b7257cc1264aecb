/**
 * `--help` for commands with so few options that a library for them would be longer.
 *
 * Those with more options use commander, which has its own.
 */
import { endOnClosedPipe } from './closed-pipe.ts';

endOnClosedPipe();

/** Prints `lines` and ends the process with 0, when the command line asks for help anywhere. */
export function helpIfAsked(...lines: readonly string[]): void {
  if (!process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return;
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exit(0);
}
