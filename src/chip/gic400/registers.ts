// SPDX-License-Identifier: MIT
/**
 * GICv2 registers that the cell uses. Offsets from the two blocks, whose addresses are in Jailhouse's
 * communication region. The cell leaves priorities, targets and software interrupts alone.
 *
 * Source: GICv2 architecture specification (IHI 0048B), tables 4-1 and 4-2.
 */

// Distributor. Every access traps. Bits of other cells' interrupts read 0.
export const GICD_ISENABLER: u32 = 0x100;
export const GICD_ICENABLER: u32 = 0x180;
export const GICD_ICFGR: u32 = 0xc00;
/** ICFGR has two bits per interrupt. The upper one selects edge. */
export const ICFGR_EDGE: u32 = 2;
export const ICFGR_FIELD: u32 = 3;

// CPU interface: the virtual one, mapped where the guest expects the physical one. No trap.
export const GICC_CTLR: u32 = 0x00;
export const GICC_PMR: u32 = 0x04;
export const GICC_IAR: u32 = 0x0c;
export const GICC_EOIR: u32 = 0x10;
export const CTLR_ENABLE: u32 = 1;
/** Priority mask that lets every priority pass. */
export const PMR_ALL: u32 = 0xf0;

export const INTID_MASK: u32 = 0x3ff;
/** INTIDs from here on are special. IAR reads 1023 if nothing is pending. */
export const INTID_SPECIAL: u32 = 1020;
/** The first shared peripheral interrupt, from a device outside the core. */
export const INTID_FIRST_SPI: u32 = 32;
/** The core's virtual timer, on every GICv2 system. */
export const VIRTUAL_TIMER_INTERRUPT: u32 = 27;
