// SPDX-License-Identifier: MIT
/**
 * The driver's end of a split virtqueue with the behaviour of Linux's virtio_ring. Descriptors come
 * from a free list (the last freed is the next used), every buffer has a copy in the section, and a
 * flag switches interrupts off and on.
 *
 * Source: virtio 1.4, "Split Virtqueues"; the behaviour of virtio_ring without INDIRECT_DESC and
 * EVENT_IDX.
 * Does not: notify the device. `kickWanted` says whether the caller should.
 */
import type { BounceMemory } from './bounce-memory.ts';
import { DESCRIPTOR_NEXT, DESCRIPTOR_WRITE } from '../minimal/section.ts';

const RING_ALIGNMENT = 64;
const PAGE_BYTES = 4096;
const NO_INTERRUPT = 1;
const NO_NOTIFY = 1;

/** A buffer of the driver, and its copy in the section. */
interface Mapped {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly isWritten: boolean;
}

interface Chain<Token> {
  readonly token: Token;
  readonly descriptors: readonly number[];
  readonly mapped: readonly Mapped[];
}

function usedOffset(size: number): number {
  return Math.ceil((16 * size + 6 + 2 * size) / RING_ALIGNMENT) * RING_ALIGNMENT;
}

const bytesOf = (size: number): number => usedOffset(size) + 6 + 8 * size;

export class SplitRing<Token> {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  /** The device did something impossible, or is gone. The ring is no longer used. */
  isBroken = false;
  readonly #memory: BounceMemory;
  readonly #problem: (text: string) => void;
  readonly #free: number[];
  readonly #chains = new Map<number, Chain<Token>>();
  #availableIndex = 0;
  #usedIndex = 0;

  private constructor(
    memory: BounceMemory,
    size: number,
    offset: number,
    problem: (text: string) => void,
  ) {
    this.#memory = memory;
    this.#problem = problem;
    this.size = size;
    this.descriptors = offset;
    this.available = offset + 16 * size;
    this.used = offset + usedOffset(size);
    this.#free = Array.from({ length: size }, (_, index) => size - 1 - index);
  }

  /**
   * A ring of `size` entries. The size is halved repeatedly while the ring exceeds a page and there
   * is no room for it.
   */
  static create<Token>(
    memory: BounceMemory,
    size: number,
    problem: (text: string) => void,
  ): SplitRing<Token> | undefined {
    for (let entries = size; entries > 0; entries = Math.floor(entries / 2)) {
      const offset = memory.allocate(bytesOf(entries));
      if (offset !== undefined) return new SplitRing<Token>(memory, entries, offset, problem);
      if (bytesOf(entries) <= PAGE_BYTES) return undefined;
    }
    return undefined;
  }

  get freeCount(): number {
    return this.#free.length;
  }

  get heldCount(): number {
    return this.#chains.size;
  }

  /**
   * Offers a chain to the device. False: the ring is broken, or the ring or the section has no
   * room.
   */
  add(readable: readonly Buffer[], writable: readonly Buffer[], token: Token): boolean {
    const buffers = [...readable, ...writable];
    if (this.isBroken || this.#free.length < buffers.length) return false;
    const mapped: Mapped[] = [];
    for (const [index, buffer] of buffers.entries()) {
      const isWritten = index >= readable.length;
      const offset = this.#memory.map(buffer, !isWritten);
      if (offset === undefined) {
        for (const one of mapped) this.#memory.unmap(one.offset, one.buffer, false);
        return false;
      }
      mapped.push({ buffer, offset, isWritten });
    }
    const descriptors = mapped.map(() => this.#free.pop() ?? 0);
    mapped.forEach((one, index) => this.#describe(one, descriptors[index], descriptors[index + 1]));
    const { section } = this.#memory;
    const [head] = descriptors;
    section.writeUInt16LE(head, this.available + 4 + 2 * (this.#availableIndex % this.size));
    this.#availableIndex = (this.#availableIndex + 1) & 0xffff;
    section.writeUInt16LE(this.#availableIndex, this.available + 2);
    this.#chains.set(head, { token, descriptors, mapped });
    return true;
  }

  /** Whether the device wants a notification. */
  get kickWanted(): boolean {
    return (this.#memory.section.readUInt16LE(this.used) & NO_NOTIFY) === 0;
  }

  /** True if the device has returned a chain that was not taken yet. */
  get hasUsed(): boolean {
    return this.#memory.section.readUInt16LE(this.used + 2) !== this.#usedIndex;
  }

  /** Takes the next returned chain. Its writable buffers hold what the device wrote. */
  take(): { token: Token; length: number } | undefined {
    if (this.isBroken || !this.hasUsed) return undefined;
    const { section } = this.#memory;
    const at = this.used + 4 + 8 * (this.#usedIndex % this.size);
    const head = section.readUInt32LE(at);
    const chain = this.#chains.get(head);
    if (!chain) {
      this.isBroken = true;
      this.#problem(`the used ring names ${head}, which is no head of a chain on offer`);
      return undefined;
    }
    this.#detach(head, chain);
    this.#usedIndex = (this.#usedIndex + 1) & 0xffff;
    return { token: chain.token, length: section.readUInt32LE(at + 4) };
  }

  disableInterrupts(): void {
    this.#memory.section.writeUInt16LE(NO_INTERRUPT, this.available);
  }

  enableInterrupts(): void {
    this.#memory.section.writeUInt16LE(0, this.available);
  }

  /** Takes back everything that the device holds, after a reset, and frees the ring's memory. */
  destroy(): void {
    for (const [head, chain] of this.#chains) this.#detach(head, chain);
    this.#memory.release(this.descriptors, bytesOf(this.size));
  }

  #describe(mapped: Mapped, index: number, next: number | undefined): void {
    const { section } = this.#memory;
    const at = this.descriptors + 16 * index;
    const flags =
      (mapped.isWritten ? DESCRIPTOR_WRITE : 0) | (next === undefined ? 0 : DESCRIPTOR_NEXT);
    section.writeBigUInt64LE(BigInt(mapped.offset), at);
    section.writeUInt32LE(mapped.buffer.length, at + 8);
    section.writeUInt16LE(flags, at + 12);
    // Linux leaves the number of the next free descriptor in the last descriptor of a chain.
    section.writeUInt16LE(next ?? this.#free.at(-1) ?? 0, at + 14);
  }

  #detach(head: number, chain: Chain<Token>): void {
    this.#chains.delete(head);
    for (const one of chain.mapped) this.#memory.unmap(one.offset, one.buffer, one.isWritten);
    this.#free.push(...[...chain.descriptors].reverse());
  }
}
