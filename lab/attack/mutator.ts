// SPDX-License-Identifier: MIT
/**
 * Writes values that an honest peer never writes into the shared memory of the link: one word at a
 * time, at sensitive places, from a seed.
 *
 * Source of the offsets: virtio over ivshmem; virtio 1.4, "Split Virtqueues".
 * Does not: know the firmware's layout. It reads the places of the rings from the header's
 * registers, as the peer does.
 */
import type { Random } from '../random/random.ts';

/** Registers of the header, with the width of each in bytes. */
const REGISTERS: readonly (readonly [offset: number, width: 1 | 2 | 4 | 8])[] = [
  [0x00, 4], [0x04, 4], [0x08, 4], [0x0c, 4], [0x10, 4], [0x14, 4], [0x18, 4], [0x1c, 4],
  [0x20, 2], [0x22, 2], [0x24, 2], [0x26, 2], [0x28, 8], [0x30, 8], [0x38, 8],
  [0x40, 1], [0x41, 1], [0x44, 4], [0x48, 4], [0x4c, 2],
]; // prettier-ignore
const WRITE_TRANSACTION = 0x08;
const QUEUE_SIZE = 0x20;
const QUEUE_DESCRIPTORS = 0x28;
const QUEUE_AVAILABLE = 0x30;
const QUEUE_USED = 0x38;
const HEADER_BYTES = 0x50;
const DESCRIPTOR_BYTES = 16;
const USED_ELEMENT_BYTES = 8;
const RING_HEADER_BYTES = 4;
/** Number of rings that are remembered: three queues of several sessions. */
const RINGS_REMEMBERED = 12;

interface Ring {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
}

export class Mutator {
  readonly #section: Buffer;
  readonly #random: Random;
  readonly #rings: Ring[] = [];

  constructor(section: Buffer, random: Random) {
    this.#section = section;
    this.#random = random;
  }

  /** Remembers the ring that the header names, if it is new. Call it during negotiation. */
  learn(): void {
    const section = this.#section;
    const place = (offset: number): number => Number(section.readBigUInt64LE(offset));
    const ring = {
      size: section.readUInt16LE(QUEUE_SIZE),
      descriptors: place(QUEUE_DESCRIPTORS),
      available: place(QUEUE_AVAILABLE),
      used: place(QUEUE_USED),
    };
    const isPossible =
      ring.size > 0 &&
      ring.size <= 256 &&
      [ring.descriptors, ring.available, ring.used].every(
        (offset) => offset >= HEADER_BYTES && offset < section.length - 0x2000,
      );
    if (!isPossible || this.#rings.some(({ used }) => used === ring.used)) return;
    this.#rings.push(ring);
    if (this.#rings.length > RINGS_REMEMBERED) this.#rings.shift();
  }

  /** Changes one word. */
  mutate(): void {
    const random = this.#random;
    const kind = random.below(10);
    if (kind === 0) this.#anywhere();
    else if (kind === 1) this.#write(WRITE_TRANSACTION, 4, this.#registerOrValue());
    else if (kind <= 3 || this.#rings.length === 0) {
      const [offset, width] = random.pick(REGISTERS);
      this.#write(offset, width, this.#value(offset, width));
    } else this.#inRing(random.pick(this.#rings));
  }

  #anywhere(): void {
    const width = this.#random.pick([1, 2, 4, 8] as const);
    const offset = this.#random.below(this.#section.length / width) * width;
    this.#write(offset, width, this.#value(offset, width));
  }

  #inRing({ size, descriptors, available, used }: Ring): void {
    const random = this.#random;
    const entry = random.below(size);
    const descriptor = descriptors + entry * DESCRIPTOR_BYTES;
    const element = used + RING_HEADER_BYTES + entry * USED_ELEMENT_BYTES;
    const [offset, width] = random.pick([
      [descriptor, 8],
      [descriptor + 8, 4],
      [descriptor + 12, 2],
      [descriptor + 14, 2],
      [available, 2],
      [available + 2, 2],
      [available + RING_HEADER_BYTES + 2 * entry, 2],
      [used, 2],
      [used + 2, 2],
      [element, 4],
      [element + 4, 4],
      // The buffer that the descriptor names at this moment.
      [this.#bufferOf(descriptor), 4],
    ] as const);
    this.#write(offset, width, this.#value(offset, width));
  }

  #bufferOf(descriptor: number): number {
    const address = this.#section.readBigUInt64LE(descriptor);
    const inside = address < BigInt(this.#section.length - 32) ? Number(address) : 0;
    return (inside & ~3) + 4 * this.#random.below(6);
  }

  #registerOrValue(): bigint {
    const [offset] = this.#random.pick(REGISTERS);
    return this.#random.below(4) === 0 ? this.#value(WRITE_TRANSACTION, 4) : BigInt(offset);
  }

  /** A meaningful value, an edge value, a neighbour of the present value, or any value. */
  #value(offset: number, width: number): bigint {
    const random = this.#random;
    const old = this.#read(offset, width);
    const size = BigInt(this.#section.length);
    const any = (BigInt(random.below(0x1_0000_0000)) << 32n) | BigInt(random.below(0x1_0000_0000));
    switch (random.below(8)) {
      case 0:
        return 0n;
      case 1:
        return -1n;
      case 2:
        return old + BigInt(random.between(-2, 2));
      case 3:
        return old ^ (1n << BigInt(random.below(8 * width)));
      case 4:
        return size + BigInt(random.between(-32, 32));
      case 5:
        return BigInt(random.below(0x400));
      case 6:
        return any & (size - 1n);
      default:
        return any;
    }
  }

  #read(offset: number, width: number): bigint {
    const section = this.#section;
    return width === 8
      ? section.readBigUInt64LE(offset)
      : BigInt(section.readUIntLE(offset, width));
  }

  #write(offset: number, width: number, value: bigint): void {
    if (offset < 0 || offset + width > this.#section.length) return;
    if (width === 8) this.#section.writeBigUInt64LE(BigInt.asUintN(64, value), offset);
    else this.#section.writeUIntLE(Number(BigInt.asUintN(8 * width, value)), offset, width);
  }
}
