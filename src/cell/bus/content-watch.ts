// SPDX-License-Identifier: MIT
/**
 * ContentWatch: looks at the transmit buffers, of which a look at the fault state shows nothing, one after the other.
 *
 * A turn is one READ of at most 10 bytes, header or data of one buffer, so that after six turns all were looked at. It
 * gives way to INT. A difference is believed when it is seen twice in a row, as the READ may be what was disturbed.
 * Does not: say or mend anything (BusSupervisor sets the chip up again).
 */
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { SoftwareTimer } from '../../rt/software-timer';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { UrgentAnswers } from '../urgent/answers';
import { YieldingTransfer } from '../yielding-transfer';

@final
export class ContentWatch<Parts extends AnyParts> {
  /** A turn has begun, and has not ended. */
  isDue: bool = false;
  private buffer: u32 = 0;
  private isData: bool = false;
  private isDoubted: bool = false;
  private readonly transfer: YieldingTransfer<Parts> = new YieldingTransfer<Parts>(this.parts);

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {}

  /** Begins a turn in the next step of the task that has `timer`. */
  begin(timer: SoftwareTimer, nowTicks: u64): void {
    this.isDue = true;
    timer.start(nowTicks, 0);
  }

  /** The chip is set up again. */
  restart(): void {
    this.isDue = false;
    this.isDoubted = false;
  }

  /** One step while `isDue`. True: a buffer has another content than was written to it. */
  differs(timer: SoftwareTimer, nowTicks: u64): bool {
    const slot = unchecked(this.answers.scheduler.slots.all[this.buffer]);
    timer.start(nowTicks, 0);
    if (!slot.expectContent(this.isData)) {
      this.turn();
      return false;
    }
    this.transfer.begin();
    const status = this.transfer.end(this.parts.contentCheck.compare());
    if (status === Status.RegisterVerifyMismatch && this.isDoubted) return true;
    if (status === Status.RegisterVerifyMismatch) this.isDoubted = true;
    else if (status !== Status.Busy) this.turn();
    return false;
  }

  private turn(): void {
    this.restart();
    if (this.isData) this.buffer = this.buffer + 1 === TRANSMIT_BUFFERS ? 0 : this.buffer + 1;
    this.isData = !this.isData;
  }
}
