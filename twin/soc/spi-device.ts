// SPDX-License-Identifier: MIT
/**
 * A device on an SPI controller, and a listener to its lines.
 */

/** A device behind one chip select: SPI mode 0,0, eight bits at a time, most significant first. */
export interface SpiDevice {
  /** Chip select falls at `nanos`. */
  select(nanos: number): void;
  /** One byte has been shifted both ways; its last clock edge is at `nanos`. Returns the MISO byte. */
  exchange(mosi: number, nanos: number): number;
  /** Chip select rises at `nanos`. */
  deselect(nanos: number): void;
}

/** Listens to the SPI lines. Figures are measured here without asking the firmware. */
export interface SpiTap {
  selected(nanos: number): void;
  /** `byteNanos`: from the first to the last of its nine clocks. */
  byte(mosi: number, miso: number, endNanos: number, byteNanos: number): void;
  deselected(nanos: number): void;
}
