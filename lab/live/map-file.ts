// SPDX-License-Identifier: MIT
/**
 * Maps a file into the memory of this process, shared with all other processes that map it (mmap,
 * MAP_SHARED).
 *
 * Node has no mmap of its own, so the mmap of the C library is called through koffi.
 * Does not: unmap. A mapping lives as long as the process.
 */
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import koffi from 'koffi';

// <sys/mman.h>, the same numbers on every Linux.
const PROT_READ_AND_WRITE = 3;
const MAP_SHARED = 1;
const LIBRARIES = ['libc.so.6', 'libc.so', 'libc.musl-x86_64.so.1', 'libc.musl-aarch64.so.1'];

/** The file cannot be shared on this machine. The message says why. */
export class SharedFileError extends Error {}

function loadLibrary(): ReturnType<typeof koffi.load> {
  for (const name of LIBRARIES) {
    try {
      return koffi.load(name);
    } catch {
      // This name is unknown here; try the next one.
    }
  }
  throw new SharedFileError(
    `none of ${LIBRARIES.join(', ')} can be loaded: sharing a file with the bridge needs Linux`,
  );
}

/**
 * Maps `path`. Creates the file with `bytes` zero bytes, or extends an existing file to that
 * length. The content of an existing file stays, so that processes that have already mapped it can
 * go on.
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
    // Shortening a mapped file would kill the processes that map it.
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
