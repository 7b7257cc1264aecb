// SPDX-License-Identifier: MIT
/** CRC-32 of IEEE 802.3, bit by bit. */
export function crc32(address: usize, bytes: u32): u32 {
  let crc: u32 = 0xffffffff;
  for (let byte: u32 = 0; byte < bytes; byte++) {
    crc ^= load<u8>(address + byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc;
}
