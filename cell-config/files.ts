/**
 * Reads input files and writes result files whole or not at all.
 *
 * Used by: the command lines in scripts/, twin/run.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
 * The text of a file. Throws InputError naming it; a file with a zero byte is none, and quoting it in
 * another error would put its control characters on the terminal.
 */
export function readTextInput(path: string): string {
  const bytes = readInput(path);
  const zeroAt = bytes.indexOf(0);
  if (zeroAt === -1) return bytes.toString('utf8');
  throw new InputError(`${path}: expected text, found a binary file (byte ${zeroAt} is 0)`);
}

/**
 * Writes `bytes` beside `path`, then renames: a reader sees the old file or the new one. Makes the
 * folder if it is missing. Throws InputError; then the file is as it was.
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  prepareToWrite(path);
  const temporary = temporaryNameOf(path);
  try {
    writeFileSync(temporary, bytes);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeError(path, error);
  }
}

/**
 * Makes a folder with those above it. Throws the file system's error. (`mkdirSync` with `recursive`
 * tries for ever where nothing can be made, as below /proc.)
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  let folder = resolve(path);
  for (; !isThere(folder); folder = dirname(folder)) missing.push(folder);
  if (!statSync(folder).isDirectory()) throw systemError('ENOTDIR');
  for (const name of missing.reverse()) mkdirSync(name);
}

/**
 * Makes sure before long work that files of these names can be written: their folders are made if they
 * are missing. Throws InputError.
 */
export function prepareToWrite(...paths: readonly string[]): void {
  for (const path of paths) {
    const temporary = temporaryNameOf(path);
    try {
      makeFolder(dirname(path));
      if (isThere(path) && statSync(path).isDirectory()) throw systemError('EISDIR');
      writeFileSync(temporary, '');
      rmSync(temporary);
    } catch (error) {
      throw writeError(path, error);
    }
  }
}

function temporaryNameOf(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.tmp`;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
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

/** The folder is there: what says "no such file" to a new one takes none. */
function writeError(path: string, cause: unknown): InputError {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? systemError('EROFS') : cause;
  return fileError(`cannot write ${path}`, reason);
}
