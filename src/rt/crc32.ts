// SPDX-License-Identifier: MIT
/**
 * CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320; "123456789" gives 0xCBF43926).
 *
 * Works on half a byte at a time: a table of sixteen words, about ten operations per byte.
 */

/** Entry n is n shifted through the polynomial: what half a byte in the lowest bits adds. */
const HALF_BYTES: usize = memory.data<u32>([
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
  0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/** The initial value. */
export const CRC32_START: u32 = 0xffffffff;

/** Continues from `crc`, the initial value or an earlier result, with `length` bytes at `address`. */
export function crc32Update(crc: u32, address: usize, length: u32): u32 {
  const end = address + length;
  // loop: at most 64, the bytes of a piece
  for (; address < end; address++) {
    crc ^= load<u8>(address);
    crc = (crc >>> 4) ^ load<u32>(HALF_BYTES + ((crc & 15) << 2));
    crc = (crc >>> 4) ^ load<u32>(HALF_BYTES + ((crc & 15) << 2));
  }
  return crc;
}

/** The checksum for the last value. */
export function crc32Finish(crc: u32): u32 {
  return ~crc;
}
