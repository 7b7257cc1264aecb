// SPDX-License-Identifier: MIT
/**
 * The undo file of a card image: the original bytes of every block that a deployment changed.
 *
 * It restores the image byte for byte, because writing files also changes tables, times and free blocks of a
 * file system. Form: a line `canwarden-undo 1`, a line of JSON (Header), then the blocks.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { INPUT_KINDS, InputError, readInput, writeWhole } from '../../cell-config/files.ts';

const MAGIC = 'canwarden-undo 1\n';
const BLOCK_BYTES = 4096;
/** End of the error about an invalid undo file. */
export const NO_UNDO = `Next: ${INPUT_KINDS['undo file of deploy'].next}`;
const BLOCKS_AT_ONCE = 256;

interface Header {
  readonly imageBytes: number;
  /** SHA-256 of the whole image after the deployment. Undo fits no other image. */
  readonly sha256: string;
  /** Numbers of the saved blocks, ascending. */
  readonly blocks: readonly number[];
}

export interface BlockBackup extends Header {
  readonly original: ReadonlyMap<number, Buffer>;
}

/** Compares two images of one size. The result turns `after` back into `before`. */
export function compareImages(before: string, after: string): BlockBackup {
  const hash = createHash('sha256');
  const original = new Map<number, Buffer>();
  const [left, right] = [openSync(before, 'r'), openSync(after, 'r')];
  try {
    const imageBytes = fstatSync(right).size;
    if (fstatSync(left).size !== imageBytes) throw new Error('the image changed its size');
    const chunkBytes = BLOCK_BYTES * BLOCKS_AT_ONCE;
    for (let offset = 0; offset < imageBytes; offset += chunkBytes) {
      const old = readAt(left, offset, chunkBytes);
      const now = readAt(right, offset, chunkBytes);
      hash.update(now);
      if (old.equals(now)) continue;
      for (let start = 0; start < old.length; start += BLOCK_BYTES) {
        const block = old.subarray(start, start + BLOCK_BYTES);
        if (block.equals(now.subarray(start, start + BLOCK_BYTES))) continue;
        original.set((offset + start) / BLOCK_BYTES, Buffer.from(block));
      }
    }
    return { imageBytes, sha256: hash.digest('hex'), blocks: [...original.keys()], original };
  } finally {
    closeSync(left);
    closeSync(right);
  }
}

/** Merges two consecutive deployments. The blocks of the first are the originals. */
export function mergeBackups(first: BlockBackup, second: BlockBackup): BlockBackup {
  const original = new Map([...second.original, ...first.original]);
  const blocks = [...original.keys()].sort((left, right) => left - right);
  return { ...second, blocks, original };
}

/** Writes the original blocks into the image at `path`. */
export function restoreBlocks(path: string, backup: BlockBackup): void {
  const file = openSync(path, 'r+');
  try {
    for (const [number, bytes] of backup.original) {
      writeSync(file, bytes, 0, bytes.length, number * BLOCK_BYTES);
    }
  } finally {
    closeSync(file);
  }
}

/** SHA-256 of a file of any size. */
export function hashFile(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const chunkBytes = BLOCK_BYTES * BLOCKS_AT_ONCE;
    for (let offset = 0; ; offset += chunkBytes) {
      const chunk = readAt(file, offset, chunkBytes);
      if (chunk.length === 0) return hash.digest('hex');
      hash.update(chunk);
    }
  } finally {
    closeSync(file);
  }
}

export function writeBackup(path: string, backup: BlockBackup): void {
  const { imageBytes, sha256, blocks } = backup;
  const header: Header = { imageBytes, sha256, blocks };
  const parts = blocks.map((number) => backup.original.get(number) ?? Buffer.alloc(0));
  writeWhole(path, Buffer.concat([Buffer.from(`${MAGIC}${JSON.stringify(header)}\n`), ...parts]));
}

/** Reads the undo file. Undefined: there is none. InputError: it is damaged. */
export function readBackup(path: string): BlockBackup | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readInput(path, 'undo file of deploy');
  const headerEnd = bytes.indexOf('\n', MAGIC.length);
  if (!bytes.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC)) || headerEnd === -1) {
    throw new InputError(`${path}: not an undo file of deploy. ${NO_UNDO}`);
  }
  const header = readHeader(path, bytes.toString('utf8', MAGIC.length, headerEnd));
  const original = new Map<number, Buffer>();
  let offset = headerEnd + 1;
  for (const number of header.blocks) {
    // The last block of an image may be shorter.
    const size = Math.min(BLOCK_BYTES, header.imageBytes - number * BLOCK_BYTES);
    original.set(number, bytes.subarray(offset, offset + size));
    offset += size;
  }
  if (offset !== bytes.length)
    throw new InputError(`${path}: cut off, so undo cannot be trusted. ${NO_UNDO}`);
  return { ...header, original };
}

function readHeader(path: string, text: string): Header {
  try {
    const header = JSON.parse(text) as Header;
    if (Array.isArray(header.blocks) && header.imageBytes >= 0) return header;
  } catch {
    // Continues with the error below.
  }
  throw new InputError(
    `${path}: its first lines are damaged, so undo cannot be trusted. ${NO_UNDO}`,
  );
}

function readAt(file: number, offset: number, size: number): Buffer {
  const buffer = Buffer.alloc(size);
  return buffer.subarray(0, readSync(file, buffer, 0, size, offset));
}
