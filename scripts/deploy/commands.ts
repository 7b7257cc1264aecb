// SPDX-License-Identifier: MIT
/**
 * Runs the tools that deploy needs (mtools, e2fsprogs, ssh, cp) without a shell, and reports errors in
 * sentences.
 */
import { spawnSync } from 'node:child_process';
import { InputError } from '../../cell-config/files.ts';

/** Debian packages of the tools, for the error about a missing one. */
const PACKAGES: Readonly<Record<string, string>> = {
  mcopy: 'mtools',
  mdir: 'mtools',
  mmd: 'mtools',
  mrd: 'mtools',
  mdel: 'mtools',
  debugfs: 'e2fsprogs',
  e2fsck: 'e2fsprogs',
  ssh: 'openssh-client',
};

export interface ToolResult {
  readonly status: number;
  readonly output: Buffer;
  readonly complaint: string;
}

/** Runs a tool to its end. Throws InputError if it is not installed. */
export function runTool(name: string, parameters: readonly string[], input?: string): ToolResult {
  const run = spawnSync(name, parameters, {
    input: input ?? '',
    maxBuffer: 2 ** 30,
    env: {
      ...process.env,
      // debugfs and e2fsck are in /usr/sbin, which is often not in a user's PATH.
      PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
      LC_ALL: 'C',
      // No user's drive letters, and no questions about odd geometry.
      MTOOLSRC: '/dev/null',
      MTOOLS_SKIP_CHECK: '1',
    },
  });
  const { code, message } = (run.error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT') {
    const from = PACKAGES[name] ?? name;
    throw new InputError(
      `${name} is not installed. Next: sudo apt-get install ${from}, or use --rootfs with a mounted card`,
    );
  }
  // A tool that gives up early does not read all of its input (EPIPE). Its own message says more.
  if (code !== undefined && code !== 'EPIPE') {
    throw new InputError(`${name} did not run: ${message}`);
  }
  return { status: run.status ?? -1, output: run.stdout, complaint: run.stderr.toString().trim() };
}

/** Runs a tool that must succeed. `what` starts the error sentence. */
export function mustRun(what: string, name: string, parameters: readonly string[]): Buffer {
  const { status, output, complaint } = runTool(name, parameters);
  if (status === 0) return output;
  throw new Error(`${what}: ${name} ended with status ${status}: ${complaint}`);
}
