// SPDX-License-Identifier: MIT
/**
 * A Machine for counting instructions between marks. It has memory and a counter, and no devices.
 *
 * A mark is an idle hint whose deadline is its number (bsp/bench/bench.c).
 * Does not: charge time for anything except instructions, or enforce memory protection, because the
 * program is trusted.
 */
import { VirtualClock } from '../../twin/clock.ts';
import {
  CellParked,
  type GuestMemory,
  type Machine,
  type Violation,
} from '../../twin/machine/machine.ts';
import { COUNTER_HERTZ, RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';

/** Addresses of the cell's memory (cell-config, bsp/rpi4/memory-map.h). */
const MEMORIES = [
  { name: 'ram', base: 0, bytes: 0x200000, executable: true },
  { name: 'state table', base: 0x0aa20000, bytes: 0x1000, executable: false },
  { name: 'read/write section', base: 0x0aa21000, bytes: 0x40000, executable: false },
  { name: 'communication region', base: 0x80000000, bytes: 0x1000, executable: false },
];

export class MarkMachine implements Machine {
  readonly clock = new VirtualClock();
  readonly timing = RASPBERRY_PI_4_TIMING;
  readonly counterHertz = COUNTER_HERTZ;
  readonly memories: readonly GuestMemory[] = MEMORIES.map((memory) => ({
    ...memory,
    bytes: Buffer.alloc(memory.bytes),
    writable: true,
  }));
  systemErrorPending = false;
  instructions = 0;
  readonly #onMark: (mark: number) => void;

  constructor(onMark: (mark: number) => void) {
    this.#onMark = onMark;
  }

  /** Puts bytes where the program finds them in RAM. */
  load(address: number, bytes: Uint8Array): void {
    this.memories[0].bytes.set(bytes, address);
  }

  idleUntil(deadlineTicks: bigint): bigint {
    this.#onMark(Number(deadlineTicks));
    return 0n;
  }

  counterTicks(): bigint {
    return BigInt(Math.floor((this.clock.now * COUNTER_HERTZ) / 1e9));
  }

  chargeInstructions(count: number): void {
    this.instructions += count;
    this.clock.elapse(count);
  }

  readDevice(address: number): number {
    return this.park({ what: 'data read', address, why: 'the bench has no devices' });
  }

  writeDevice(address: number): void {
    this.park({ what: 'data write', address, why: 'the bench has no devices' });
  }

  hypercall(code: number): number {
    return this.park({ what: 'hypercall', address: code, why: 'the bench has no hypervisor' });
  }

  setTimerCompare(ticks: bigint): void {
    this.park({ what: 'timer', address: Number(ticks), why: 'the bench has no timer' });
  }

  setTimerControl(value: bigint): void {
    this.setTimerCompare(value);
  }

  waitForInterrupt(): boolean {
    return false;
  }

  park(violation: Violation): never {
    throw new CellParked(violation);
  }
}
