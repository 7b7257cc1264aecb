// SPDX-License-Identifier: MIT
/**
 * The R/W section as Linux's virtio_ivshmem shares it out: rings and copies of buffers in chunks.
 *
 * Source: the behaviour of virtio_ivshmem. A chunk is 1/4096 of the section, from 64 bytes to a
 * page; what is allocated takes a power of two of chunks, aligned to itself, first fit, and is
 * cleared.
 * Does not: know what lies in it. Addresses are offsets in the section.
 */
const PREFERRED_CHUNKS = 4096;
const CACHE_LINE_BYTES = 64;
const PAGE_BYTES = 4096;

/** The power of two, as an exponent, of units of 2^`shift` bytes that `bytes` bytes take. */
function orderOf(bytes: number, shift: number): number {
  return 32 - Math.clz32((bytes - 1) >>> shift);
}

export class BounceMemory {
  readonly section: Buffer;
  readonly #shift: number;
  readonly #taken: Uint8Array;

  /** The first chunks are the transport header's. */
  constructor(section: Buffer, headerBytes: number) {
    this.section = section;
    const preferred = Math.floor(section.length / PREFERRED_CHUNKS);
    const chunkBytes = Math.min(PAGE_BYTES, Math.max(CACHE_LINE_BYTES, preferred));
    this.#shift = orderOf(chunkBytes, 0);
    this.#taken = new Uint8Array(section.length >>> this.#shift);
    this.#taken.fill(1, 0, 1 << orderOf(headerBytes, this.#shift));
  }

  /** Chunks that nothing lies in. */
  get freeChunks(): number {
    return this.#taken.filter((taken) => taken === 0).length;
  }

  /** Offset of `bytes` cleared bytes; undefined: the memory is full. */
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

  /** Makes room for a buffer, and copies it there if the device is to read it. */
  map(buffer: Buffer, isRead: boolean): number | undefined {
    const offset = this.allocate(buffer.length);
    if (offset !== undefined && isRead) buffer.copy(this.section, offset);
    return offset;
  }

  /** Copies what the device wrote back to `buffer`, if it was to write, and gives the room back. */
  unmap(offset: number, buffer: Buffer, isWritten: boolean): void {
    if (isWritten) this.section.copy(buffer, 0, offset, offset + buffer.length);
    this.release(offset, buffer.length);
  }
}
