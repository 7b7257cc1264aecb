// SPDX-License-Identifier: MIT
/**
 * TransmitBuffers: which of the three transmit buffers are occupied, and how each frame ended.
 *
 * It is told of requests and of every answer to READ STATUS. `step` makes the other transactions, one per call:
 *
 *   one-shot mode    after each frame READ TXBnCTRL (3 bytes): sent, arbitration lost, or error
 *   TXREQ clear without TXnIF: the same (3); the chip may have been reset, and the frame is lost
 *   abort            clear TXnIF (4), READ STATUS (2), clear TXREQ (4); if TXREQ is clear and TXnIF not
 *                    set for the time of a frame, READ STATUS (2) and READ TXBnCTRL (3)
 *
 * A frame on the wire continues when it is aborted (DS20001801J, section 3.6, note 1), and TXnIF then shows that it was
 * sent. Whether TXREQ stays set until then is not said. So only TXnIF is believed, and the buffer counts as occupied
 * until the frame must have ended. TXnIF may be an earlier frame's, so it is cleared first, and TXREQ must be seen set
 * after that. ABTF does not help: ABAT and one-shot mode set it, clearing TXREQ does not.
 *
 * A pending frame behind another one is not on the wire (transmit-order.ts). It is taken back at once (take-back.ts).
 */
import { SpiBus } from '../../hal/spi-bus';
import { Counters, FrameEnd } from '../../rt/counters';
import { Status } from '../../rt/status';
import { modifyRegister, readRegisters, registersRead } from './instructions';
import {
  CANINTF,
  CANINTF_TX0IF,
  STATUS_TX0REQ,
  STATUS_TX1REQ,
  STATUS_TX2REQ,
  TXB0CTRL,
  TXBCTRL_TXP_MASK,
  TXBCTRL_TXREQ,
} from './registers';
import { TakeBack, TakeBackStep } from './take-back';
import { TRANSMIT_BUFFERS, TransmitEnds, TransmitOutcome } from './transmit-ends';
import { bufferOfBit, requestBit, TransmitOrder } from './transmit-order';

export { requestBit, TRANSMIT_BUFFERS, TransmitOutcome };

const REQUEST_MASK: u32 = STATUS_TX0REQ | STATUS_TX1REQ | STATUS_TX2REQ;

@final
export class TransmitBuffers<Bus extends SpiBus> {
  /** One-shot mode is on: a frame may end unsent by itself. */
  oneShot: bool = false;
  /** Off the bus: nothing can be sent, and every buffer counts as occupied. */
  closed: bool = false;
  /** Ticks of FRAME_BITS_MAXIMUM: the longest time an aborted frame can still be on the wire. */
  frameTicks: u64 = 0;
  /** TXP of the buffers, and which of them may be on the wire. */
  readonly order: TransmitOrder = new TransmitOrder();
  /** A frame was requested beside others since READ STATUS, which may show that it cannot be on the wire yet. */
  isOrderUnsure: bool = false;
  /** Counts what may let a waiting frame have a buffer. */
  changes: u32 = 0;

  /** Request bits, as in READ STATUS, like all below. Requested, and not known to have ended. */
  private pending: u32 = 0;
  /** Ended, and the outcome is unknown. */
  private unresolved: u32 = 0;
  /** An abort is wanted; TXnIF must be cleared. */
  private abortWanted: u32 = 0;
  /** TXnIF was cleared; TXREQ must be seen set once more. */
  private flagCleared: u32 = 0;
  /** TXREQ must be cleared. */
  private abortReady: u32 = 0;
  /** TXREQ was cleared. */
  private aborted: u32 = 0;
  /** TXREQ was cleared long enough ago that the frame must have left the wire. */
  private abortOver: u32 = 0;
  /** TXREQ was cleared before TXnIF, which may be an earlier frame's. */
  private flagOld: u32 = 0;
  /** The frame that is being taken back at once. */
  readonly back: TakeBack = new TakeBack();
  /** Whose frames they are, and how they ended. */
  readonly ends: TransmitEnds;

  constructor(
    private readonly bus: Bus,
    counters: Counters,
  ) {
    this.ends = new TransmitEnds(counters);
  }

  /** True if no request can be made for `buffer`: its frame has not ended, or off the bus. */
  busy(buffer: u32): bool {
    return this.closed || this.occupied(buffer);
  }

