/**
 * The cell's module: what the BSP calls.
 *
 * Used by: bsp/rpi4/cell.c (compiled in), twin (the wasm engine).
 * Does not: loop; the caller runs `step` again and again, so that an emulator can stop between two.
 */
import { createCell } from '../board/cell';

const cell = createCell();

/** Starts the cell. 0: ready; else a Status, said on the console and in the communication region. */
export function initialize(): u32 {
  return cell.start();
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

/** Says what a trap was; see Cell.reportFault. The BSP stops afterwards. */
export function fault(kind: u32, syndrome: u32, address: u32, programCounter: u32): void {
  cell.reportFault(kind, syndrome, address, programCounter);
}
