/**
 * An image that `jailhouse cell load` put into the cell's RAM beside the program.
 *
 * Linux may load over it at any time only while the cell is stopped, so a copy taken at start stays
 * true.
 * Does not: know what is in it; whoever gets the copy checks it.
 */
import { memory_read32 } from '../abi/bsp';

/** Copies `bytes` (rounded up to a multiple of 4) from guest address `address` to `destination`. */
export function copyLoadedImage(address: u32, destination: usize, bytes: u32): void {
  for (let offset: u32 = 0; offset < bytes; offset += 4) {
    store<u32>(destination + offset, memory_read32(address + offset));
  }
}
