// SPDX-License-Identifier: MIT
/**
 * SharedSection: the R/W section of an ivshmem device as hal's SharedMemory.
 *
 * Every access stays in the section: an offset outside wraps around to one inside. This is the second line of
 * defence; callers check what the peer supplies.
 */
import {
  memory_read16,
  memory_read32,
  memory_read64,
  memory_read8,
  memory_write16,
  memory_write32,
  memory_write64,
  memory_write8,
} from '../abi/bsp';
import { BLOCK_BYTES } from '../hal/shared-memory';
import { MappedSection } from './mapped-section';

@final
export class SharedSection extends MappedSection {
  private readonly base: u32;
  private readonly bytes: u32;
  /** Keeps an offset inside with one instruction; a comparison would cost four. */
  private readonly mask: u32;
  /** Also rounds down to the start of a block. */
  private readonly blockMask: u32;

  /** `bytes`: size, a power of two. `base`: guest address. Both are multiples of 32. */
  constructor(base: u32, bytes: u32) {
    super();
    this.base = base;
    this.bytes = bytes;
    this.mask = bytes - 1;
    this.blockMask = bytes - BLOCK_BYTES;
  }

  override size(): u32 {
    return this.bytes;
  }

  override read8(offset: u32): u32 {
    return memory_read8(this.base + (offset & this.mask));
  }

  override read16(offset: u32): u32 {
    return memory_read16(this.base + (offset & this.mask));
  }

  override read32(offset: u32): u32 {
    return memory_read32(this.base + (offset & this.mask));
  }

  override read64(offset: u32): u64 {
    return memory_read64(this.base + (offset & this.mask));
  }

  override write8(offset: u32, value: u32): void {
    memory_write8(this.base + (offset & this.mask), value);
  }

  override write16(offset: u32, value: u32): void {
    memory_write16(this.base + (offset & this.mask), value);
  }

  override write32(offset: u32, value: u32): void {
    memory_write32(this.base + (offset & this.mask), value);
  }

  override write64(offset: u32, value: u64): void {
    memory_write64(this.base + (offset & this.mask), value);
  }

  /** The handle is the guest address. Blocks that would exceed the section are placed at its start. */
  override blocks(offset: u32, count: u32): u32 {
    const first = offset & this.blockMask;
    return count * BLOCK_BYTES <= this.bytes - first ? this.base + first : this.base;
  }
}
