/**
 * InterruptLine: the level of a line by which a device asks for attention.
 *
 * Implemented by src/chip.
 * Does not: latch edges. It is a level: it stays asserted until its cause is gone.
 */
export abstract class InterruptLine {
  /** True while the device asks for attention (for an active-low line: while it is low). */
  abstract isAsserted(): bool;
}
