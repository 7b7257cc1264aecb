// SPDX-License-Identifier: MIT
/**
 * Writes requests that no honest peer writes into root's output section: torn, damaged, too long,
 * of unknown kinds, or changed while the cell copies them. Good requests come in between.
 *
 * Every good table answers as the first one does, because a peer that may write requests may also
 * change the rules, which is no attack.
 * Does not: hand over a table that the rules of the run do not allow.
 */
import { crc32 } from 'node:zlib';
import type { Random } from '../random/random.ts';
import {
  liveValuesRequest,
  type Request,
  RequestWriter,
  ruleTableRequest,
} from '../page/requests.ts';

/** Header words of a request (docs/status-page.md). */
const HEADER_WORDS = 8;
const SEQUENCE = 0x08;
const PAYLOAD = 0x40;

export class RequestMutator {
  readonly #section: Buffer;
  readonly #random: Random;
  readonly #tables: readonly Uint8Array[];
  readonly #writer: RequestWriter;

  /** `tables`: good rule images. Any of them may be in force. */
  constructor(section: Buffer, random: Random, tables: readonly Uint8Array[]) {
    this.#section = section;
    this.#random = random;
    this.#tables = tables;
    this.#writer = new RequestWriter(section);
  }

  /** Changes a word, or writes a whole request. */
  mutate(): void {
    const random = this.#random;
    switch (random.below(8)) {
      case 0:
        this.#writer.write(ruleTableRequest(random.pick(this.#tables)));
        return;
      case 1:
        this.#writer.write(this.#damaged());
        return;
      case 2:
        this.#writer.write(liveValuesRequest(random.below(70), this.#bytes(random.below(70))));
        return;
      case 3:
        // Another request begins while the last one may be on its way.
        this.#writer.writeBody(this.#damaged());
        return;
      case 4:
        this.#section.writeUInt32LE(random.below(0x1_0000_0000), SEQUENCE);
        return;
      case 5:
        this.#section.writeUInt32LE(this.#value(), 4 * random.below(HEADER_WORDS));
        return;
      default:
        this.#section.writeUInt8(random.below(256), PAYLOAD + random.below(512));
    }
  }

  /** A good request with one error in it. */
  #damaged(): Request {
    const random = this.#random;
    const good = ruleTableRequest(random.pick(this.#tables));
    switch (random.below(7)) {
      case 0:
        return { ...good, crc32: random.below(0x1_0000_0000) };
      case 1:
        return { ...good, bytes: this.#value() };
      case 2:
        return { ...good, kind: random.pick([0, 3, 0xffffffff, random.below(0x1_0000_0000)]) };
      case 3:
        return { ...good, version: random.pick([0, 2, 0x10001, 0xffffffff]) };
      case 4:
        return { ...good, magic: good.magic ^ (1 << random.below(31)) };
      case 5:
        return { ...good, payload: this.#flipped(good.payload) };
      default: {
        // The request's own CRC is right, but the inside of the table is damaged.
        const payload = this.#flipped(good.payload);
        return { ...good, payload, crc32: crc32(payload) };
      }
    }
  }

  #flipped(payload: Uint8Array): Uint8Array {
    const changed = Uint8Array.from(payload);
    changed[this.#random.below(changed.length)] ^= 1 << this.#random.below(8);
    return changed;
  }

  #bytes(count: number): number[] {
    return Array.from({ length: count }, () => this.#random.below(256));
  }

  /** An edge value, or any value. */
  #value(): number {
    const random = this.#random;
    const edges = [0, 1, 63, 64, 65, 0x1ffbf, 0x1ffc0, 0x1ffc1, 0x20000, 0x7fffffff, 0xffffffff];
    return random.below(2) === 0 ? random.pick(edges) : random.below(0x1_0000_0000);
  }
}
