// SPDX-License-Identifier: MIT
/**
 * InterruptWatch: compares the INT line with the receive flags, and gives the line up when it lies.
 *
 * Does not: use SPI, except for one READ STATUS (2 bytes) when a frame waits unannounced, and before the
 * line is called stuck.
 */
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { FaultReport } from './report';

/** A flag without the line cannot be chance; a few times make sure that it is no single spike. */
const MISSED_MAXIMUM: u32 = 3;
/** The line without a flag may be a frame that came between the two looks. */
const STUCK_MAXIMUM: u32 = 8;

@final
export class InterruptWatch<Parts extends AnyParts> {
  private missed: u32 = 0;
  private stuck: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  /** True while the line is under suspicion: the next full look is wanted soon. */
  get doubtful(): bool {
    return this.missed !== 0;
  }

  /** One comparison. After the last one status is read over SPI instead of the line. */
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
      // Whatever the line says, the frames are there.
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
   * Frames that came between the two looks make a busy bus, or a core that is often held up, look like
   * a line that lies: such a frame is still there, and READ STATUS shows it.
   */
  private confirmStuck(): void {
    const controller = this.parts.controller;
    this.stuck = 0;
    if (controller.pollStatus() !== Status.Ok || controller.frameKnown) return;
    controller.useInterruptLine = false;
    this.report.interruptStuck();
  }
}
