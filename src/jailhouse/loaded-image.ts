// SPDX-License-Identifier: MIT
/**
 * Copies what `jailhouse cell load` put into the cell's RAM beside the program: images and the command
 * line. The caller checks the copy.
 *
 * Linux can load over the image only while the cell is stopped, so a copy taken at start stays valid.
 */
import { memory_read32, memory_read8 } from '../abi/bsp';

/** Copies `bytes` (rounded up to a multiple of 4) from guest address `address` to `destination`. */
export function copyLoadedImage(address: u32, destination: usize, bytes: u32): void {
  for (let offset: u32 = 0; offset < bytes; offset += 4) {
    store<u32>(destination + offset, memory_read32(address + offset));
  }
}

/**
 * Copies a text that ends with NUL from guest address `address` to `destination`, at most `bytes`
 * characters; each is read once. Gives its length, `bytes` when it has no end within them.
 */
export function copyLoadedText(address: u32, destination: usize, bytes: u32): u32 {
  for (let length: u32 = 0; length < bytes; length++) {
    const character = memory_read8(address + length);
    if (character === 0) return length;
    store<u8>(destination + length, <u8>character);
  }
  return bytes;
}
