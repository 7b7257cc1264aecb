// SPDX-License-Identifier: MIT
/**
 * Fault confinement state of a CAN node (ISO 11898-1, 12.1.4; thresholds as in linux/can/error.h).
 */
export enum FaultState {
  /** Both error counters below 96. */
  ErrorActive = 0,
  /** One counter has reached 96. The node still takes full part in the bus. */
  ErrorWarning = 1,
  /** One counter has reached 128. Error flags are recessive. */
  ErrorPassive = 2,
  /** The transmit error counter has passed 255. The node is off the bus. */
  BusOff = 3,
}
