// SPDX-License-Identifier: MIT
/**
 * Runs the cell's program: the real ARM64 image, or only the wasm module. Time belongs to the Machine's
 * clock.
 */

/** Engine names for `--engine` and summary.json. */
export type EngineName = 'image' | 'wasm';

/** Symbols at the beginning of a step in bsp/rpi4/cell.c begin so. A number follows. */
export const STEP_SYMBOL = 'cell_step_begins_';

/**
 * Where a step begins, from the symbols of canwarden.elf: more than one address if the compiler has copied the place.
 *
 * @throws Error if there is none.
 */
export function stepAddressesOf(symbols: ReadonlyMap<string, number>): number[] {
  const addresses = [...symbols].flatMap(([name, at]) => (name.startsWith(STEP_SYMBOL) ? at : []));
  if (addresses.length === 0) throw new Error(`the image has no symbol ${STEP_SYMBOL}...`);
  return addresses;
}

/**
 * How a slice of execution ended.
 * - `running`: the clock reached the end of the slice; call run again.
 * - `stopped`: the program ended by itself (interrupts masked, waiting for ever).
 * - `parked`: the hypervisor parked the CPU after a violation (CellParked).
 */
export type RunResult = 'running' | 'stopped' | 'parked';

export interface Engine {
  readonly name: EngineName;
  /** Called at the end of each step of the cell's loop, which began at `startNanos`. */
  onStep?: (startNanos: number) => void;
  /** Puts the CPU at its reset entry. The machine's memories are loaded before this. */
  boot(): void;
  /**
   * Runs until the clock reaches `untilNanos` (it may exceed it by the rest of one guest act), or the program
   * stops or is parked. Afterwards it stays stopped or parked without using time.
   */
  run(untilNanos: number): RunResult;
  /**
   * The core takes an exception before its next instruction, wherever it stands. Only where the program handles
   * exceptions itself: the image.
   */
  readonly takeException?: () => void;
  /** Frees resources outside the JavaScript heap. The engine cannot run afterwards. */
  close(): void;
}
