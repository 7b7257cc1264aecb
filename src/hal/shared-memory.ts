/**
 * SharedMemory: a bounded window of memory that somebody else also reads and writes.
 *
 * Implemented by src/jailhouse (the ivshmem section).
 * Does not: check offsets (the caller has checked every offset against `size()` before, because
 * the peer may have supplied it), and does not notify the peer.
 *
 * Each read or write is exactly one access of that width, naturally aligned, never repeated and
 * never merged: a value is read once, then checked. Little-endian.
 */

/** Bytes of a block; see SharedMemory.block. */
export const BLOCK_BYTES: u32 = 32;

export abstract class SharedMemory {
  /** Bytes in the window. */
  abstract size(): u32;

  abstract read8(offset: u32): u32;
  abstract read16(offset: u32): u32;
  abstract read32(offset: u32): u32;
  abstract read64(offset: u32): u64;

  abstract write8(offset: u32, value: u32): void;
  abstract write16(offset: u32, value: u32): void;
  abstract write32(offset: u32, value: u32): void;
  abstract write64(offset: u32, value: u64): void;

  /**
   * Handle of `count` blocks from `offset` on, a multiple of BLOCK_BYTES; they are in the window. For
   * accesses at `handle + BLOCK_BYTES * index + place`, index below count: the offset is looked at once,
   * not each time. Blocks do not move.
   */
  abstract blocks(offset: u32, count: u32): u32;
  abstract blockRead16(handle: u32): u32;
  abstract blockWrite8(handle: u32, value: u32): void;
  abstract blockWrite16(handle: u32, value: u32): void;
  abstract blockWrite32(handle: u32, value: u32): void;
  abstract blockWrite64(handle: u32, value: u64): void;

  /** Loads before it come before loads and stores after it: after reading an index. */
  abstract barrierRead(): void;
  /** Stores before it come before stores after it: before publishing what was only written. */
  abstract barrierWrite(): void;
  /**
   * Everything before it comes before everything after it: before giving back what was read, and before
   * reading the peer's wish.
   */
  abstract barrierFull(): void;
}
