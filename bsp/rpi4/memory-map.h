// SPDX-License-Identifier: MIT
/*
 * The guest addresses of the canwarden cell on the Raspberry Pi 4.
 *
 * cell-addresses.h has what Jailhouse grants; the build makes it from cell-config/rpi4-layout.ts, and the
 * same numbers for src/board/rpi4.ts.
 */
#ifndef CANWARDEN_MEMORY_MAP_H
#define CANWARDEN_MEMORY_MAP_H

#include "cell-addresses.h"

/* Exception vectors of start.S: up to the page of the command line. */
#define VECTORS_OFFSET 0x800
/* The command line has its page to itself: an oversized one hits no code and can be refused. */
#define COMMAND_LINE_ROOM_BYTES 0x1000

/* 3 to 4 GiB: BCM2711 peripherals, virtual PCI, ivshmem registers. */
#define DEVICE_ADDRESS 0xc0000000

/*
 * Virtual addresses of the program. The wasm module's linear memory is five 64 KiB pages at 0, so a module
 * address is the virtual address and no base is added. Everything else, code included, is seen at
 * GUEST_VIEW_ADDRESS plus its guest address. The space between is unmapped, so a 32-bit address plus 32-bit
 * offset needs no bounds check.
 */
#define LINEAR_MEMORY_ADDRESS 0
#define LINEAR_MEMORY_BYTES 0x00050000
#define GUEST_VIEW_ADDRESS 0x400000000

#define STACK_BYTES 0x4000
#define FAULT_STACK_BYTES 0x2000

#endif
