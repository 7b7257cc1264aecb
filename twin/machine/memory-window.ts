// SPDX-License-Identifier: MIT
/**
 * Reads and writes of guest memory in single accesses of their width. Buffer's own methods move byte by byte,
 * so a second process that shares the memory could see half a value.
 *
 * Does not: check permissions. An unaligned access is made byte by byte.
 */
import type { GuestMemory } from './machine.ts';

export class MemoryWindow {
  readonly memory: GuestMemory;
  readonly end: number;
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #words: Uint32Array;
  readonly #doubles: BigUint64Array;

  constructor(memory: GuestMemory) {
    const { buffer, byteOffset, length } = memory.bytes;
    this.memory = memory;
    this.end = memory.base + length;
    this.#bytes = new Uint8Array(buffer, byteOffset, length);
    this.#halves = new Uint16Array(buffer, byteOffset, length >>> 1);
    this.#words = new Uint32Array(buffer, byteOffset, length >>> 2);
    this.#doubles = new BigUint64Array(buffer, byteOffset, length >>> 3);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    if (size === 4 && (offset & 3) === 0) return this.#words[offset >>> 2];
    if (size === 2 && (offset & 1) === 0) return this.#halves[offset >>> 1];
    return size === 1 ? this.#bytes[offset] : this.memory.bytes.readUIntLE(offset, size);
  }

  read64(offset: number): bigint {
    const isAligned = (offset & 7) === 0;
    return isAligned ? this.#doubles[offset >>> 3] : this.memory.bytes.readBigUInt64LE(offset);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size === 4 && (offset & 3) === 0) this.#words[offset >>> 2] = value;
    else if (size === 2 && (offset & 1) === 0) this.#halves[offset >>> 1] = value;
    else if (size === 1) this.#bytes[offset] = value;
    else this.memory.bytes.writeUIntLE((value >>> 0) % 2 ** (8 * size), offset, size);
  }

  write64(offset: number, value: bigint): void {
    if ((offset & 7) === 0) this.#doubles[offset >>> 3] = value;
    else this.memory.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
  }
}
