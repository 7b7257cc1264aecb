// SPDX-License-Identifier: MIT
/**
 * The host's side of modules with mutants: says which one is at work, notes which places are reached, and ends what a
 * mutant has made endless.
 */

/** Thrown out of the module. The run is over, and its mutant is killed. */
export class Endless extends Error {}

/** Rounds and places that a run may take beyond those of the original, in any case. */
const SPARE = 200_000;
const TIMES = 20;
const MOST = 2 ** 31 - 1;
const MUTABLE = { value: 'i32', mutable: true } as const;

export class Switch {
  /** The places that were reached since `begin(-1)`. */
  readonly reached = new Set<number>();
  isExhausted = false;
  readonly #mutant = new WebAssembly.Global(MUTABLE, -1);
  readonly #left = new WebAssembly.Global(MUTABLE, MOST);
  #most = MOST;

  /** What a module imports. */
  readonly imports = {
    mutation: {
      mutant: this.#mutant,
      left: this.#left,
      reached: (place: number): number => {
        this.reached.add(place);
        return 0;
      },
      endless: (): void => {
        this.isExhausted = true;
        throw new Endless(`more than ${this.#most} rounds`);
      },
    },
  };

  /** From now on the mutant is at work, or none (-1). `usual`: the count of the same run without it. */
  begin(mutant: number, usual = Infinity): void {
    this.#most = Math.min(TIMES * usual + SPARE, MOST);
    this.#mutant.value = mutant;
    this.#left.value = this.#most;
    this.isExhausted = false;
    if (mutant < 0) this.reached.clear();
  }

  /** Rounds of loops and places that ran since `begin`. */
  get count(): number {
    return this.#most - this.#left.value;
  }
}
