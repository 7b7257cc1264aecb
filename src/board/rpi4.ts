/**
 * The Raspberry Pi 4 with the CAN HAT, as the canwarden cell sees it: addresses, pins, clocks.
 *
 * The same numbers stand in cell-config/ (what Jailhouse grants) and in bsp/rpi4/memory-map.h (what
 * the page tables map); tests/contract compares them.
 * Does not: touch hardware.
 */

/** Where `jailhouse cell load -s "..." -a 0x1000` puts the command line, NUL included. */
export const COMMAND_LINE_ADDRESS: u32 = 0x00001000;
export const COMMAND_LINE_BYTES: u32 = 256;

/** Where rules.bin is loaded as an image of its own. */
export const RULES_ADDRESS: u32 = 0x00100000;

/** Jailhouse's communication region. */
export const COMM_REGION_ADDRESS: u32 = 0x80000000;

/** BCM2711 ARM Peripherals, 1.2: low peripheral mode. */
export const GPIO_ADDRESS: u32 = 0xfe200000;
export const SPI0_ADDRESS: u32 = 0xfe204000;

/** INT of the MCP2515 on the Waveshare RS485 CAN HAT. */
export const INTERRUPT_PIN: u32 = 25;

/** GIC: the GPIO block's interrupt of pins 0 to 27 (SPI 113). */
export const GPIO_INTERRUPT: u32 = 145;

/** The VPU core clock that feeds SPI0; config.txt pins it (core_freq, core_freq_min). */
export const CORE_CLOCK_HERTZ: u32 = 500_000_000;

/** ivshmem: where the hypervisor shows the sections, and where this cell puts the registers. */
export const IVSHMEM_STATE_TABLE_ADDRESS: u32 = 0x0aa20000;
export const IVSHMEM_SECTION_ADDRESS: u32 = 0x0aa21000;
export const IVSHMEM_SECTION_BYTES: u32 = 0x00040000;
export const IVSHMEM_REGISTERS_ADDRESS: u32 = 0xff000000;
/** The cell's end of the link. */
export const IVSHMEM_CELL_IDENTITY: u32 = 1;

/**
 * The control link: where the hypervisor shows its state table, the requests (root's output section,
 * read only) and the status page (the cell's own). Its registers are not used.
 */
export const CONTROL_STATE_TABLE_ADDRESS: u32 = 0x0aa70000;
export const CONTROL_REQUESTS_ADDRESS: u32 = 0x0aa71000;
export const CONTROL_STATUS_ADDRESS: u32 = 0x0aa91000;
/** Bytes of each of the two output sections. */
export const CONTROL_OUTPUT_BYTES: u32 = 0x00020000;
