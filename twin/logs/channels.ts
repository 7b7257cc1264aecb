// SPDX-License-Identifier: MIT
/**
 * Interface names and the channel numbers of formats that have no names: `can0` is channel 1, as for can-utils
 * and python-can.
 */

/** `can0` for channel 1. Channel 0 is not written by tools, and stays apart. */
export function interfaceOfChannel(channel: number): string {
  return channel === 0 ? 'can' : `can${channel - 1}`;
}

/** Gives each interface a number from 1. */
export class Channels {
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** `can2` gets 3. A name without a number, or whose number is taken, gets the next free one. */
  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const wanted = Number(/^[a-z]*can(\d{1,2})$/.exec(name)?.[1] ?? NaN) + 1;
    let number = Number.isNaN(wanted) || this.#taken.has(wanted) ? 1 : wanted;
    while (this.#taken.has(number)) number++;
    this.#numbers.set(name, number);
    this.#taken.add(number);
    return number;
  }

  /** A name that does not come back from its number. */
  isLost(name: string): boolean {
    return interfaceOfChannel(this.of(name)) !== name;
  }
}
