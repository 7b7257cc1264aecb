/**
 * Fault confinement state of a CAN node (ISO 11898-1, 12.1.4; thresholds as in linux/can/error.h).
 *
 * Does not: hold the events that led to it; those are counted (src/rt/counters.ts).
 */
export enum FaultState {
  /** Both error counters below 96. */
  ErrorActive = 0,
  /** One of them has reached 96: still fully part of the bus. */
  ErrorWarning = 1,
  /** One of them has reached 128: error flags are recessive. */
  ErrorPassive = 2,
  /** The transmit error counter passed 255: off the bus. */
  BusOff = 3,
}