  /** True until the frame of `buffer` is known to have ended: its content must stay. */
  occupied(buffer: u32): bool {
    return ((this.pending | this.unresolved) & requestBit(buffer)) !== 0;
  }

  /** True while any request is pending in the chip, so that READ STATUS is worthwhile. */
  get anyPending(): bool {
    return this.pending !== 0;
  }

  /** True while a request of every buffer is pending. */
  get allPending(): bool {
    return this.pending === REQUEST_MASK;
  }

  /** True if `step` has something to do. */
  working(nowTicks: u64): bool {
    const wanted = this.unresolved | this.abortReady | this.flagCleared | this.abortWanted;
    if ((wanted | this.aborted) === 0) return false;
    return wanted !== 0 || (this.aborted !== this.abortOver && this.overAt(nowTicks) !== 0);
  }

  /** The occupied buffers, as request bits. */
  get occupiedBits(): u32 {
    return this.pending | this.unresolved;
  }

  /** RTS was sent for `buffer`. `isAgl`: with a frame of AGL's. */
  requested(buffer: u32, isAgl: bool): void {
    const bit = requestBit(buffer);
    this.order.requested(bit, this.contending);
    this.isOrderUnsure = this.pending !== 0;
    this.pending |= bit;
    this.flagOld &= ~bit;
    this.changes++;
    this.ends.begin(buffer, isAgl);
  }

  /** Requests an abort of the frame of `buffer`, if it is pending. `why`: counted if it is not sent; the first one counts. */
  abort(buffer: u32, why: FrameEnd): void {
    const bit = requestBit(buffer);
    if (((this.abortWanted | this.flagCleared | this.abortReady | this.aborted) & bit) !== 0)
      return;
    this.abortWanted |= this.pending & bit;
    this.ends.setReason(buffer, why);
  }

  /** A frame of another node was taken, and has ended since the line was high. Counts the answers that it delayed. */
  otherFrameEnded(): void {
    this.noteOtherFrame(this.order.sinceHigh);
  }

  /** READ STATUS shows a frame of another node, which has ended since the one before; call it before `update`. */
  otherFrameFound(): void {
    this.noteOtherFrame(this.order.sincePoll);
  }

  /** While a frame of another node was on the wire, none of the cell's was, but for the `recent` ones. */
  private noteOtherFrame(recent: u32): void {
    if (this.pending === 0) return;
    this.abortOver |= this.aborted & ~recent;
    this.ends.countDelayed(this.order.frameEnded(this.contending, recent));
    this.changes++;
  }

  /** BIT MODIFY of TXP (1..3) of `buffer`, which may be pending: the chip looks at it when the bus is free. */
  setPriority(buffer: u32, priority: u32): Status {
    const status = modifyRegister(this.bus, controlOf(buffer), TXBCTRL_TXP_MASK, priority);
    if (status === Status.Ok) this.order.setPriority(buffer, priority, this.contending);
    return status;
  }

  /** True if `displaceStep` can take the frame of `buffer` back at once. */
  isDisplaceable(buffer: u32): bool {
    const bit = requestBit(buffer);
    return (this.abortWanted & bit) === 0 && this.canTakeBack(bit);
  }

  /** True if the frame of `buffer` was displaced, and is not known yet to have been sent after all. */
  isInDoubt(buffer: u32): bool {
    const isCleared = (this.aborted & requestBit(buffer)) !== 0;
    return isCleared && this.ends.reason(buffer) === FrameEnd.Resent;
  }

  /** True if another pending frame goes before that of `buffer`. */
  isBehind(buffer: u32): bool {
    return this.order.above(requestBit(buffer), this.contending) !== 0;
  }

  /** True if the frame of `bit` is pending behind another one, and so not on the wire. */
  private canTakeBack(bit: u32): bool {
    if ((this.contending & ~this.flagCleared & ~this.abortReady & bit) === 0) return false;
    return !this.order.isExposed(bit) && this.order.above(bit, this.contending) !== 0;
  }

  /** The pending frames whose TXREQ was not cleared. */
  private get contending(): u32 {
    return this.pending & ~this.aborted;
  }

  /** True while `displaceStep` is taking the frame of `buffer` back. */
  isDisplacing(buffer: u32): bool {
    return this.back.isOn(requestBit(buffer));
  }

  /**
   * One transaction of displacing the frame of `buffer`, which has TXP `priority` then. `isBlind`: INT breaks none off.
   * `Busy`: READ STATUS must be next. `Ok`: call again, while the buffer is occupied. Others: an error of the bus.
   */
  displaceStep(buffer: u32, priority: u32, nowTicks: u64, isBlind: bool = false): Status {
    return this.takeBack(requestBit(buffer), priority, FrameEnd.Resent, nowTicks, isBlind);
  }

