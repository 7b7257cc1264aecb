/**
 * Copies an image that `jailhouse cell load` put into the cell's RAM beside the program. The caller checks
 * the copy.
 *
 * Linux can load over the image only while the cell is stopped, so a copy taken at start stays valid.
 */
import { memory_read32 } from '../abi/bsp';

/** Copies `bytes` (rounded up to a multiple of 4) from guest address `address` to `destination`. */
export function copyLoadedImage(address: u32, destination: usize, bytes: u32): void {
  for (let offset: u32 = 0; offset < bytes; offset += 4) {
    store<u32>(destination + offset, memory_read32(address + offset));
  }
}
