/**
 * CRC-32 of IEEE 802.3 (reflected polynomial 0xEDB88320; "123456789" gives 0xCBF43926).
 *
 * Used by: src/responder, for the rules image.
 * Does not: hurry. Bit by bit, without a table; it runs when a table is loaded, not per frame.
 */

const POLYNOMIAL: u32 = 0xedb88320;

/** The value to begin with. */
export const CRC32_START: u32 = 0xffffffff;

/** Goes on with `length` bytes at `address` from `crc`, a start or an earlier result. */
export function crc32Update(crc: u32, address: usize, length: u32): u32 {
  const end = address + length;
  for (; address < end; address++) {
    crc ^= load<u8>(address);
    for (let bit: u32 = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
  }
  return crc;
}

/** Turns the last value into the checksum. */
export function crc32Finish(crc: u32): u32 {
  return ~crc;
}
