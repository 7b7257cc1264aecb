/**
 * The end-to-end protections that the demo's cyclic messages carry.
 *
 * Does not: claim any maker's exact profile.
 */

/** CRC-8 of SAE J1850: polynomial 0x1d, start 0xff, end inverted ("123456789" gives 0x4b). */
export function crc8J1850(bytes: readonly number[]): number {
  let crc = 0xff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x80) === 0 ? crc << 1 : ((crc << 1) ^ 0x1d) & 0xff;
    }
  }
  return (crc ^ 0xff) & 0xff;
}

/** The exclusive-or of all bytes. */
export function xorOf(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0);
}
