/**
 * A reader that goes away, as `head` does: the command ends without a word, as other tools do.
 *
 * Does not: touch files. Those are written whole or not at all, so what is left is of one run.
 */

/** What a shell shows for a program that a closed pipe ended: 128 and the number of SIGPIPE. */
export const EXIT_CLOSED_PIPE = 141;

/** From now on, output that nobody takes ends the process. */
export function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(EXIT_CLOSED_PIPE);
    });
  }
}

/** Ends the process when the command that it started ended because nobody read its output. */
export function endWithReader(status: number | null): void {
  if (status === EXIT_CLOSED_PIPE) process.exit(EXIT_CLOSED_PIPE);
}
