// SPDX-License-Identifier: MIT
/**
 * InterruptController: the cell's interrupts in the GIC-400, as Jailhouse grants them.
 *
 * No vector is ever taken: DAIF stays masked, a pending interrupt ends a WFI, and the cell acknowledges it
 * later. Distributor bits of other cells' interrupts read 0 and ignore writes, so the cell learns what its
 * configuration grants.
 */
import { mmio_read32, mmio_write32 } from '../../abi/bsp';
import {
  CTLR_ENABLE,
  GICC_CTLR,
  GICC_EOIR,
  GICC_IAR,
  GICC_PMR,
  GICD_ICENABLER,
  GICD_ICFGR,
  GICD_ISENABLER,
  ICFGR_EDGE,
  ICFGR_FIELD,
  INTID_FIRST_SPI,
  INTID_MASK,
  INTID_SPECIAL,
  PMR_ALL,
} from './registers';

/** Result of `acknowledge` if nothing is pending. */
export const NO_INTERRUPT: u32 = 1023;

/** How a device signals: a level held until it is served, or an edge. */
export enum Trigger {
  Level = 0,
  Edge = 1,
}

@final
export class InterruptController {
  private distributor: u32 = 0;
  private cpuInterface: u32 = 0;

  /** Sets the guest addresses of the two blocks. Accesses nothing. */
  place(distributor: u32, cpuInterface: u32): void {
    this.distributor = distributor;
    this.cpuInterface = cpuInterface;
  }

  /**
   * Enables interrupt `intid`. False: the cell configuration does not grant it. Sets the trigger of a device
   * interrupt; that of an interrupt inside the core is fixed. Two to four traps.
   */
  enable(intid: u32, trigger: Trigger): bool {
    if (intid >= INTID_FIRST_SPI) this.configure(intid, trigger);
    const register = this.distributor + GICD_ISENABLER + 4 * (intid >> 5);
    const bit = (1 as u32) << (intid & 31);
    mmio_write32(register, bit);
    return (mmio_read32(register) & bit) !== 0;
  }

  /** Disables interrupt `intid`: one trap. */
  disable(intid: u32): void {
    mmio_write32(this.distributor + GICD_ICENABLER + 4 * (intid >> 5), (1 as u32) << (intid & 31));
  }

  /** Lets pending interrupts reach the core. */
  open(): void {
    mmio_write32(this.cpuInterface + GICC_PMR, PMR_ALL);
    mmio_write32(this.cpuInterface + GICC_CTLR, CTLR_ENABLE);
  }

  /** Keeps interrupts from the core. A WFI from now on never ends. */
  close(): void {
    mmio_write32(this.cpuInterface + GICC_CTLR, 0);
  }

  /** Acknowledges the pending interrupt, which becomes active. `NO_INTERRUPT`: none. One device read. */
  acknowledge(): u32 {
    const intid = mmio_read32(this.cpuInterface + GICC_IAR) & INTID_MASK;
    return intid < INTID_SPECIAL ? intid : NO_INTERRUPT;
  }

  /** Ends an acknowledged interrupt. Its device can raise it again from now on. */
  end(intid: u32): void {
    mmio_write32(this.cpuInterface + GICC_EOIR, intid);
  }

  private configure(intid: u32, trigger: Trigger): void {
    const register = this.distributor + GICD_ICFGR + 4 * (intid >> 4);
    const shift = 2 * (intid & 15);
    const field = trigger === Trigger.Edge ? ICFGR_EDGE << shift : 0;
    const word = mmio_read32(register);
    // Keep the settings of the cell's other interrupts. Those of other cells cannot be reached.
    mmio_write32(register, (word & ~(ICFGR_FIELD << shift)) | field);
  }
}
