// SPDX-License-Identifier: MIT
/**
 * The R/W section as Linux's virtio_ivshmem allocates it: rings and copies of buffers in chunks.
 *
 * Source: the behaviour of virtio_ivshmem. A chunk is 1/4096 of the section, from 64 bytes to a
 * page. An allocation takes a power of two of chunks, aligned to its size, first fit, and is
 * cleared. Addresses are offsets in the section.
 * Does not: know what an allocation holds.
 */
const PREFERRED_CHUNKS = 4096;
const CACHE_LINE_BYTES = 64;
const PAGE_BYTES = 4096;

/**
 * The exponent of the power of two of units that `bytes` bytes take. A unit has 2^`shift` bytes.
 */
function orderOf(bytes: number, shift: number): number {
  return 32 - Math.clz32((bytes - 1) >>> shift);
}

export class BounceMemory {
  readonly section: Buffer;
  readonly #shift: number;
  readonly #taken: Uint8Array;

  /** The first chunks belong to the transport header. */
  constructor(section: Buffer, headerBytes: number) {
    this.section = section;
    const preferred = Math.floor(section.length / PREFERRED_CHUNKS);
    const chunkBytes = Math.min(PAGE_BYTES, Math.max(CACHE_LINE_BYTES, preferred));
    this.#shift = orderOf(chunkBytes, 0);
    this.#taken = new Uint8Array(section.length >>> this.#shift);
    this.#taken.fill(1, 0, 1 << orderOf(headerBytes, this.#shift));
  }

  /** Number of unallocated chunks. */
  get freeChunks(): number {
    return this.#taken.filter((taken) => taken === 0).length;
  }

  /** Returns the offset of `bytes` cleared bytes. Undefined: the memory is full. */
  allocate(bytes: number): number | undefined {
    const count = 1 << orderOf(bytes, this.#shift);
    for (let first = 0; first + count <= this.#taken.length; first += count) {
      if (this.#taken.subarray(first, first + count).some((taken) => taken !== 0)) continue;
      this.#taken.fill(1, first, first + count);
      const offset = first << this.#shift;
      this.section.fill(0, offset, offset + bytes);
      return offset;
    }
    return undefined;
  }

  release(offset: number, bytes: number): void {
    const first = offset >>> this.#shift;
    this.#taken.fill(0, first, first + (1 << orderOf(bytes, this.#shift)));
  }

  /** Allocates room for a buffer, and copies the buffer there if the device reads it. */
  map(buffer: Buffer, isRead: boolean): number | undefined {
    const offset = this.allocate(buffer.length);
    if (offset !== undefined && isRead) buffer.copy(this.section, offset);
    return offset;
  }

  /**
   * Frees the room of a buffer. If the device writes the buffer, its bytes are first copied back to
   * `buffer`.
   */
  unmap(offset: number, buffer: Buffer, isWritten: boolean): void {
    if (isWritten) this.section.copy(buffer, 0, offset, offset + buffer.length);
    this.release(offset, buffer.length);
  }
}
