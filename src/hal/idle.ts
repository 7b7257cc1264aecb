// SPDX-License-Identifier: MIT
/**
 * Idle: what the core does when no task is ready: it looks again at once, or sleeps until an interrupt.
 *
 * Implemented by src/board: what can wake a core is a matter of its chips.
 * Does not: know tasks, or decide when nothing is ready.
 */
export abstract class Idle {
  /** The core sleeps when nothing is ready; false: it looks again at once. */
  sleeps: bool = false;
  /** The last `sleep` has stopped the core. */
  hasSlept: bool = false;
  /** Nothing is due before this tick, unless an input changes. */
  deadlineTicks: u64 = 0;

  /** Once, before the first step: finds out what can wake the core, and says what is missing. */
  abstract start(): void;

  /** Nothing is ready: sleeps until `deadlineTicks`; returns at once when there may be something to see. */
  abstract sleep(): void;

  /** The cell ends: nothing is to wake the core again. */
  abstract close(): void;
}
