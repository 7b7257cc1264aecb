// SPDX-License-Identifier: MIT
/**
 * The emulated board as an engine sees it: memories, device accesses, counter, hypercalls. Virtual time is an
 * integer number of nanoseconds (twin/clock.ts).
 */
import type { VirtualClock } from '../clock.ts';
import type { TimingModel } from './timing-model.ts';

/**
 * Guest-physical memory with direct access: whole 4 KiB pages, no trap, no device. Both views of shared
 * memory (the cell's and AGL's) are one Buffer.
 */
export interface GuestMemory {
  /** For messages: `ram`, `communication region`, `state table`, `read/write section`. */
  readonly name: string;
  /** First guest-physical address; a multiple of 4096. */
  readonly base: number;
  /** The bytes; the length is a multiple of 4096 and never changes. */
  readonly bytes: Buffer;
  /** False: the cell may only read; a write parks it. */
  readonly writable: boolean;
  /** The EXECUTE flag of the region. The hypervisor does not enforce it on arm64. */
  readonly executable: boolean;
}

/** Width of an access in bytes. */
export type AccessSize = 1 | 2 | 4 | 8;

/** A forbidden act of the cell, in the words of the register dump. */
export interface Violation {
  /** The act: `data read`, `data write`, `instruction fetch`, `hypercall` ... */
  readonly what: string;
  /** Guest-physical address or instruction address of the act. */
  readonly address: number;
  /** Why it is forbidden, ending in the likely cause. */
  readonly why: string;
}

/**
 * Thrown through the guest when it violates its cell configuration. The hypervisor has printed a register
 * dump, parked the CPU and set the cell state to failed. The engine ends with `parked`.
 */
export class CellParked extends Error {
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.what} at 0x${violation.address.toString(16)}: ${violation.why}`);
    this.name = 'CellParked';
    this.violation = violation;
  }
}

/** The board as one CPU sees it inside its cell. */
export interface Machine {
  readonly clock: VirtualClock;
  readonly timing: TimingModel;
  /** RAM, communication region, state table (read-only), read/write section. */
  readonly memories: readonly GuestMemory[];

  /**
   * A load outside `memories`: charges its time, runs due events, enforces the cell configuration. Sub-word
   * loads of emulated registers return unmasked bits, as in the hypervisor. Throws CellParked.
   */
  readDevice(address: number, size: AccessSize): number;
  /** A store outside writable memory; as readDevice. */
  writeDevice(address: number, size: AccessSize, value: number): void;

  /** ISR_EL1.A: an SError is pending. The model never raises one by itself; a test may. */
  systemErrorPending: boolean;

  /** HVC #0x4a48: x0 = code, x1 and x2 the arguments. Returns x0 as a signed 32-bit number. */
  hypercall(code: number, argument1: number, argument2: number): number;

  /** CNTVCT_EL0: charges its time and runs due events. */
  counterTicks(): bigint;
  /** CNTFRQ_EL0. */
  readonly counterHertz: number;

  /**
   * The guest is idle until an input changes or the counter reaches `deadlineTicks`: skips whole polling
   * rounds up to the next event or the deadline. Returns the ticks that they would have taken.
   */
  idleUntil(deadlineTicks: bigint): bigint;

  /** CNTV_CVAL_EL0: the tick at which the virtual timer's condition is met. */
  setTimerCompare(ticks: bigint): void;
  /** CNTV_CTL_EL0: bit 0 enables the timer, bit 1 masks its interrupt. */
  setTimerControl(value: bigint): void;
  /**
   * WFI: time passes until an interrupt reaches the core, masked or not. False: none ever can, the cell has
   * ended.
   */
  waitForInterrupt(): boolean;

  /** Charges executed instructions. Runs no event; events run at the next device access. */
  chargeInstructions(count: number): void;

  /**
   * Parks the CPU for a violation that only the engine can see (unmapped instruction fetch, HVC with another
   * immediate, SMC). Writes the register dump, then throws CellParked.
   */
  park(violation: Violation): never;
}
