// SPDX-License-Identifier: MIT
/**
 * Platform: what the executive needs from the board. Implemented by src/cell.
 */
import { Task } from './task';

export abstract class Platform {
  /** Ticks since some start; never goes back. */
  abstract nowTicks(): u64;

  /** Ticks in one second; constant. */
  abstract ticksPerSecond(): u32;

  /** Longest allowed step of `task`, from the values it declares. */
  abstract boundTicks(task: Task): u32;

  /** Called when the step of the task in `row` (task-rows.ts) has ended after `ticks`, for statistics. */
  abstract stepEnded(row: usize, ticks: u32, isLate: bool): void;

  /**
   * Idles until an input may have changed or the counter reaches `deadlineTicks` (`NEVER`: no timer runs).
   * May return early; the tasks are asked again.
   */
  abstract idle(deadlineTicks: u64): void;
}
