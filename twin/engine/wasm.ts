// SPDX-License-Identifier: MIT
/**
 * The wasm engine: runs only build/cell.wasm, with the host ABI over a Machine.
 *
 * Each ABI call is charged a fixed time instead of counting wasm instructions, so its latencies are rougher
 * than those of the image engine. Barriers only cost time: there is one CPU.
 */
import type { VirtualClock } from '../clock.ts';
import { CellParked, type AccessSize, type Machine } from '../machine/machine.ts';
import { MemoryWindow } from '../machine/memory-window.ts';
import type { Engine, RunResult } from './engine.ts';

/**
 * Kinds of trap for the module's `fault`, numbered as in the BSP (wabt's wasm_rt_trap_t), with the words in
 * V8's message that identify them.
 */
const TRAPS: readonly (readonly [kind: number, words: RegExp])[] = [
  [1, /out of bounds/],
  [2, /unrepresentable/],
  [3, /by zero/],
];
const TRAP_UNREACHABLE = 5;

/** The third trap within ten seconds is the last (docs/decisions/0015-restart-in-place.md). */
const TRAPS_MAXIMUM = 3;
const TRAPS_WINDOW_NANOS = 10_000_000_000;

/** Cell state in the communication region, and its value for a failed cell (hypercall.h). */
const COMM_CELL_STATE = 0x80000008;
const CELL_FAILED = 3;

/** Result of `step` if nothing was ready. */
const STEP_RESTS = 1;

/** Required exports of the module. */
interface CellExports {
  initialize(restarts: number): number;
  step(): number;
  rest(): void;
  end(): void;
  fault(
    kind: number,
    syndrome: number,
    address: number,
    programCounter: number,
    isLast: number,
  ): void;
}

/** The module sleeps, and no interrupt of the cell can wake it. */
class NeverWakes extends Error {}

export class WasmEngine implements Engine {
  readonly name = 'wasm';
  onStep?: (startNanos: number) => void;
  readonly #machine: Machine;
  readonly #module: WebAssembly.Module;
  readonly #clock: VirtualClock;
  readonly #windows: readonly MemoryWindow[];
  #exports: CellExports | undefined;
  #result: RunResult = 'running';
  #isInitialized = false;
  /** Times of the last traps. */
  #trapNanos: number[] = [];
  #restarts = 0;
  #faultAddress = 0;
  #faultValue = 0;
  #isFaultLate = false;

  /** `wasm`: the bytes of build/cell.wasm. */
  constructor(machine: Machine, wasm: Uint8Array<ArrayBuffer>) {
    this.#machine = machine;
    this.#clock = machine.clock;
    this.#windows = machine.memories.map((memory) => new MemoryWindow(memory));
    this.#module = new WebAssembly.Module(wasm);
  }

  boot(): void {
    this.#trapNanos = [];
    this.#restarts = 0;
    this.#faultAddress = 0;
    this.#instantiate();
  }

  #instantiate(): void {
    const instance = new WebAssembly.Instance(this.#module, { bsp: this.#imports() });
    this.#exports = instance.exports as unknown as CellExports;
    this.#result = 'running';
    this.#isInitialized = false;
    this.#isFaultLate = false;
  }

