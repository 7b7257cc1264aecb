/**
 * Reads input files and writes result files whole or not at all.
 *
 * Used by: scripts/cells.ts, scripts/rules.ts, twin/run/command.ts.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Something the user gave is wrong; the message says what and where. Exit status 2. */
export class InputError extends Error {}

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

/** The bytes of a file; throws InputError naming it. */
export function readInput(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(`cannot read ${path}`, error);
  }
}

/**
 * Writes `bytes` beside `path`, then renames: a reader sees the old file or the new one. Makes the
 * folder if it is missing. Throws InputError; then the file is as it was.
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw fileError(`cannot write ${path}`, error);
  }
}

/** `build/rules.bin  416 bytes  sha256 0123456789abcdef`. */
export function describeOutput(path: string, bytes: Uint8Array): string {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return `${path}  ${bytes.length} bytes  sha256 ${hash}`;
}

function fileError(what: string, cause: unknown): InputError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new InputError(`${what}: ${FILE_REASONS[code ?? ''] ?? message}`, { cause });
}
