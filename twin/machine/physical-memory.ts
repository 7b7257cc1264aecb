// SPDX-License-Identifier: MIT
/**
 * The board's RAM by physical address: one Buffer per block, shared by all that map it.
 */

/** Content of uninitialised RAM in the twin. It is not zero, so that code relying on zeros fails. */
const STALE_BYTE = 0xa5;

interface Block {
  readonly start: number;
  readonly bytes: Buffer;
}

export class PhysicalMemory {
  readonly #blocks: Block[] = [];

  /** Makes `bytes` the block at `start`: existing memory, shared with another owner. */
  provide(start: number, bytes: Buffer): void {
    this.#blocks.push({ start, bytes });
  }

  /**
   * The bytes at `start`, `size` long. The first call for a block fills it with the stale pattern; a later
   * call inside the same block returns the same bytes. Throws on a partial overlap with a block, which two
   * cells of one board should not have.
   */
  block(start: number, size: number): Buffer {
    const end = start + size;
    for (const known of this.#blocks) {
      const knownEnd = known.start + known.bytes.length;
      if (start >= known.start && end <= knownEnd) {
        return known.bytes.subarray(start - known.start, end - known.start);
      }
      if (start < knownEnd && end > known.start) {
        throw new Error(
          `physical memory 0x${start.toString(16)}+0x${size.toString(16)} overlaps ` +
            `0x${known.start.toString(16)}+0x${known.bytes.length.toString(16)} only in part`,
        );
      }
    }
    const bytes = Buffer.alloc(size, STALE_BYTE);
    this.#blocks.push({ start, bytes });
    return bytes;
  }
}
