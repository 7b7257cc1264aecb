// SPDX-License-Identifier: MIT
/**
 * Courtesy: SPI work that can wait gives way to a frame that has just come in.
 *
 * With it, an urgent request waits for one byte on SPI instead of up to fourteen, and its answer
 * makes the first free place on the bus.
 * Does not: let that work starve: after some broken attempts in a row, one is carried through.
 */
import { Status } from '../rt/status';
import { AnyParts } from './parts';

/** Broken attempts in a row after which one is carried through. */
const BROKEN_MAXIMUM: u32 = 16;

@final
export class Courtesy<Parts extends AnyParts> {
  private broken: u32 = 0;

  constructor(private readonly parts: Parts) {}

  /** Before the transaction. */
  begin(): void {
    const parts = this.parts;
    // A step may begin without a look of the receive task: what the line says of the buffers is kept.
    parts.spi.asked = parts.controller.lineAsserted();
    parts.spi.yields = parts.controller.useInterruptLine && this.broken < BROKEN_MAXIMUM;
  }

  /** After it, with its result, which it gives back: `Busy` when it was broken off. */
  end(status: Status): Status {
    this.broken = this.parts.spi.yields && status === Status.Busy ? this.broken + 1 : 0;
    this.parts.spi.yields = false;
    return status;
  }
}
