// SPDX-License-Identifier: MIT
/**
 * TakeBack: what is next in taking one pending frame back at once, and whether it may still be.
 *
 * READ STATUS (2 bytes) shows that the frame is pending behind another one. TXnIF is cleared (4), then TXREQ, with TXP
 * set for what comes next (4), and READ STATUS (2) shows whether the frame before it is still pending: then this one was
 * not on the wire at any time. The first READ STATUS may be one that was made for another reason.
 *
 * Where nothing breaks these transactions off, TXREQ is cleared first, and TXnIF only if the frame before has ended. That
 * is in time before the shortest frame that may have begun then can have been sent (models/abort.pml, FLAG_LATE).
 * Does not: use SPI (transmit-buffers.ts does), or choose the frame.
 */
import { Deadline } from '../../rt/deadline';

/**
 * How long after READ STATUS a frame that was behind another one cannot have been sent: in parts of the longest
 * frame, a quarter. The shortest frame has 44 bits, a quarter of the longest 40.
 */
const FRESH_SHARE: u64 = 4;
/** The same from behind a READ STATUS, which has taken 2 us, 2 bits at 1 Mbit/s: 32 bits. */
const SEEN_SHARE: u64 = 5;
/** How long after READ STATUS TXREQ may be cleared before TXnIF: 20 bits. As many are left for READ STATUS between. */
const LATER_SHARE: u64 = 8;

/** What is next. The numbers rise. */
export enum TakeBackStep {
  /** READ STATUS shows whether it is possible. */
  Poll = 0,
  /** That READ STATUS is awaited. */
  Polling = 1,
  /** Clear TXnIF. */
  ClearFlag = 2,
  /** Clear TXREQ. */
  ClearRequest = 3,
  /** READ STATUS shows what has become of it. */
  Outcome = 4,
  /** The frame before it has ended meanwhile: clear TXnIF, which may be an earlier frame's. */
  ClearFlagLate = 5,
}

@final
export class TakeBack {
  /** The frame, as a request bit, and those before it when its TXREQ was cleared. */
  bit: u32 = 0;
  before: u32 = 0;
  step: TakeBackStep = TakeBackStep.Poll;
  /** READ STATUS was made for another reason, and no frame was turned to since. */
  private isSeen: bool = false;
  /** Reached when the last READ STATUS says nothing about now. */
  private readonly stale: Deadline = new Deadline();
  /** Reached when TXnIF must be cleared before TXREQ, and when it must not be cleared any more. */
  private readonly later: Deadline = new Deadline();
  private readonly tooLate: Deadline = new Deadline();

  /** True while the frame of `bit` is being taken back. */
  isOn(bit: u32): bool {
    return this.step !== TakeBackStep.Poll && this.bit === bit;
  }

  /** The next transaction clears TXREQ, and sets TXP. */
  get setsPriority(): bool {
    return this.step === TakeBackStep.ClearRequest;
  }

  /** READ STATUS comes next, and shows the outcome. */
  get isOutcome(): bool {
    return this.step === TakeBackStep.Outcome;
  }

  /** Turns to the frame of `bit`. Another one is left where it is. */
  turnTo(bit: u32, nowTicks: u64): void {
    if (this.bit !== bit) this.step = TakeBackStep.Poll;
    this.bit = bit;
    const isSeen = this.isSeen && !this.isStale(nowTicks);
    if (isSeen && this.step === TakeBackStep.Poll) this.step = TakeBackStep.ClearFlag;
    this.isSeen = false;
  }

  /** READ STATUS was answered just before `nowTicks`, and shows all that are pending. `frameTicks`: the longest frame. */
  seen(nowTicks: u64, frameTicks: u64): void {
    this.isSeen = true;
    this.start(nowTicks, frameTicks, SEEN_SHARE);
  }

  /** READ STATUS comes next. `frameTicks`: the longest frame. */
  poll(nowTicks: u64, frameTicks: u64): void {
    this.step = TakeBackStep.Polling;
    this.start(nowTicks, frameTicks, FRESH_SHARE);
  }

  private start(nowTicks: u64, frameTicks: u64, staleShare: u64): void {
    this.stale.start(nowTicks, frameTicks / staleShare);
    this.later.start(nowTicks, frameTicks / LATER_SHARE);
    this.tooLate.start(nowTicks, frameTicks / FRESH_SHARE);
  }

  /** READ STATUS was answered, and it is not the one about the outcome. */
  polled(): void {
    if (this.step === TakeBackStep.Polling) this.step = TakeBackStep.ClearFlag;
  }

  /** True if the frame may have been sent since READ STATUS. */
  isStale(nowTicks: u64): bool {
    return this.stale.reached(nowTicks);
  }

  /** True if TXREQ may be cleared before TXnIF, and READ STATUS follow, before it is too late to clear that. */
  mayClearLater(nowTicks: u64): bool {
    return !this.later.reached(nowTicks);
  }

  /** True if TXnIF may be this frame's own. */
  isTooLate(nowTicks: u64): bool {
    return this.tooLate.reached(nowTicks);
  }

  /** The frames of `bits` have ended: what is next in their buffers has not been looked at. */
  ended(bits: u32): void {
    if ((bits & this.bit) !== 0) this.forget();
  }

  /** It is over, or has to begin anew. */
  forget(): void {
    this.step = TakeBackStep.Poll;
    this.bit = 0;
    this.isSeen = false;
  }
}
