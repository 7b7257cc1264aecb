// SPDX-License-Identifier: MIT
/**
 * InterruptWatch: compares the INT line with the receive flags, and stops using a line that is
 * wrong.
 *
 * Costs no SPI, with two exceptions of one READ STATUS (2 bytes) each: a frame waits while INT is
 * not asserted, and INT is about to be called stuck.
 * Does not: use the line again once it was given up.
 */
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { FaultReport } from './report';

/** Flags without an asserted line are a fault. Three in a row rule out a single spike. */
const MISSED_MAXIMUM: u32 = 3;
/** An asserted line without a flag can be a frame that came in between the two looks. */
const STUCK_MAXIMUM: u32 = 8;

@final
export class InterruptWatch<Parts extends AnyParts> {
  private missed: u32 = 0;
  private stuck: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  /** True while the line is under suspicion: then the next full look is due soon. */
  get doubtful(): bool {
    return this.missed !== 0;
  }

  /** The line was asserted in the middle of a look, and broke it off: it is not silent. */
  wasAsserted(): void {
    this.missed = 0;
  }

  /** Compares once. At the limit, the cell changes over to reading status over SPI. */
  look(): void {
    const controller = this.parts.controller;
    if (!controller.useInterruptLine) return;
    const status = controller.checkLine();
    if (status === Status.Timeout) {
      this.parts.counters.count(Counter.InterruptsMissed);
      this.missed++;
      if (this.missed === MISSED_MAXIMUM) {
        controller.useInterruptLine = false;
        this.missed = 0;
        this.report.interruptSilent();
      }
      // The frames are there, whatever the line says.
      controller.pollStatus();
    } else if (status === Status.Empty) {
      this.stuck++;
      if (this.stuck === STUCK_MAXIMUM) this.confirmStuck();
    } else {
      this.stuck = 0;
      // A silent line agrees with empty buffers even when it is broken.
      if (controller.faults.receiveFlags !== 0) this.missed = 0;
    }
  }

  /**
   * Makes sure that the line is stuck. On a busy bus, or with a core that is often held up, frames
   * come in between the two looks and the line only seems wrong. Such a frame is still in the chip,
   * and READ STATUS shows it.
   */
  private confirmStuck(): void {
    const controller = this.parts.controller;
    this.stuck = 0;
    if (controller.pollStatus() !== Status.Ok || controller.frameKnown) return;
    controller.useInterruptLine = false;
    this.report.interruptStuck();
  }
}
