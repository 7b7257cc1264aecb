/**
 * How emulations of SPI0 differ from the silicon and still carry every byte.
 *
 * Used by: spi0.ts. Tests run the firmware over each of them: it must rely on what the datasheet says,
 * not on how this model does it.
 */
export interface Spi0Behaviour {
  /** Bytes that each FIFO holds. */
  readonly fifoBytes: number;
  /** SCLK cycles of a byte; 0: it is exchanged when it is written, in no time. */
  readonly clocksPerByte: number;
  /** So many reads of CS after a byte has come in do not show it in RXD yet. */
  readonly receiveLateReads: number;
  /** So many reads of CS after the last byte do not show DONE yet. */
  readonly doneLateReads: number;
  /** The CLEAR bits read as they were written, until the next write. */
  readonly clearsReadBack: boolean;
}
