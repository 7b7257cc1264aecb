/*
 * The guest addresses of the canwarden cell on the Raspberry Pi 4.
 *
 * cell-config/ (what Jailhouse grants) and src/board/rpi4.ts (what the firmware uses) hold the same
 * numbers; tests/contract compares the three.
 */
#ifndef CANWARDEN_MEMORY_MAP_H
#define CANWARDEN_MEMORY_MAP_H

/* Cell RAM: the image at its start, the rules image in its upper half. */
#define RAM_ADDRESS 0x00000000
#define RAM_BYTES 0x00200000

/* `jailhouse cell load -s "..." -a 0x1000`. */
#define COMMAND_LINE_ADDRESS 0x00001000
#define COMMAND_LINE_BYTES 256
/* The text has its page to itself: an oversized text hits no code and can be refused. */
#define COMMAND_LINE_ROOM_BYTES 0x1000

/* rules.bin, loaded as an image of its own. */
#define RULES_ADDRESS 0x00100000
#define RULES_BYTES 0x00010000

/* Jailhouse's communication region. */
#define COMM_REGION_ADDRESS 0x80000000
#define COMM_REGION_BYTES 0x00001000

/* ivshmem: read-only state table, then the read-write section, without a gap. */
#define IVSHMEM_STATE_TABLE_ADDRESS 0x0aa20000
#define IVSHMEM_STATE_TABLE_BYTES 0x00001000
#define IVSHMEM_SECTION_ADDRESS 0x0aa21000
#define IVSHMEM_SECTION_BYTES 0x00040000

/*
 * The control link: state table, requests (root's output section), status page (the cell's output section),
 * in the same 2 MiB as the regions above. The cell writes only the status page.
 */
#define CONTROL_STATE_TABLE_ADDRESS 0x0aa70000
#define CONTROL_STATE_TABLE_BYTES 0x00001000
#define CONTROL_REQUESTS_ADDRESS 0x0aa71000
#define CONTROL_REQUESTS_BYTES 0x00020000
#define CONTROL_STATUS_ADDRESS 0x0aa91000
#define CONTROL_STATUS_BYTES 0x00020000

/* 3 to 4 GiB: BCM2711 peripherals, virtual PCI, ivshmem registers. */
#define DEVICE_ADDRESS 0xc0000000

/*
 * Virtual addresses of the program. The wasm module's linear memory is one 64 KiB page at 0, so a module
 * address is the virtual address and no base is added. Everything else, code included, is seen at
 * GUEST_VIEW_ADDRESS plus its guest address. The space between is unmapped, so a 32-bit address plus 32-bit
 * offset needs no bounds check.
 */
#define LINEAR_MEMORY_ADDRESS 0
#define LINEAR_MEMORY_BYTES 0x00010000
#define GUEST_VIEW_ADDRESS 0x400000000

#define STACK_BYTES 0x4000
#define FAULT_STACK_BYTES 0x2000

#endif
