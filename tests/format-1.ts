// SPDX-License-Identifier: MIT
/**
 * rules.bin in format 1, which the cell goes on accepting: the header of docs/rules.md, and the records of
 * rules and filters, which format 2 has as well.
 */
import { crc32 } from 'node:zlib';

const HEADER_BYTES_1 = 32;
const HEADER_BYTES_2 = 64;

/** The image in format 1. The table has at most 64 rules, which do not overlap, and no words that are newer. */
export function inFormat1(image: Buffer): Buffer {
  const [rules, filters] = [image.readUInt16LE(16), image.readUInt16LE(24)];
  const records = Buffer.from(
    image.subarray(HEADER_BYTES_2, HEADER_BYTES_2 + 64 * rules + 8 * filters),
  );
  // It has no rates: burst and interval are zeros.
  for (let rule = 0; rule < rules; rule++) records.fill(0, 64 * rule + 58, 64 * rule + 64);
  const header = Buffer.from(image.subarray(0, HEADER_BYTES_1));
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(HEADER_BYTES_1, 6);
  header.writeUInt32LE(HEADER_BYTES_1 + records.length, 8);
  header.fill(0, 26);
  return sealed(Buffer.concat([header, records]));
}

/** A copy with the checksum that fits. */
export function sealed(image: Buffer): Buffer {
  const copy = Buffer.from(image);
  copy.writeUInt32LE(0, 12);
  copy.writeUInt32LE(crc32(copy), 12);
  return copy;
}
