// SPDX-License-Identifier: MIT
/**
 * BridgeSection: the R/W section of the link as hal's SharedMemory, for the Linux process.
 *
 * The host program maps it at address 0 and checks the bounds and the alignment of every access
 * (bsp/linux/abi.h): an access outside ends the process. So an offset is not checked here a second
 * time, as the cell has to, which has nobody to check for it (src/jailhouse/shared-section.ts).
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
import { MappedSection } from '../jailhouse/mapped-section';

@final
export class BridgeSection extends MappedSection {
  /** `bytes`: size, a power of two. */
  constructor(private readonly bytes: u32) {
    super();
  }

  override size(): u32 {
    return this.bytes;
  }

  override read8(offset: u32): u32 {
    return memory_read8(offset);
  }

  override read16(offset: u32): u32 {
    return memory_read16(offset);
  }

  override read32(offset: u32): u32 {
    return memory_read32(offset);
  }

  override read64(offset: u32): u64 {
    return memory_read64(offset);
  }

  override write8(offset: u32, value: u32): void {
    memory_write8(offset, value);
  }

  override write16(offset: u32, value: u32): void {
    memory_write16(offset, value);
  }

  override write32(offset: u32, value: u32): void {
    memory_write32(offset, value);
  }

  override write64(offset: u32, value: u64): void {
    memory_write64(offset, value);
  }

  /** The handle is the offset. */
  override blocks(offset: u32, _count: u32): u32 {
    return offset;
  }
}
