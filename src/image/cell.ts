// SPDX-License-Identifier: MIT
/**
 * The cell's module: the functions that the BSP calls.
 *
 * Does not: loop. The caller runs `step` again and again, so an emulator can stop between two
 * steps.
 */
import { createCell } from '../board/rpi4';

const cell = createCell();

/**
 * Starts the cell. Returns a Status; 0: ready. A failure was reported on the console and in the
 * communication region. `restarts`: how often the BSP has restarted the module after a trap since
 * Jailhouse started the cell.
 */
export function initialize(restarts: u32): u32 {
  return cell.start(restarts);
}

/**
 * Runs one step of the cell. 0: go on. 1: nothing was ready; call `rest`, then go on. Otherwise the
 * Status with which the cell has ended; call `end`.
 */
export function step(): u32 {
  return cell.step();
}

/** Sleeps until there may be something to do. */
export function rest(): void {
  cell.rest();
}

/** Call this when the cell has ended. Nothing wakes the core any more. */
export function end(): void {
  cell.end();
}

/**
 * Reports a trap; see Cell.reportFault. Afterwards the BSP stops if `isLast`. Otherwise it makes
 * the module anew and calls `initialize`.
 */
export function fault(
  kind: u32,
  syndrome: u32,
  address: u32,
  programCounter: u32,
  isLast: bool,
): void {
  cell.reportFault(kind, syndrome, address, programCounter, isLast);
}
