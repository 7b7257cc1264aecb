// SPDX-License-Identifier: MIT
/**
 * Reads input files, and writes result files completely or not at all.
 *
 * Every file a user can name is read here. A path that is no file, an empty file, and a file too large for
 * its kind are refused before they are read.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from './input-error.ts';

export { InputError };

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the medium cannot be read',
  ENXIO: 'this is a device or a socket',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

interface Kind {
  /** The most bytes that one of the kind can have. */
  readonly most: number;
  /** What to name, or to do, instead of a file that is none. */
  readonly next: string;
}

/** Kinds of user files. */
export const INPUT_KINDS = {
  'rules file': { most: 4 << 20, next: 'name a table in YAML, such as rules.yaml (docs/rules.md)' },
  'traffic file': { most: 4 << 20, next: 'name a list of messages in YAML (docs/rules.md)' },
  'DBC file': { most: 32 << 20, next: 'name a signal database (docs/dbc.md)' },
  'rule image': { most: 1 << 20, next: 'npm run rules -- compile makes one' },
  'cell file': { most: 1 << 20, next: 'npm run build makes build/rpi4-root.cell and others' },
  'linked image': { most: 16 << 20, next: 'npm run build makes build/canwarden.elf' },
  'CAN log': {
    most: 128 << 20,
    next: 'candump -l records one; a part of a large one: head -n 100000 LOG > part.log',
  },
  'first stage of the firmware': { most: 4 << 20, next: "name TF-A's bl31.bin (docs/board.md)" },
  'kernel image': { most: 256 << 20, next: "name arch/arm64/boot/Image of the kernel's build" },
  'device tree': { most: 1 << 20, next: 'name bcm2711-rpi-4-b.dtb of the kernel (docs/qemu.md)' },
  'part of Jailhouse': { most: 64 << 20, next: 'build Jailhouse (docs/qemu.md)' },
  'root file system': { most: 512 << 20, next: 'name a cpio archive, gzipped or not' },
  'board model': { most: 1 << 20, next: 'canwarden measure writes one; lab/model has two' },
  'campaign script': {
    most: 4 << 20,
    next: 'name one that a failure left in build/campaign (npm run soak -- campaign)',
  },
  'built file': { most: 16 << 20, next: 'npm run build' },
  'deployed archive': { most: 64 << 20, next: 'name what npm run deploy -- --tar wrote' },
  'undo file of deploy': {
    most: 512 << 20,
    next: 'take the file that deploy wrote beside the image, or a fresh copy of the image',
  },
} as const satisfies Readonly<Record<string, Kind>>;

export type InputKind = keyof typeof INPUT_KINDS;

const CHUNK_BYTES = 1 << 20;

/**
 * The bytes of a file or a pipe. Throws InputError with the path if it is a folder or a device, cannot be
 * read, is empty, or exceeds the size limit of its kind. Never holds more than that limit in memory.
 */
export function readInput(path: string, kind: InputKind): Buffer {
  const chunks = [...inputChunks(path, kind)];
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}

/**
 * The same in chunks, for files of any size: `most` replaces the limit of the kind. `onOpen` is told the size
 * of the file, 0 if only its end will tell.
 */
