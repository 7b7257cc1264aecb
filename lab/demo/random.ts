// SPDX-License-Identifier: MIT
/**
 * The random numbers of the demo log. The committed log was made with this hash. A different hash
 * would give a different log.
 */
import { Random } from '../random/random.ts';

/** Whole random numbers by a 32-bit multiply-and-shift hash of a Weyl sequence. */
export class SeededRandom extends Random {
  #state: number;

  constructor(seed: number) {
    super(seed);
    this.#state = seed >>> 0;
  }

  override next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }

  override below(limit: number): number {
    return (this.next() * 2 ** 32) % limit;
  }
}
