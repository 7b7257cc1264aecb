/**
 * Platform: what the executive asks of the board it runs on.
 *
 * Implemented by src/cell. Does not: know tasks.
 */
import { Task } from './task';

export abstract class Platform {
  /** Ticks since some start; never goes back. */
  abstract nowTicks(): u64;

  /** Ticks in one second; constant. */
  abstract ticksPerSecond(): u32;

  /** How long a step of `task` may take, by what the table declares of it. */
  abstract boundTicks(task: Task): u32;

  /** The step of the task in `row` (task-rows.ts) has ended after `ticks`. For those who keep books. */
  abstract stepEnded(row: usize, ticks: u32, isLate: bool): void;

  /**
   * Nothing is ready: passes the time until an input may have changed, or the counter reaches
   * `deadlineTicks` (`NEVER`: no timer runs). May return at any moment before; the tasks are asked again.
   */
  abstract idle(deadlineTicks: u64): void;
}
