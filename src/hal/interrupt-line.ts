// SPDX-License-Identifier: MIT
/**
 * InterruptLine: the level of a device's interrupt line. Implemented by src/chip.
 *
 * It is a level: it stays asserted until its cause is gone. Edges are not latched.
 */
export abstract class InterruptLine {
  /**
   * When the line was last seen not asserted, or somewhat before, in ticks. Kept by those who look: a request that
   * the line tells of is not older.
   */
  highTicks: u64 = 0;

  /** True while the device requests attention (an active-low line is low). */
  abstract isAsserted(): bool;
}
