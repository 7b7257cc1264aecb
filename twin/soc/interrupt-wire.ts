/**
 * The wire from the chip's INT pin to the GPIO: follows the chip, unless a test holds it at a level
 * (a broken wire, a spike).
 *
 * Does not: delay or filter anything.
 */
export class InterruptWire {
  /** The level at the GPIO end. */
  onLevel?: (low: boolean) => void;
  readonly #onChipChange: ((low: boolean, nanos: number) => void) | undefined;
  #chipLow = false;
  #held: 'low' | 'high' | undefined;

  /** `onChipChange` is told what the chip does, held or not. */
  constructor(onChipChange?: (low: boolean, nanos: number) => void) {
    this.#onChipChange = onChipChange;
  }

  /** The chip's end changes. */
  chipChanged(low: boolean, nanos: number): void {
    this.#chipLow = low;
    this.#update();
    this.#onChipChange?.(low, nanos);
  }

  /** Holds the GPIO's end at a level; undefined lets it follow the chip again. */
  hold(level: 'low' | 'high' | undefined): void {
    this.#held = level;
    this.#update();
  }

  #update(): void {
    this.onLevel?.(this.#held === undefined ? this.#chipLow : this.#held === 'low');
  }
}
