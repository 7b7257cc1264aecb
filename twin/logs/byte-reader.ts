// SPDX-License-Identifier: MIT
/**
 * Binary files: read in pieces of a wanted length, from chunks of a file of any size; numbers written.
 */

export class ByteReader {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #next = 0;

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  /** The next `length` bytes, to use before the next call. Fewer: the file ends there. */
  take(length: number): Uint8Array {
    if (this.#chunk.length - this.#next >= length) return this.#cut(length);
    const piece = new Uint8Array(length);
    for (let filled = 0; ;) {
      const part = this.#cut(Math.min(length - filled, this.#chunk.length - this.#next));
      piece.set(part, filled);
      filled += part.length;
      if (filled === length) return piece;
      const next = this.#chunks.next();
      if (next.done === true) return piece.subarray(0, filled);
      this.#chunk = next.value;
      this.#next = 0;
    }
  }

  #cut(length: number): Uint8Array {
    const start = this.#next;
    this.#next += length;
    return this.#chunk.subarray(start, this.#next);
  }
}

/** A view on exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes a little-endian number. A DataView for each packet would take longer than all else. */
export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
