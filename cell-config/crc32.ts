// SPDX-License-Identifier: MIT
/**
 * CRC-32 as in IEEE 802.3 and zlib, for images and requests. It needs no host, so that a web page makes
 * the same.
 */

const POLYNOMIAL_REVERSED = 0xedb88320;

/** What each value of the lowest byte adds. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL_REVERSED;
  }
  return value;
});

/** The checksum of `bytes`, as an unsigned number. "123456789" gives 0xcbf43926. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return ~value >>> 0;
}