  run(untilNanos: number): RunResult {
    if (!this.#exports) throw new Error('the wasm engine must boot before it runs');
    while (this.#result === 'running' && this.#clock.now < untilNanos) {
      try {
        this.#next(this.#exports);
      } catch (error) {
        this.#endBy(error);
      }
    }
    return this.#result;
  }

  close(): void {
    this.#exports = undefined;
  }

  #next(exports: CellExports): void {
    if (this.#isInitialized) {
      const startNanos = this.#clock.now;
      const state = exports.step();
      this.onStep?.(startNanos);
      if (state === STEP_RESTS) {
        exports.rest();
      } else if (state !== 0) {
        this.#result = 'stopped';
        exports.end();
      }
      return;
    }
    this.#isInitialized = true;
    if (exports.initialize(this.#restarts) === 0) return;
    this.#result = 'stopped';
    this.#stopSharing();
  }

  /**
   * Handles a trap as the BSP does: the named device write first, unless it is deferred, then `fault`, then a
   * new module unless it was the third trap in ten seconds.
   */
  #endBy(error: unknown): void {
    if (error instanceof CellParked) {
      this.#result = 'parked';
      return;
    }
    if (error instanceof NeverWakes) {
      this.#result = 'stopped';
      return;
    }
    if (!(error instanceof WebAssembly.RuntimeError) || !this.#exports) throw error;
    this.#result = 'stopped';
    const kind = TRAPS.find(([, words]) => words.test(error.message))?.[0] ?? TRAP_UNREACHABLE;
    const { now } = this.#clock;
    const [first = -Infinity] = this.#trapNanos;
    const isLast = this.#trapNanos.length === TRAPS_MAXIMUM - 1 && now - first < TRAPS_WINDOW_NANOS;
    this.#trapNanos = [...this.#trapNanos, now].slice(-(TRAPS_MAXIMUM - 1));
    if (isLast || !this.#isFaultLate) this.#stopSharing();
    this.#reportTrap(kind, isLast);
    if (isLast) return;
    this.#restarts += 1;
    this.#instantiate();
  }

  /** The device write that the module has named. */
  #stopSharing(): void {
    if (this.#faultAddress === 0) return;
    this.#machine.writeDevice(this.#faultAddress, 4, this.#faultValue);
  }

  /** The report runs in the module that has trapped. If it traps again, it is skipped. */
  #reportTrap(kind: number, isLast: boolean): void {
    if (isLast) this.#write(COMM_CELL_STATE, 4, CELL_FAILED);
    try {
      this.#exports?.fault(kind, 0, 0, 0, isLast ? 1 : 0);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    }
  }

  /** The memory of an access. Parks the cell if there is none, or on a write to read-only memory. */
  #windowAt(address: number, size: AccessSize, isWrite: boolean): MemoryWindow {
    this.#clock.elapse(this.#machine.timing.wasmImportNanos);
    for (const window of this.#windows) {
      if (address < window.memory.base || address + size > window.end) continue;
      if (isWrite && !window.memory.writable) break;
      return window;
    }
    return this.#machine.park({
      what: `data ${isWrite ? 'write' : 'read'} of ${size} bytes`,
      address,
      why: isWrite ? 'no writable memory of the cell is there' : 'no memory of the cell is there',
    });
  }

  #read(address: number, size: 1 | 2 | 4): number {
    const window = this.#windowAt(address >>> 0, size, false);
    return window.read((address >>> 0) - window.memory.base, size);
  }

  #write(address: number, size: 1 | 2 | 4, value: number): void {
    const window = this.#windowAt(address >>> 0, size, true);
    window.write((address >>> 0) - window.memory.base, size, value);
  }

  #imports(): Record<string, (...values: never[]) => unknown> {
    const machine = this.#machine;
    const charge = (): void => this.#clock.elapse(machine.timing.wasmImportNanos);
    const barrier = charge;
    return {
      mmio_read32: (address: number) => {
        charge();
        return machine.readDevice(address >>> 0, 4) | 0;
      },
      mmio_write32: (address: number, value: number) => {
        charge();
        machine.writeDevice(address >>> 0, 4, value >>> 0);
      },
      memory_read8: (address: number) => this.#read(address, 1),
      memory_read16: (address: number) => this.#read(address, 2),
      memory_read32: (address: number) => this.#read(address, 4),
      memory_read64: (address: number) => {
        const window = this.#windowAt(address >>> 0, 8, false);
        return window.read64((address >>> 0) - window.memory.base);
      },
      memory_write8: (address: number, value: number) => this.#write(address, 1, value),
      memory_write16: (address: number, value: number) => this.#write(address, 2, value),
      memory_write32: (address: number, value: number) => this.#write(address, 4, value),
      memory_write64: (address: number, value: bigint) => {
        const window = this.#windowAt(address >>> 0, 8, true);
        window.write64((address >>> 0) - window.memory.base, value);
      },
      barrier_read: barrier,
      barrier_write: barrier,
      barrier_full: barrier,
      barrier_device: barrier,
      counter_read: () => machine.counterTicks(),
      counter_hertz: () => machine.counterHertz,
      system_error_pending: () => (machine.systemErrorPending ? 1 : 0),
      hypercall: (code: number, argument1: number, argument2: number) => {
        charge();
        return machine.hypercall(code >>> 0, argument1 >>> 0, argument2 >>> 0) | 0;
      },
      idle_until: (deadlineTicks: bigint) => {
        charge();
        return machine.idleUntil(BigInt.asUintN(64, deadlineTicks));
      },
      sleep_until: (deadlineTicks: bigint) => {
        charge();
        machine.setTimerCompare(BigInt.asUintN(64, deadlineTicks));
        machine.setTimerControl(1n);
        if (!machine.waitForInterrupt()) throw new NeverWakes();
        machine.setTimerControl(0n);
      },
      fault_write32: (address: number, value: number) => {
        this.#faultAddress = address >>> 0;
        this.#faultValue = value >>> 0;
      },
      fault_write_late: (isLate: number) => {
        this.#isFaultLate = isLate !== 0;
      },
    };
  }
}
