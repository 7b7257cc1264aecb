// SPDX-License-Identifier: MIT
/**
 * Finds the partitions of a disk image and their file systems.
 *
 * Sources: UEFI 2.10 section 5 (MBR and GPT); FAT: Microsoft's FAT specification 1.03; ext4: the kernel's
 * Documentation/filesystems/ext4 (superblock).
 * Does not: read extended MBR partitions, which this board's cards do not have.
 */

const SECTOR_BYTES = 512;
const MBR_ENTRIES = 4;
const MBR_TYPE_PROTECTIVE = 0xee;
const EXTENDED_TYPES = [0x05, 0x0f, 0x85];
const GPT_ENTRIES_MOST = 256;
const EXT_SUPERBLOCK = 1024;
const EXT_MAGIC = 0xef53;
const EXT_FEATURE_NEEDS_RECOVERY = 0x4;

/** Reads `size` bytes at `offset`. Fewer at the end of the image. */
export type ReadAt = (offset: number, size: number) => Buffer;

export interface Partition {
  /** Number in the partition table, from 1. */
  readonly number: number;
  readonly start: number;
  readonly size: number;
  readonly fileSystem: FileSystem;
}

export type FileSystem =
  | { readonly kind: 'fat' }
  /** `clean` is false if its journal holds changes that are not yet in place. */
  | { readonly kind: 'ext'; readonly clean: boolean }
  | { readonly kind: 'unknown'; readonly what: string };

/** The partitions in the order of their table. Undefined: there is no table. */
export function findPartitions(read: ReadAt, imageBytes: number): Partition[] | undefined {
  const first = read(0, SECTOR_BYTES);
  if (first.length < SECTOR_BYTES || first.readUInt16LE(510) !== 0xaa55) return undefined;
  const entries = Array.from({ length: MBR_ENTRIES }, (_, index) => {
    const base = 446 + 16 * index;
    return {
      number: index + 1,
      type: first[base + 4],
      start: first.readUInt32LE(base + 8) * SECTOR_BYTES,
      size: first.readUInt32LE(base + 12) * SECTOR_BYTES,
    };
  });
  const ranges = entries.some(({ type }) => type === MBR_TYPE_PROTECTIVE)
    ? readGpt(read)
    : entries.filter(({ type, size }) => size > 0 && !EXTENDED_TYPES.includes(type));
  // The first sector of a FAT file system without a table has the same signature, but no usable entries.
  const usable = (ranges ?? []).filter(
    ({ start, size }) => start > 0 && start + size <= imageBytes,
  );
  if (usable.length === 0) return undefined;
  return usable.map(({ number, start, size }) => ({
    number,
    start,
    size,
    fileSystem: recognise(read, start),
  }));
}

function readGpt(read: ReadAt): { number: number; start: number; size: number }[] | undefined {
  const header = read(SECTOR_BYTES, SECTOR_BYTES);
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return undefined;
  const tableStart = Number(header.readBigUInt64LE(72)) * SECTOR_BYTES;
  const count = Math.min(header.readUInt32LE(80), GPT_ENTRIES_MOST);
  const entryBytes = header.readUInt32LE(84);
  if (entryBytes < 128 || entryBytes > 4096) return undefined;
  const table = read(tableStart, count * entryBytes);
  const found = [];
  for (let index = 0; (index + 1) * entryBytes <= table.length; index += 1) {
    const entry = table.subarray(index * entryBytes);
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue;
    const start = Number(entry.readBigUInt64LE(32)) * SECTOR_BYTES;
    const end = (Number(entry.readBigUInt64LE(40)) + 1) * SECTOR_BYTES;
    found.push({ number: index + 1, start, size: end - start });
  }
  return found;
}

/** Recognises a file system by content, because partition types are often wrong. */
function recognise(read: ReadAt, start: number): FileSystem {
  const head = read(start, 2048);
  if (head.length < 2048) return { kind: 'unknown', what: 'cut off' };
  if (head.readUInt16LE(EXT_SUPERBLOCK + 0x38) === EXT_MAGIC) {
    const incompatible = head.readUInt32LE(EXT_SUPERBLOCK + 0x60);
    return {
      kind: 'ext',
      clean: (incompatible & EXT_FEATURE_NEEDS_RECOVERY) === 0,
    };
  }
  const isFat =
    head.readUInt16LE(510) === 0xaa55 &&
    (head.toString('latin1', 0x36, 0x3b).startsWith('FAT') ||
      head.toString('latin1', 0x52, 0x57) === 'FAT32');
  if (isFat) return { kind: 'fat' };
  for (const [what, offset, magic] of [
    ['squashfs', 0, 'hsqs'],
    ['xfs', 0, 'XFSB'],
    ['LUKS (encrypted)', 0, 'LUKS'],
    ['f2fs', 1024, '\x10\x20\xf5\xf2'],
  ] as const) {
    if (head.toString('latin1', offset, offset + magic.length) === magic) {
      return { kind: 'unknown', what };
    }
  }
  return { kind: 'unknown', what: 'a file system that deploy does not know' };
}
