// SPDX-License-Identifier: MIT
/**
 * YieldingTransfer: lets SPI work that can wait yield to a frame that has just come in.
 *
 * An urgent request then waits for one byte on SPI instead of up to fourteen, and its answer gets
 * the first free slot on the bus.
 * Does not: let that work starve. After several interrupted attempts in a row, one is completed.
 */
import { Status } from '../rt/status';
import { AnyParts } from './parts';

/** Interrupted attempts in a row after which one is completed. */
const BROKEN_MAXIMUM: u32 = 16;

@final
export class YieldingTransfer<Parts extends AnyParts> {
  private broken: u32 = 0;

  constructor(private readonly parts: Parts) {}

  /** Call this before the transaction. `isBlind`: nothing that the line could tell now comes before it. */
  begin(isBlind: bool = false): void {
    const parts = this.parts;
    if (isBlind) return;
    // The receive task may not have looked at the line in this step: keep what it says about the
    // buffers.
    parts.spi.lineWasAsserted = parts.controller.lineAsserted();
    parts.spi.yields = parts.controller.useInterruptLine && this.broken < BROKEN_MAXIMUM;
  }

  /**
   * As `begin`, where much is computed before the transaction. False: INT has fallen, and the attempt is over; the
   * request must not wait for what would be computed.
   */
  mayBegin(isBlind: bool = false): bool {
    this.begin(isBlind);
    const spi = this.parts.spi;
    if (!spi.yields || !spi.lineWasAsserted) return true;
    this.end(Status.Busy);
    return false;
  }

  /**
   * Call this after the transaction, with its result `status`. Returns `status`: `Busy` when the
   * transaction was interrupted.
   */
  end(status: Status): Status {
    this.broken = this.parts.spi.yields && status === Status.Busy ? this.broken + 1 : 0;
    this.parts.spi.yields = false;
    return status;
  }

  /**
   * Call this instead of `end` when no transaction was needed after all: interrupted attempts still count, or a
   * look before each attempt would start the count anew for ever.
   */
  unused(): void {
    this.parts.spi.yields = false;
  }
}
