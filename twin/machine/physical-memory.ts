/**
 * The board's RAM by physical address: one Buffer per block, shared by whoever maps it.
 *
 * Does not: know permissions or guest addresses.
 */

/** What uninitialised RAM holds in the twin: never zero, so that nobody can rely on zeros. */
export const STALE_BYTE = 0xa5;

interface Block {
  readonly start: number;
  readonly bytes: Buffer;
}

export class PhysicalMemory {
  readonly #blocks: Block[] = [];

  /** Makes `bytes` the block at `start`: memory that exists already, shared with somebody else. */
  provide(start: number, bytes: Buffer): void {
    this.#blocks.push({ start, bytes });
  }

  /**
   * The bytes at `start`, `size` long. The first call for a block fills it with the stale pattern;
   * a later call inside the same block returns the same bytes. Throws if a request overlaps a
   * block only in part, which no two cells of one board should ask for.
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
