/**
 * How emulations of SPI0 differ from the silicon and still carry every byte.
 *
 * Tests run the firmware over each of them: it must rely on what the datasheet says, not on how
 * this model does it.
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
  /** DONE of one transfer stays set until 1 is written to it, whatever is sent meanwhile. */
  readonly doneSticks: boolean;
  /** So many reads of CS after TA show DONE, as if left from the transfer before. */
  readonly staleDoneReads: number;
  /** Above this SCLK every 61st edge on MISO comes too late for its bit; 0: at no clock. */
  readonly misoLimitHertz: number;
  /** The CLEAR bits read as they were written, until the next write. */
  readonly clearsReadBack: boolean;
}
