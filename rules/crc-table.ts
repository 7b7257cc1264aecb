// SPDX-License-Identifier: MIT
/** Tables of CRC-8. */

const TABLE_ENTRIES = 256;

/** The table of a CRC-8 that begins with the highest bit. */
export function crcTable(polynomial: number): number[] {
  return Array.from({ length: TABLE_ENTRIES }, (_, index) => {
    let sum = index;
    for (let bit = 0; bit < 8; bit += 1) sum = ((sum << 1) ^ (sum & 0x80 ? polynomial : 0)) & 0xff;
    return sum;
  });
}
