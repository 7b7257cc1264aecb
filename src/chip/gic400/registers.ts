/**
 * GICv2 registers that the cell touches.
 *
 * Offsets from the two blocks, whose addresses Jailhouse tells in the communication region. Source:
 * GICv2 architecture specification (IHI 0048B), tables 4-1 and 4-2.
 * Does not: list priorities, targets and software interrupts; the cell leaves them as it finds them.
 */

// Distributor. Every access traps; bits of interrupts that are not the cell's read 0.
export const GICD_ISENABLER: u32 = 0x100;
export const GICD_ICENABLER: u32 = 0x180;
export const GICD_ICFGR: u32 = 0xc00;
/** ICFGR has two bits for each interrupt; the upper one says edge. */
export const ICFGR_EDGE: u32 = 2;
export const ICFGR_FIELD: u32 = 3;

// CPU interface: in fact the virtual one, mapped where the guest expects it; no trap.
export const GICC_CTLR: u32 = 0x00;
export const GICC_PMR: u32 = 0x04;
export const GICC_IAR: u32 = 0x0c;
export const GICC_EOIR: u32 = 0x10;
export const CTLR_ENABLE: u32 = 1;
/** Every priority there is passes. */
export const PMR_ALL: u32 = 0xf0;

export const INTID_MASK: u32 = 0x3ff;
/** From here on INTIDs are no interrupts: IAR says 1023 when there is none. */
export const INTID_SPECIAL: u32 = 1020;
/** The first interrupt that belongs to a device outside the core. */
export const INTID_FIRST_SPI: u32 = 32;
/** The core's virtual timer, on every GICv2 system. */
export const VIRTUAL_TIMER_INTERRUPT: u32 = 27;
