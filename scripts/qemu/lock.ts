// SPDX-License-Identifier: MIT
/**
 * One process at a time in a folder: a file with the number of the process that has it.
 *
 * The file of a process that is gone counts for nothing.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../cell-config/files.ts';

const NAME = 'in-use';
const TRIES = 3;

/** Runs `work` while no other process is in `folder`. Throws InputError if one is. */
export async function alone<T>(folder: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, NAME);
  take(path, folder);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string, folder: string): void {
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      // The system makes it for one of two processes only.
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(path);
    if (owner !== undefined && lives(owner)) {
      throw new InputError(
        `${folder} is in use by process ${owner}. Next: wait for its end, or end it`,
      );
    }
    rmSync(path, { force: true });
  }
  throw new InputError(`${folder} is wanted by several processes at once. Next: try again`);
}

/** Undefined: it is gone, or says no number. */
function ownerOf(path: string): number | undefined {
  try {
    const number = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(number) && number > 0 ? number : undefined;
  } catch {
    return undefined;
  }
}

function lives(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's, and it lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
