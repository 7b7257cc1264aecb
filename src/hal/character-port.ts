// SPDX-License-Identifier: MIT
/**
 * CharacterPort: where characters for people go, one at a time.
 *
 * Implemented by src/jailhouse (the hypervisor's console or a UART).
 * Does not: wait, or keep characters.
 */
export abstract class CharacterPort {
  /** True where a carriage return is wanted before each line feed. */
  abstract wantsCarriageReturn(): bool;

  /** True when a character would go without waiting. */
  abstract isAtRest(): bool;

  /** Puts one character out; `isAtRest` said just before that it can go. */
  abstract put(character: u32): void;
}