export function* inputChunks(
  path: string,
  kind: InputKind,
  most: number = INPUT_KINDS[kind].most,
  onOpen?: (bytes: number) => void,
): Generator<Buffer> {
  const asInput = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw isNot(kind, fileError(`cannot read ${path}`, error).message);
    }
  };
  const file = asInput(() => openSync(path, 'r'));
  try {
    const size = asInput(() => sizeOf(file, path, kind, most));
    onOpen?.(size);
    for (let total = 0; ;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = asInput(() => readSync(file, chunk, 0, chunk.length, null));
      if (length === 0 && total === 0) throw isNot(kind, `${path}: the file is empty`);
      if (length === 0) return;
      total += length;
      if (total > most) throw tooLarge(path, kind, `more than ${most} bytes`);
      yield chunk.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** The error for a file that is none of its kind: what was found, what was expected, what to do. */
function isNot(kind: InputKind, found: string): InputError {
  return new InputError(`${found}; expected a ${kind}. Next: ${INPUT_KINDS[kind].next}`);
}

function sizeOf(file: number, path: string, kind: InputKind, most: number): number {
  const state = fstatSync(file);
  if (state.isDirectory()) throw systemError('EISDIR');
  if (state.isCharacterDevice() || state.isBlockDevice()) {
    throw isNot(kind, `cannot read ${path}: this is a device`);
  }
  // The size of a pipe is known only at its end, and files of /proc report 0.
  if (state.size > most) throw tooLarge(path, kind, `${state.size} bytes`);
  return state.size;
}

function tooLarge(path: string, kind: InputKind, size: string): InputError {
  const { most, next } = INPUT_KINDS[kind];
  return new InputError(`${path}: ${size}; a ${kind} has at most ${most >> 20} MiB. Next: ${next}`);
}

/**
 * The text of a file. Throws InputError as `readInput` does, also for a file with a zero byte: it is no
 * text, and quoting it in an error would send its control characters to the terminal.
 */
export function readTextInput(path: string, kind: InputKind): string {
  const bytes = readInput(path, kind);
  const zeroAt = bytes.indexOf(0);
  if (zeroAt === -1) return bytes.toString('utf8');
  throw notText(path, kind, zeroAt);
}

/** The error for a file that should be text and has a zero byte at `zeroAt`. */
export function notText(path: string, kind: InputKind, zeroAt: number): InputError {
  const found = `expected text, found a binary file (byte ${zeroAt} is 0)`;
  return new InputError(`${path}: ${found}. Next: ${INPUT_KINDS[kind].next}`);
}

/**
 * Writes `bytes` beside `path`, then renames: a reader sees the old file or the new one. Makes the folder
 * if it is missing. Throws InputError and then leaves the old file as it was.
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const file = new WholeFile(path);
  file.write(bytes);
  file.finish();
}

/** The same for a file that is written in parts. Each method throws InputError, and then all is discarded. */
export class WholeFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: number;

  constructor(path: string) {
    prepareToWrite(path);
    this.#path = path;
    this.#temporary = temporaryNameOf(path);
    this.#file = this.#orDiscard(() => openSync(this.#temporary, 'w'));
  }

  write(bytes: Uint8Array): void {
    this.#orDiscard(() => {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    });
  }

  /** The file is whole: it gets its name. */
  finish(): void {
    this.#orDiscard(() => {
      closeSync(this.#file);
      renameSync(this.#temporary, this.#path);
    });
  }

  /** Leaves nothing behind. */
  discard(): void {
    rmSync(this.#temporary, { force: true });
  }

  #orDiscard<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.discard();
      throw writeError(this.#path, error);
    }
  }
}

/**
 * Makes a folder and its parents. Throws the file system's error. Replaces `mkdirSync` with `recursive`,
 * which never returns where nothing can be made, as below /proc.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  let folder = resolve(path);
  for (; !isThere(folder); folder = dirname(folder)) missing.push(folder);
  if (!statSync(folder).isDirectory()) throw systemError('ENOTDIR');
  for (const name of missing.reverse()) mkdirSync(name);
}

/**
 * Checks before long work that these files can be written, and makes missing folders. Throws InputError.
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

/** Turns a file system error into an InputError with the file's name. */
export function fileError(what: string, cause: unknown): InputError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new InputError(`${what}: ${FILE_REASONS[code ?? ''] ?? message}`, { cause });
}

/** The folder exists, so "no such file" for a new file means that the folder cannot take one. */
function writeError(path: string, cause: unknown): InputError {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' ? systemError('EROFS') : cause;
  const { message } = fileError(`cannot write ${path}`, reason);
  return new InputError(
    `${message}. Next: name another place, or make room and the right to write there`,
  );
}
