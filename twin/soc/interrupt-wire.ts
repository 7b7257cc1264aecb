// SPDX-License-Identifier: MIT
/**
 * The wire from the chip's INT pin to the GPIO. It follows the chip without delay, unless a test holds it at
 * a level (a broken wire, a spike).
 */
export class InterruptWire {
  /** Called with the level at the GPIO end. */
  onLevel?: (low: boolean) => void;
  readonly #onChipChange: ((low: boolean, nanos: number) => void) | undefined;
  #chipLow = false;
  #held: 'low' | 'high' | undefined;

  /** `onChipChange` is called for changes of the chip, whether the wire is held or not. */
  constructor(onChipChange?: (low: boolean, nanos: number) => void) {
    this.#onChipChange = onChipChange;
  }

  /** The chip's end changes. */
  chipChanged(low: boolean, nanos: number): void {
    this.#chipLow = low;
    this.#update();
    this.#onChipChange?.(low, nanos);
  }

  /** Holds the GPIO end at a level. Undefined: it follows the chip again. */
  hold(level: 'low' | 'high' | undefined): void {
    this.#held = level;
    this.#update();
  }

  #update(): void {
    this.onLevel?.(this.#held === undefined ? this.#chipLow : this.#held === 'low');
  }
}
