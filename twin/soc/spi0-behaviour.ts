// SPDX-License-Identifier: MIT
/**
 * Differences of other SPI0 emulations from the silicon, all of which still carry every byte. Tests run the
 * firmware over each: it must rely only on the datasheet.
 */
export interface Spi0Behaviour {
  /** Bytes that each FIFO holds. */
  readonly fifoBytes: number;
  /** SCLK cycles of a byte. 0: it is exchanged at once when it is written. */
  readonly clocksPerByte: number;
  /** Reads of CS after a received byte that do not show it in RXD yet. */
  readonly receiveLateReads: number;
  /** Reads of CS after the last byte that do not show DONE yet. */
  readonly doneLateReads: number;
  /** DONE of one transfer stays set until 1 is written to it, whatever is sent meanwhile. */
  readonly doneSticks: boolean;
  /** Reads of CS after TA that show DONE, as if left from the last transfer. */
  readonly staleDoneReads: number;
  /** DONE never comes: a transfer does not end. */
  readonly neverDone: boolean;
  /** Above this SCLK every 61st edge on MISO comes too late for its bit. 0: never. */
  readonly misoLimitHertz: number;
  /** The CLEAR bits read as written until the next write. */
  readonly clearsReadBack: boolean;
}
