// SPDX-License-Identifier: MIT
/**
 * Interrupts of one cell: lines and pulses in, distributor and CPU interface as Jailhouse shows them.
 *
 * Physical interrupts go to the hypervisor (HCR_EL2.IMO). It takes one as soon as it is pending, whatever the
 * cell masks, which costs the cell an exit. Then the interrupt is the cell's, active, and does not come again
 * until the cell has ended it. The machine calls `take` and charges the exit.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import { UnimplementedFeature } from '../unimplemented.ts';
import { CpuInterface } from './cpu-interface.ts';
import { Distributor } from './distributor.ts';

/** Software interrupts come before this INTID. Only the hypervisor sends them here. */
const FIRST_PPI = 16;
const INTERRUPTS = 1024;

export class Interrupts {
  readonly distributor: Distributor;
  readonly cpuInterface: CpuInterface;
  /** True while a physical interrupt waits to be taken by the hypervisor. */
  isWaiting = false;
  /** Number of interrupts that the hypervisor took and gave to the cell. */
  taken = 0;
  readonly #lines = new Set<number>();
  readonly #latched = new Set<number>();
  readonly #active = new Set<number>();

  constructor(cell: Cell, { gic }: System) {
    this.distributor = new Distributor(cell, gic.distributorBase, gic.maintenanceInterrupt);
    this.cpuInterface = new CpuInterface((intid) => {
      this.#active.delete(intid);
      this.#update();
    });
  }

  /** Sets the level of a device's interrupt line. */
  setLine(intid: number, high: boolean): void {
    if (high) this.#lines.add(intid);
    else this.#lines.delete(intid);
    this.#update();
  }

  /** The hypervisor writes GICD_ISPENDR, by which it raises the interrupt of an ivshmem device. */
  pulse(intid: number): void {
    if (!this.distributor.isEdge(intid)) {
      throw new UnimplementedFeature('GIC', `ISPENDR of INTID ${intid}, configured as a level,`);
    }
    this.#latched.add(intid);
    this.#update();
  }

  /** A write to the distributor. */
  writeDistributor(offset: number, value: number): void {
    this.distributor.write32(offset, value);
    this.#update();
  }

  /** The hypervisor takes the waiting interrupt and gives it to the cell. */
  take(): void {
    const intid = this.#nextWaiting();
    if (intid === undefined) throw new Error('no interrupt waits to be taken');
    this.#latched.delete(intid);
    this.#active.add(intid);
    this.cpuInterface.inject(intid);
    this.taken += 1;
    this.#update();
  }

  /**
   * Whether any interrupt can end a wait. With the CPU interface off the hypervisor's exits still wake the
   * core, but the cell then sees nothing.
   */
  get canWake(): boolean {
    if (!this.cpuInterface.isOpen) return false;
    for (let intid = FIRST_PPI; intid < INTERRUPTS; intid += 1) {
      if (this.distributor.isEnabled(intid)) return true;
    }
    return false;
  }

  #nextWaiting(): number | undefined {
    let first: number | undefined;
    for (const source of [this.#lines, this.#latched]) {
      for (const intid of source) {
        if (this.#active.has(intid) || !this.distributor.isEnabled(intid)) continue;
        if (first === undefined || intid < first) first = intid;
      }
    }
    return first;
  }

  #update(): void {
    this.isWaiting = this.#nextWaiting() !== undefined;
  }
}
