// SPDX-License-Identifier: MIT
/**
 * SharedMemory: a bounded window of memory that the peer also reads and writes. Implemented by src/jailhouse
 * (the ivshmem section).
 *
 * Does not: check offsets. The caller has checked every offset against `size()`, because it may come from the
 * peer.
 *
 * Each read or write is exactly one naturally aligned access of its width, never repeated and never merged: a
 * value is read once, then checked. Little-endian.
 */

/** Bytes of a block; see SharedMemory.blocks. */
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
   * Handle of `count` blocks from `offset` on, a multiple of BLOCK_BYTES, inside the window. Accesses use
   * `handle + BLOCK_BYTES * index + place` with index below count: the offset is checked once instead of at
   * each access. Blocks do not move.
   */
  abstract blocks(offset: u32, count: u32): u32;
  abstract blockRead16(handle: u32): u32;
  abstract blockWrite8(handle: u32, value: u32): void;
  abstract blockWrite16(handle: u32, value: u32): void;
  abstract blockWrite32(handle: u32, value: u32): void;
  abstract blockWrite64(handle: u32, value: u64): void;

  /** Orders earlier loads before later loads and stores: after reading an index. */
  abstract barrierRead(): void;
  /** Orders earlier stores before later stores: before publishing what was only written. */
  abstract barrierWrite(): void;
  /**
   * Orders everything earlier before everything later: before giving back what was read, and before reading
   * the peer's notification flag.
   */
  abstract barrierFull(): void;
}