  private takeBack(bit: u32, priority: u32, why: FrameEnd, now: u64, isBlind: bool): Status {
    const back = this.back;
    // Whichever frame that is of: nobody else could tell later.
    if (back.step === TakeBackStep.Outcome) return Status.Busy;
    if (back.step === TakeBackStep.ClearFlagLate) return this.clearFlagLate(back.bit, now);
    back.turnTo(bit, now);
    if (back.step < TakeBackStep.ClearFlag) {
      back.poll(now, this.frameTicks);
      return Status.Busy;
    }
    if (this.canTakeBack(bit)) {
      this.ends.setReason(bufferOfBit(bit), why);
      const isLater = isBlind && back.mayClearLater(now);
      if (back.setsPriority || isLater) return this.clearRequest(bit, priority, now);
      if (!back.isStale(now)) return this.clearFlag(bit);
    }
    back.forget();
    return Status.Ok;
  }

  private clearFlag(bit: u32): Status {
    const status = modifyRegister(this.bus, CANINTF, CANINTF_TX0IF << bufferOfBit(bit), 0);
    this.back.step = status === Status.Ok ? TakeBackStep.ClearRequest : TakeBackStep.Poll;
    return status;
  }

  private clearFlagLate(bit: u32, nowTicks: u64): Status {
    if (!this.back.isTooLate(nowTicks)) {
      const status = modifyRegister(this.bus, CANINTF, CANINTF_TX0IF << bufferOfBit(bit), 0);
      if (status !== Status.Ok) return status;
      this.flagOld &= ~bit;
    }
    this.back.forget();
    return Status.Ok;
  }

  private clearRequest(bit: u32, priority: u32, nowTicks: u64): Status {
    const buffer = bufferOfBit(bit);
    const mask = TXBCTRL_TXREQ | TXBCTRL_TXP_MASK;
    const status = modifyRegister(this.bus, controlOf(buffer), mask, priority);
    // One that gave way is made again: TXnIF, which is clear, tells if the frame was sent meanwhile.
    if (status === Status.Busy) return status;
    const isLater = !this.back.setsPriority;
    this.back.step = status === Status.Ok ? TakeBackStep.Outcome : TakeBackStep.Poll;
    if (status !== Status.Ok) return status;
    if (isLater) this.flagOld |= bit;
    this.back.before = this.order.above(bit, this.contending);
    this.abortWanted &= ~bit;
    this.cleared(bit, nowTicks);
    this.order.setPriority(buffer, priority, this.contending);
    return status;
  }

  /** READ STATUS after TXREQ was cleared: `requests` shows whether a frame before it is still pending. */
  private endTakeBack(requests: u32, flagged: u32): void {
    const back = this.back;
    const bit = back.bit;
    if ((requests & back.before) === 0 || (requests & bit) !== 0) {
      this.flagOld &= flagged;
      if ((this.flagOld & bit) !== 0) back.step = TakeBackStep.ClearFlagLate;
      else back.forget();
      return;
    }
    back.forget();
    this.flagOld &= ~bit;
    this.pending &= ~bit;
    this.aborted &= ~bit;
    this.changes++;
    this.ends.concludeAborted(bufferOfBit(bit));
  }

  /** All requests were aborted at once (ABAT, or a reset of the chip): none of them was sent. */
  allAborted(why: FrameEnd): void {
    this.changes++;
    for (let bits = this.pending | this.unresolved; bits !== 0; bits &= bits - 1) {
      this.ends.conclude(bufferOfBit(bits), TransmitOutcome.Aborted, why);
    }
    this.pending = 0;
    this.unresolved = 0;
    this.abortWanted = 0;
    this.flagCleared = 0;
    this.abortReady = 0;
    this.aborted = 0;
    this.abortOver = 0;
    this.flagOld = 0;
    this.back.forget();
    this.order.forget();
  }

