// SPDX-License-Identifier: MIT
/** The last items of an endless sequence. */

export class Ring<T> {
  readonly #items: T[] = [];
  readonly #most: number;
  #next = 0;

  constructor(most: number) {
    this.#most = most;
  }

  push(item: T): void {
    if (this.#items.length < this.#most) this.#items.push(item);
    else this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#most;
  }

  /** Oldest first. */
  toArray(): T[] {
    const isFull = this.#items.length === this.#most;
    if (!isFull) return [...this.#items];
    return [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
  }

  clear(): void {
    this.#items.length = 0;
    this.#next = 0;
  }
}
