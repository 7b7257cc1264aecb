// SPDX-License-Identifier: MIT
/**
 * A file mapped into this process's memory, shared with whoever else maps it (mmap, MAP_SHARED).
 *
 * Node has no mmap of its own; the C library's is called through koffi.
 * Does not: unmap. A mapping lives as long as the process.
 */
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import koffi from 'koffi';

// <sys/mman.h>, the same numbers on every Linux.
const PROT_READ_AND_WRITE = 3;
const MAP_SHARED = 1;
const LIBRARIES = ['libc.so.6', 'libc.so', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1'];

/** The file cannot be shared on this machine; the message says why. */
export class SharedFileError extends Error {}

function loadLibrary(): ReturnType<typeof koffi.load> {
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name);
    } catch {
      // The next name may be this system's.
    }
  }
  throw new SharedFileError(
    `none of ${LIBRARIES.join(', ')} can be loaded: sharing a file with the bridge needs Linux`,
  );
}

/**
 * Maps `path`, creating it with `bytes` zero bytes or, when it is there, making it that long. What
 * it holds stays, so that processes that have it mapped already go on.
 */
export function mapFile(path: string, bytes: number): Buffer {
  const library = loadLibrary();
  const mmap = library.func(
    'void *mmap(void *address, size_t length, int protection, int flags, int file, int64 offset)',
  ) as (...values: unknown[]) => unknown;
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch {
    file = openSync(path, 'w+');
  }
  try {
    // Cutting a file that somebody has mapped would kill him.
    if (fstatSync(file).size < bytes) ftruncateSync(file, bytes);
    const address = mmap(null, bytes, PROT_READ_AND_WRITE, MAP_SHARED, file, 0);
    if (koffi.address(address) === 0xffffffffffffffffn) {
      throw new SharedFileError(`${path} cannot be mapped; is its file system one that can?`);
    }
    return Buffer.from(koffi.view(address, bytes));
  } finally {
    closeSync(file);
  }
}
