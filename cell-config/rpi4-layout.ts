// SPDX-License-Identifier: MIT
/**
 * The numbers of the Raspberry Pi 4 machine that more than one part must agree on.
 *
 * Sources: BCM2711 in low-peripheral mode (bus 0x7eXXXXXX = physical 0xfeXXXXXX; bcm2711.dtsi) and
 * Jailhouse configs/arm64/rpi4.c for everything the two cells did not choose themselves.
 * Does not: hold flags or structure; the cells do.
 */

/** Size of a page, and of the smallest region Jailhouse maps instead of trapping. */
export const PAGE_BYTES = 0x1000;

/**
 * What the card's device tree overlay takes from Linux (no-map): the warden's RAM at its start, shared
 * memory, the hypervisor at its end, and nothing more. It lies above what boot loaders and the kernel
 * use and below what Linux takes for graphics in one piece (docs/decisions/0012).
 */
export const CARD_RESERVATION = { start: 0x0a000000, size: 0x1000000 } as const;
const RESERVED = CARD_RESERVATION.start;

// The machine.
export const HYPERVISOR_MEMORY = { start: RESERVED + 0xc00000, size: 0x400000 } as const;
/** For all links between cells. */
export const SHARED_MEMORY = { start: RESERVED + 0xa00000, size: 0x200000 } as const;
/** The network link of Jailhouse's stock machine, for a second Linux cell: table and two outputs. */
export const NETWORK_STATE_TABLE = { start: RESERVED + 0xb00000, size: PAGE_BYTES } as const;
export const NETWORK_OUTPUT_0 = { start: RESERVED + 0xb01000, size: 0x7f000 } as const;
export const NETWORK_OUTPUT_1 = { start: RESERVED + 0xb80000, size: 0x7f000 } as const;
/** Where root's first piece of RAM ends: between the cell's RAM and the shared memory. */
export const ROOT_RAM_END = RESERVED + 0xa10000;
/** Virtual PCI configuration space: 1 MiB per bus, bus 0 alone. */
export const PCI_MMCONFIG = { start: 0xff900000, endBus: 0, bytesPerBus: 0x100000 } as const;
/** Domain of the virtual PCI host as the root cell's Linux sees it. */
export const PCI_DOMAIN = 1;
/** GIC-400; the maintenance interrupt is PPI 25. */
export const GIC = {
  version: 2,
  maintenanceInterrupt: 25,
  distributor: 0xff841000,
  cpuInterface: 0xff842000,
  hypervisorInterface: 0xff844000,
  virtualCpuInterface: 0xff846000,
} as const;
/** Mini-UART of the AUX block: 8250, registers four bytes apart. */
export const UART = { start: 0xfe215040, size: 0x40 } as const;

// The devices the warden uses.
/** GPIO block; GPLEV0 at offset 0x34 carries the MCP2515's INT on bit 25. */
export const GPIO = { start: 0xfe200000, size: PAGE_BYTES } as const;
/** INTID of GPIO 0 to 27 (SPI 113). */
export const GPIO_INTERRUPT = 145;
/** SPI0, and the page of its four sisters; SPI1 and SPI2 are in the page of the AUX block. */
export const SPI0 = { start: 0xfe204000, size: PAGE_BYTES } as const;
/** The controllers in SPI0's page: who has the page has them all (bcm2711.dtsi). */
export const SPI_PAGE_OFFSETS = { 0: 0, 3: 0x600, 4: 0x800, 5: 0xa00, 6: 0xc00 } as const;

// The warden's cell, as its guest addresses it.
export const CELL_RAM = { physicalStart: RESERVED, guestStart: 0, size: 0x200000 } as const;
export const COMMUNICATION_REGION = { guestStart: 0x80000000, size: PAGE_BYTES } as const;
/** Where `jailhouse cell load` puts image, command line and rule table. */
export const CELL_IMAGE_ADDRESS = 0x0;
export const CELL_COMMAND_LINE = { guestStart: 0x1000, size: 0x100 } as const;
export const CELL_RULES = { guestStart: 0x100000, size: 0x10000 } as const;
/** Where the cell places BAR0 of its ivshmem device: free in its address space. */
export const CELL_IVSHMEM_BAR0 = 0xff000000;
export const CELL_CPU = 3;
/**
 * Loops the hypervisor waits for the cell's answer to a message before it calls it failed: 0.6 to 1 s at
 * 3 to 5 ns each (two cached loads and a few compares; control.c, cell_exchange_message). The cell may
 * need 1,000 bit times to leave a bus that is stuck, 0.4 s at the lowest rate the MCP2515 has. Linux
 * stands still meanwhile, but only if the cell hangs.
 */
export const MESSAGE_REPLY_TIMEOUT_LOOPS = 200_000_000;

// The ivshmem link that carries virtio-can. Regions lie one after the other, as the guest ABI asks.
export const IVSHMEM_STATE_TABLE = { start: RESERVED + 0xa20000, size: PAGE_BYTES } as const;
export const IVSHMEM_READ_WRITE = { start: RESERVED + 0xa21000, size: 0x40000 } as const;
export const IVSHMEM_BDF = 0x00;
export const IVSHMEM_PEERS = 2;
export const IVSHMEM_ROOT_ID = 0;
export const IVSHMEM_CELL_ID = 1;
/** The two ends of virtio-can (device type 36): the driver, and the device. Which is whose: roles.ts. */
export const VIRTIO_CAN_FRONT_END = 0x8024;
export const VIRTIO_CAN_BACK_END = 0xc024;

// The control link: one-way memory, held by hardware. The warden's status page is its output section,
// AGL's requests are the root cell's. Output sections lie in the order of the peers.
export const CONTROL_STATE_TABLE = { start: RESERVED + 0xa70000, size: PAGE_BYTES } as const;
/** Output 0: root writes, the cell can only read. */
export const CONTROL_REQUESTS = { start: RESERVED + 0xa71000, size: 0x20000 } as const;
/** Output 1: the cell writes, root can only read. */
export const CONTROL_STATUS = { start: RESERVED + 0xa91000, size: 0x20000 } as const;
/** Slot 1 (0x08) is the network link of the stock machine. */
export const CONTROL_BDF = 0x10;
/** In the range that ivshmem leaves to its users (0x4000 to 0x7fff); the same on both ends. */
export const CONTROL_PROTOCOL = 0x4057;

// Virtual PCI interrupts: INTID = 32 + base + ((bdf >> 3) & 3).
export const ROOT_VIRTUAL_PCI_INTERRUPT_BASE = 150;
export const CELL_VIRTUAL_PCI_INTERRUPT_BASE = 153;
/** INTID of the cell's ivshmem device, the first on its virtual PCI bus. */
export const CELL_IVSHMEM_INTERRUPT = 32 + CELL_VIRTUAL_PCI_INTERRUPT_BASE;
