/**
 * SharedSection: the R/W section of an ivshmem device as hal's SharedMemory.
 *
 * Used by: src/board, which gives it to src/virtio.
 * Does not: let any access leave the section. The callers check what the peer supplies; this is
 * the wall behind them: an access outside reads 0 or stores nothing, and is counted.
 */
import {
  barrier_full,
  barrier_read,
  barrier_write,
  memory_read16,
  memory_read32,
  memory_read64,
  memory_read8,
  memory_write16,
  memory_write32,
  memory_write64,
  memory_write8,
} from '../abi/bsp';
import { SharedMemory } from '../hal/shared-memory';

@final
export class SharedSection extends SharedMemory {
  /** Accesses outside the section: defects of this program. */
  refused: u32 = 0;

  private readonly base: u32;
  private readonly bytes: u32;

  /** The section has `bytes` bytes (at least 8) at guest address `base`, 8-aligned. */
  constructor(base: u32, bytes: u32) {
    super();
    this.base = base;
    this.bytes = bytes;
  }

  override size(): u32 {
    return this.bytes;
  }

  override read8(offset: u32): u32 {
    return this.holds(offset, 1) ? memory_read8(this.base + offset) : 0;
  }

  override read16(offset: u32): u32 {
    return this.holds(offset, 2) ? memory_read16(this.base + offset) : 0;
  }

  override read32(offset: u32): u32 {
    return this.holds(offset, 4) ? memory_read32(this.base + offset) : 0;
  }

  override read64(offset: u32): u64 {
    return this.holds(offset, 8) ? memory_read64(this.base + offset) : 0;
  }

  override write8(offset: u32, value: u32): void {
    if (this.holds(offset, 1)) memory_write8(this.base + offset, value);
  }

  override write16(offset: u32, value: u32): void {
    if (this.holds(offset, 2)) memory_write16(this.base + offset, value);
  }

  override write32(offset: u32, value: u32): void {
    if (this.holds(offset, 4)) memory_write32(this.base + offset, value);
  }

  override write64(offset: u32, value: u64): void {
    if (this.holds(offset, 8)) memory_write64(this.base + offset, value);
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

  private holds(offset: u32, width: u32): bool {
    if (offset <= this.bytes - width) return true;
    this.refused += 1;
    return false;
  }
}
