/**
 * Handles a reader that goes away, such as `head`: the command ends silently, as other tools do. Files are
 * written completely or not at all, so those left over are from one run.
 */

/** A shell's status for a program ended by a closed pipe: 128 plus the number of SIGPIPE. */
export const EXIT_CLOSED_PIPE = 141;

/** Makes output without a reader end the process from now on. */
export function endOnClosedPipe(): void {
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
