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

/** One step of the running cell. 0: go on; else the Status with which it has ended. */
export function step(): u32 {
  return cell.step();
}

/** Says what a trap was; see Cell.reportFault. The BSP stops afterwards. */
export function fault(kind: u32, syndrome: u32, address: u32, programCounter: u32): void {
  cell.reportFault(kind, syndrome, address, programCounter);
}
