// SPDX-License-Identifier: MIT
/**
 * The cell's module: what the BSP calls.
 *
 * Does not: loop; the caller runs `step` again and again, so that an emulator can stop between two.
 */
import { createCell } from '../board/rpi4';

const cell = createCell();

/**
 * Starts the cell. 0: ready; else a Status, said on the console and in the communication region.
 * `restarts`: how often the BSP has restarted the module after a trap since Jailhouse started the cell.
 */
export function initialize(restarts: u32): u32 {
  return cell.start(restarts);
}

/**
 * One step of the running cell. 0: go on. 1: nothing was ready; call `rest`, then go on. Else the Status
 * with which it has ended; call `end`.
 */
export function step(): u32 {
  return cell.step();
}

/** Sleeps until there may be something to do. */
export function rest(): void {
  cell.rest();
}

/** The cell has ended: nothing wakes the core any more. */
export function end(): void {
  cell.end();
}

/**
 * Says what a trap was; see Cell.reportFault. Afterwards the BSP stops if `isLast`, else it makes the
 * module anew and calls `initialize`.
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
