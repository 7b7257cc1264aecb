// SPDX-License-Identifier: MIT
/**
 * The virtual PCI bus of the cell: configuration space of bus 0, in dwords.
 *
 * Source: PCI 3.0, section 6.1; Jailhouse `hypervisor/pci.c`.
 * Does not: read less than a dword (the hypervisor does not mask narrower reads), or write to an absent
 * function (the hypervisor would park the core).
 */
import { mmio_read32, mmio_write32 } from '../abi/bsp';

// Configuration space header, dwords.
export const CONFIG_ID: u32 = 0x00; // vendor, device
export const CONFIG_COMMAND: u32 = 0x04; // command, status
export const CONFIG_CLASS: u32 = 0x08; // revision, class code
export const CONFIG_BAR0: u32 = 0x10;
export const CONFIG_CAPABILITIES: u32 = 0x34;
export const CONFIG_INTERRUPT: u32 = 0x3c; // line, pin

/** Command: memory decoding on, bus master on, INTx enabled. */
export const COMMAND_MEMORY_AND_MASTER: u32 = 0x0006;

/** Read from an absent function, or from beyond a function's configuration image. */
export const ALL_ONES: u32 = 0xffffffff;
/** Functions of one bus: 32 devices of 8. */
export const FUNCTIONS_PER_BUS: u32 = 256;

const FUNCTION_SHIFT: u32 = 12;

@final
export class PciBus {
  private readonly base: u32;

  /** `base`: guest address of the configuration space (from the communication region). */
  constructor(base: u32) {
    this.base = base;
  }

  /**
   * The first function from `first` on with this vendor (low half) and device (high half);
   * `FUNCTIONS_PER_BUS` if there is none. One trapped read per function.
   */
  find(identifier: u32, first: u32): u32 {
    let bdf = first;
    while (bdf < FUNCTIONS_PER_BUS && this.read(bdf, CONFIG_ID) !== identifier) bdf += 1;
    return bdf;
  }

  /** Reads the dword at `offset` of function `bdf`. */
  read(bdf: u32, offset: u32): u32 {
    return mmio_read32(this.base + (bdf << FUNCTION_SHIFT) + offset);
  }

  /** Writes the dword at `offset` of function `bdf`, which `find` found. */
  write(bdf: u32, offset: u32, value: u32): void {
    mmio_write32(this.base + (bdf << FUNCTION_SHIFT) + offset, value);
  }
}
