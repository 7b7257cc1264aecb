// SPDX-License-Identifier: MIT
/**
 * MappedSection: what every section has that the module reaches by address: blocks, whose handle is the address,
 * and barriers.
 *
 * Does not: check anything. `blocks` has given the handle.
 */
import {
  barrier_full,
  barrier_read,
  barrier_write,
  memory_read16,
  memory_write16,
  memory_write32,
  memory_write64,
  memory_write8,
} from '../abi/bsp';
import { SharedMemory } from '../hal/shared-memory';

export abstract class MappedSection extends SharedMemory {
  override blockRead16(handle: u32): u32 {
    return memory_read16(handle);
  }

  override blockWrite8(handle: u32, value: u32): void {
    memory_write8(handle, value);
  }

  override blockWrite16(handle: u32, value: u32): void {
    memory_write16(handle, value);
  }

  override blockWrite32(handle: u32, value: u32): void {
    memory_write32(handle, value);
  }

  override blockWrite64(handle: u32, value: u64): void {
    memory_write64(handle, value);
  }

  override barrierRead(): void {
    barrier_read();
  }

  override barrierWrite(): void {
    barrier_write();
  }

  override barrierFull(): void {
    barrier_full();
  }
}
