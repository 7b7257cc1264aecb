// SPDX-License-Identifier: MIT
/**
 * WithdrawnFrames: takes back the frames that AGL's end no longer wants, when that says so. All that it has open at a
 * time are withdrawn together, so nothing is looked at between two such times.
 *
 * One that waits behind others is refused when its turn comes (TransmitScheduler).
 * Does not: give frames back to AGL's end, which has ended them itself.
 */
import { TRANSMIT_BUFFERS } from '../../driver/mcp2515/transmit-buffers';
import { FrameEnd } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { TAG_HANDED, TransmitScheduler } from './scheduler';

@final
export class WithdrawnFrames<Parts extends AnyParts> {
  /** `withdrawals` of AGL's end when all of them were dealt with. */
  private seen: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly scheduler: TransmitScheduler<Parts>,
  ) {}

  /** Aborts those in the chip, and drops the next that waits. False: none was withdrawn since. */
  step(): bool {
    const agl = this.parts.agl;
    const withdrawals = agl.withdrawals;
    if (withdrawals === this.seen) return false;
    const slots = this.scheduler.slots;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(slots.all[buffer]);
      if ((slots.underWay & slot.bit) === 0 || !slot.isAgl) continue;
      if (agl.isWithdrawn(slot.tag & ~TAG_HANDED))
        this.parts.controller.abort(buffer, FrameEnd.Withdrawn);
    }
    const waiting = this.scheduler.fromAgl;
    const isOver = !waiting.isEmpty && agl.isWithdrawn(waiting.frontTag & ~TAG_HANDED);
    if (isOver) this.scheduler.refuse(true, Status.PeerNotReady);
    else this.seen = withdrawals;
    return true;
  }
}