  /** Takes in an answer to READ STATUS. */
  update(status: u32): void {
    this.isOrderUnsure = false;
    const requests = status & REQUEST_MASK;
    this.abortReady |= this.flagCleared & requests;
    this.flagCleared = 0;
    if (this.back.step === TakeBackStep.Outcome) this.endTakeBack(requests, status >> 1);
    else this.back.polled();
    const flagged = (status >> 1) & REQUEST_MASK & ~this.flagOld;
    const mayBeOnWire = this.aborted & ~this.abortOver & ~flagged;
    const ended = this.pending & ~requests & ~mayBeOnWire;
    if (ended === 0) {
      this.order.polled();
      return;
    }
    this.changes++;
    this.pending &= ~ended;
    this.back.ended(ended);
    this.order.ownEnded(this.contending, !this.oneShot && (ended & ~this.aborted) !== 0);
    this.order.polled();
    this.abortWanted &= requests;
    this.abortReady &= requests;
    const unsure = this.oneShot ? ended : ended & (this.aborted | ~flagged);
    // TXnIF is fresh only if it was cleared for an abort.
    const sent = ended & (~unsure | (this.aborted & flagged));
    for (let bits = sent; bits !== 0; bits &= bits - 1) {
      this.ends.conclude(bufferOfBit(bits), TransmitOutcome.Sent, FrameEnd.Sent);
    }
    this.unresolved |= ended & ~sent;
    this.aborted &= ~sent;
    this.abortOver &= ~sent;
  }

  /** One transaction. `Busy`: the caller must make READ STATUS next. After an error of the bus it is tried again. */
  step(nowTicks: u64): Status {
    if (this.unresolved !== 0) return this.resolve();
    if (this.abortReady !== 0) {
      const bit = this.abortReady & -this.abortReady;
      const status = modifyRegister(this.bus, controlOf(bufferOfBit(bit)), TXBCTRL_TXREQ, 0);
      if (status !== Status.Ok) return status;
      this.abortReady &= ~bit;
      this.cleared(bit, nowTicks);
      this.order.ownEnded(this.contending, false);
      return status;
    }
    if (this.flagCleared !== 0) return Status.Busy;
    if (this.abortWanted === 0) return this.endAborts(nowTicks);
    const back = this.abortableAtOnce();
    if (back !== 0) {
      const buffer = bufferOfBit(back);
      const why = this.ends.reason(buffer);
      return this.takeBack(back, this.order.priority(buffer), why, nowTicks, false);
    }
    const bit = this.abortWanted & -this.abortWanted;
    const status = modifyRegister(this.bus, CANINTF, CANINTF_TX0IF << bufferOfBit(bit), 0);
    if (status !== Status.Ok) return status;
    this.abortWanted &= ~bit;
    this.flagCleared |= bit;
    return status;
  }

  /** A frame to be aborted that is not on the wire; 0: there is none. */
  private abortableAtOnce(): u32 {
    for (let bits = this.abortWanted; bits !== 0; bits &= bits - 1) {
      const bit = bits & -bits;
      if (this.canTakeBack(bit)) return bit;
    }
    return 0;
  }

  /** The aborted frames have left the wire: one more READ STATUS shows how they ended. */
  private endAborts(nowTicks: u64): Status {
    const over = this.overAt(nowTicks);
    this.abortOver |= over;
    return over === 0 ? Status.Ok : Status.Busy;
  }

  /** TXREQ of `bit` was cleared. */
  private cleared(bit: u32, nowTicks: u64): void {
    this.aborted |= bit;
    // The line was high a byte ago. A frame that it tells of next has three bits behind it; four bytes take less than 2.5.
    const isLate = !this.bus.yields || this.bus.byteTicks << 8 >= this.frameTicks;
    this.order.cleared(bit, isLate);
    this.ends.setOverTicks(bufferOfBit(bit), nowTicks + this.frameTicks);
  }

  /** The aborted frames that must have left the wire by now, and were not known to. */
  private overAt(nowTicks: u64): u32 {
    return this.ends.overOf(this.aborted & ~this.abortOver, nowTicks);
  }

  private resolve(): Status {
    const bit = this.unresolved & -this.unresolved;
    const buffer = bufferOfBit(bit);
    const status = readRegisters(this.bus, controlOf(buffer), 1);
    if (status !== Status.Ok) return status;
    const wasAborted = (this.aborted & bit) !== 0;
    this.unresolved &= ~bit;
    this.aborted &= ~bit;
    this.abortOver &= ~bit;
    const control = registersRead() as u32;
    this.changes++;
    this.ends.concludeBy(control, buffer, this.oneShot, wasAborted, (this.flagOld & bit) !== 0);
    return status;
  }
}

function controlOf(buffer: u32): u32 {
  return TXB0CTRL + (buffer << 4);
}
