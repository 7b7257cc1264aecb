// SPDX-License-Identifier: MIT
/**
 * BCM2711 registers that the cell uses: SPI0, the GPIO levels and their detection. Offsets from a block's
 * base. The firmware sets pin functions and pulls.
 */

// BCM2711 ARM Peripherals, SPI: register map.
export const SPI_CS: u32 = 0x00;
export const SPI_FIFO: u32 = 0x04;
export const SPI_CLK: u32 = 0x08;
export const SPI_DLEN: u32 = 0x0c;

// SPI: CS register. Chip select 0, mode 0,0 and active-low select are all zero bits.
export const SPI_CS_CLEAR_TX: u32 = 1 << 4;
export const SPI_CS_CLEAR_RX: u32 = 1 << 5;
export const SPI_CS_TA: u32 = 1 << 7;
export const SPI_CS_DONE: u32 = 1 << 16;
export const SPI_CS_RXD: u32 = 1 << 17;

/** SPI: CLK.CDIV is even. 0 means 65536. */
export const SPI_CLK_CDIV_MASK: u32 = 0xffff;

/** Each FIFO holds this many bytes in polled mode. */
export const SPI_FIFO_BYTES: u32 = 64;

/** Polled mode inserts one idle clock after each byte: 9 serial clocks per byte. */
export const SPI_CLOCKS_PER_BYTE: u32 = 9;

// BCM2711 ARM Peripherals, GPIO: pin level registers.
export const GPLEV0: u32 = 0x34;
export const GPLEV1: u32 = 0x38;

// GPIO: event status (ones clear) and low-level detection of pins 0 to 31.
export const GPEDS0: u32 = 0x40;
export const GPLEN0: u32 = 0x70;
