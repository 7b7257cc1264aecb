// SPDX-License-Identifier: MIT
/**
 * Partition tables and file systems, from bytes laid out by the specifications: UEFI 2.10 section 5
 * for MBR and GPT, the superblocks' magic numbers for what is in them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findPartitions } from '../../scripts/deploy/partitions.ts';
import type { Partition } from '../../scripts/deploy/partitions.ts';

const SECTOR = 512;
const DISK_SECTORS = 400;

function disk(): Buffer {
  const bytes = Buffer.alloc(DISK_SECTORS * SECTOR);
  bytes.writeUInt16LE(0xaa55, 510);
  return bytes;
}

function find(bytes: Buffer): Partition[] | undefined {
  return findPartitions((offset, size) => bytes.subarray(offset, offset + size), bytes.length);
}

function mbrEntry(bytes: Buffer, index: number, type: number, start: number, size: number): void {
  const base = 446 + 16 * index;
  bytes[base + 4] = type;
  bytes.writeUInt32LE(start, base + 8);
  bytes.writeUInt32LE(size, base + 12);
}

function makeFat(bytes: Buffer, sector: number, name: 'FAT16' | 'FAT32'): void {
  bytes.write(name, sector * SECTOR + (name === 'FAT32' ? 0x52 : 0x36));
  bytes.writeUInt16LE(0xaa55, sector * SECTOR + 510);
}

function makeExt(bytes: Buffer, sector: number, incompatible = 0): void {
  bytes.writeUInt16LE(0xef53, sector * SECTOR + 1024 + 0x38);
  bytes.writeUInt32LE(incompatible, sector * SECTOR + 1024 + 0x60);
}

/** A protective MBR and a GPT with these first and last sectors, numbered from 1. */
function makeGpt(ranges: Readonly<Record<number, readonly [first: number, last: number]>>): Buffer {
  const bytes = disk();
  mbrEntry(bytes, 0, 0xee, 1, DISK_SECTORS - 1);
  bytes.write('EFI PART', SECTOR);
  bytes.writeBigUInt64LE(2n, SECTOR + 72);
  bytes.writeUInt32LE(128, SECTOR + 80);
  bytes.writeUInt32LE(128, SECTOR + 84);
  for (const [number, [first, last]] of Object.entries(ranges)) {
    const entry = 2 * SECTOR + (Number(number) - 1) * 128;
    bytes.fill(0xa5, entry, entry + 16);
    bytes.writeBigUInt64LE(BigInt(first), entry + 32);
    bytes.writeBigUInt64LE(BigInt(last), entry + 40);
  }
  return bytes;
}

describe('the partitions of an image', () => {
  it('are found in an MBR, with what each holds', () => {
    const bytes = disk();
    mbrEntry(bytes, 0, 0x0c, 40, 100);
    mbrEntry(bytes, 1, 0x83, 140, 100);
    mbrEntry(bytes, 3, 0x83, 240, 100);
    makeFat(bytes, 40, 'FAT32');
    makeExt(bytes, 140);
    makeExt(bytes, 240, 0x4);
    assert.deepEqual(find(bytes), [
      { number: 1, start: 40 * SECTOR, size: 100 * SECTOR, fileSystem: { kind: 'fat' } },
      {
        number: 2,
        start: 140 * SECTOR,
        size: 100 * SECTOR,
        fileSystem: { kind: 'ext', clean: true },
      },
      {
        number: 4,
        start: 240 * SECTOR,
        size: 100 * SECTOR,
        fileSystem: { kind: 'ext', clean: false },
      },
    ]);
  });

  it('are found in a GPT, where the last sector is part of the partition', () => {
    const bytes = makeGpt({ 1: [40, 139], 3: [140, 239] });
    makeFat(bytes, 40, 'FAT16');
    makeExt(bytes, 140);
    const found = find(bytes) ?? [];
    assert.deepEqual(
      found.map(({ number, start, size, fileSystem }) => [
        number,
        start / SECTOR,
        size / SECTOR,
        fileSystem.kind,
      ]),
      [
        [1, 40, 100, 'fat'],
        [3, 140, 100, 'ext'],
      ],
    );
  });

  it('do not count when they are extended, empty, or end after the image', () => {
    const bytes = disk();
    mbrEntry(bytes, 0, 0x05, 40, 100);
    mbrEntry(bytes, 1, 0x83, 140, 0);
    mbrEntry(bytes, 2, 0x83, 140, DISK_SECTORS);
    assert.equal(find(bytes), undefined);
  });

  it('are not there without the signature, or in a GPT that is damaged', () => {
    assert.equal(find(Buffer.alloc(4096)), undefined);
    assert.equal(find(Buffer.alloc(100)), undefined);
    const noHeader = makeGpt({ 1: [40, 139] });
    noHeader.fill(0, SECTOR, SECTOR + 8);
    assert.equal(find(noHeader), undefined);
    const oddEntries = makeGpt({ 1: [40, 139] });
    oddEntries.writeUInt32LE(0, SECTOR + 84);
    assert.equal(find(oddEntries), undefined);
  });

  it('with a file system deploy does not know are named as far as can be', () => {
    const bytes = disk();
    mbrEntry(bytes, 0, 0x83, 40, 100);
    bytes.write('LUKS', 40 * SECTOR);
    assert.deepEqual(find(bytes)?.[0].fileSystem, { kind: 'unknown', what: 'LUKS (encrypted)' });
  });
});
