// SPDX-License-Identifier: MIT
/**
 * InterruptLine: the level of a device's interrupt line. Implemented by src/chip.
 *
 * It is a level: it stays asserted until its cause is gone. Edges are not latched.
 */
export abstract class InterruptLine {
  /** True while the device requests attention (an active-low line is low). */
  abstract isAsserted(): bool;
}
