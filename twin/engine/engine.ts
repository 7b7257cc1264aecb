/**
 * What runs the cell's program: the real ARM64 image or the wasm module alone.
 *
 * Does not: own time (the Machine's clock does) or devices.
 */

/** Names as given to `--engine` and written to summary.json. */
export type EngineName = 'image' | 'wasm';

/** The name that bsp/rpi4/cell.c gives to the beginning of a step. */
export const STEP_SYMBOL = 'cell_step_begins';

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
   * Runs until the clock reaches `untilNanos` (it may pass it by the rest of one guest act), or
   * the program stops or is parked. Once stopped or parked, it stays so without using time.
   */
  run(untilNanos: number): RunResult;
  /** Frees what the engine holds outside the JavaScript heap; it cannot run afterwards. */
  close(): void;
}
