// SPDX-License-Identifier: MIT
/**
 * The module of the self test: the same functions for the BSP as those of the cell (cell.ts).
 *
 * It is an image of its own, loaded in the cell's place, so that it costs the cell nothing (docs/decisions/0026).
 */
import { createSelfTest } from '../board/rpi4-selftest';

const run = createSelfTest();

/** Opens what the tests need. A status other than 0 was said. */
export function initialize(_restarts: u32): u32 {
  return run.start();
}

/** Makes one test. 0: go on; otherwise that was the last. */
export function step(): u32 {
  return run.step();
}

/** Never called: `step` does not ask for a rest. */
export function rest(): void {}

/** The tests are over. Nothing is to be put to rest. */
export function end(): void {}

/** A trap was said; the BSP makes the module anew, and the tests begin again, until the third trap. */
export function fault(
  kind: u32,
  syndrome: u32,
  address: u32,
  programCounter: u32,
  isLast: bool,
): void {
  run.reportFault(kind, syndrome, address, programCounter, isLast);
}
