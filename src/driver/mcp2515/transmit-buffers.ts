// SPDX-License-Identifier: MIT
/**
 * TransmitBuffers: which of the three transmit buffers are occupied, and how each frame ended.
 *
 * It is told of requests and of every answer to READ STATUS. `step` makes the few other transactions, one per
 * call:
 *
 *   one-shot mode    after each frame READ TXBnCTRL (3 bytes): sent, arbitration lost, or error
 *   TXREQ clear without TXnIF: the same (3); the chip may have been reset, and the frame is lost
 *   abort            clear TXnIF (4), READ STATUS (2), clear TXREQ (4); if TXREQ is clear and TXnIF not
 *                    set for the time of a frame, READ STATUS (2) and READ TXBnCTRL (3)
 *
 * A frame on the wire continues when it is aborted (DS20001801J, section 3.6, note 1), and TXnIF then shows
 * that it was sent. The data sheet does not say whether TXREQ stays set until it has ended. So only TXnIF is
 * believed, and the buffer counts as occupied until the frame must have ended. TXnIF may be left over from an
 * earlier frame, so it is cleared first, and TXREQ must be seen set after that. ABTF does not help: only ABAT
 * and one-shot mode set it, clearing TXREQ does not.
 */
import { SpiBus } from '../../hal/spi-bus';
import { Counter, Counters, FrameEnd } from '../../rt/counters';
import { Deadline } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { modifyRegister, readRegisters, registersRead } from './instructions';
import {
  CANINTF,
  CANINTF_TX0IF,
  STATUS_TX0REQ,
  STATUS_TX1REQ,
  STATUS_TX2REQ,
  TXB0CTRL,
  TXBCTRL_ABTF,
  TXBCTRL_MLOA,
  TXBCTRL_TXP_MASK,
  TXBCTRL_TXERR,
  TXBCTRL_TXREQ,
  TXBCTRL_UNUSED,
} from './registers';

export const TRANSMIT_BUFFERS: u32 = 3;
/** The buffer of AGL's frames. The others send the cell's answers. Each has its own counters. */
export const BUFFER_FORWARD: u32 = 0;
/** The longest frame and the intermission after it (ISO 11898-1), in bit times. */
export const FRAME_BITS_MAXIMUM: u32 = 160;

/** How the last frame of a buffer ended. */
export enum TransmitOutcome {
  /** No request yet, or it is still on its way. */
  None = 0,
  Sent = 1,
  /** Aborted before it was sent. */
  Aborted = 2,
  /** One-shot mode: another frame won arbitration. */
  LostArbitration = 3,
  /** One-shot mode: an error, or no acknowledge. */
  Error = 4,
}

const REQUEST_MASK: u32 = STATUS_TX0REQ | STATUS_TX1REQ | STATUS_TX2REQ;

/** In the answer to READ STATUS each buffer has two neighbouring bits, TXREQ and TXnIF. */
function requestBit(buffer: u32): u32 {
  return STATUS_TX0REQ << (buffer << 1);
}

function bufferOf(bit: u32): u32 {
  return (ctz(bit) - ctz(STATUS_TX0REQ)) >> 1;
}

@final
export class TransmitBuffers<Bus extends SpiBus> {
  /** One-shot mode is on: a frame may end unsent by itself. */
  oneShot: bool = false;
  /** Off the bus: nothing can be sent, and every buffer counts as occupied. */
  closed: bool = false;
  /** Ticks of FRAME_BITS_MAXIMUM: the longest time an aborted frame can still be on the wire. */
  frameTicks: u64 = 0;

  // The fields below hold request bits, as in READ STATUS.
  /** Requested, and not known to have ended. */
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
  /** When every aborted frame must have left the wire. */
  private readonly frameOver: Deadline = new Deadline();
  /** For each buffer: TransmitOutcome, then number of requests, then reason of the abort. */
  private readonly outcomes: usize = heap.alloc(12 * TRANSMIT_BUFFERS);

  constructor(
    private readonly bus: Bus,
    private readonly counters: Counters,
  ) {
    memory.fill(this.outcomes, 0, 12 * TRANSMIT_BUFFERS);
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
    if ((this.unresolved | this.abortReady | this.flagCleared | this.abortWanted) !== 0)
      return true;
    return this.aborted !== this.abortOver && this.frameOver.reached(nowTicks);
  }

  /** How the last frame of `buffer` ended. `None`: it has not. */
  outcome(buffer: u32): TransmitOutcome {
    return load<u32>(this.outcomes + (buffer << 2));
  }

  /** Number of requests made for `buffer`: distinguishes frames. */
  requestsOf(buffer: u32): u32 {
    return load<u32>(this.requestsAddress(buffer));
  }

  /** RTS was sent for `buffer`. */
  requested(buffer: u32): void {
    this.pending |= requestBit(buffer);
    this.setOutcome(buffer, TransmitOutcome.None);
    const address = this.requestsAddress(buffer);
    store<u32>(address, load<u32>(address) + 1);
  }

  /**
   * Requests an abort of the frame of `buffer`. Does nothing if it is not pending. `why`: the reason that is
   * counted if the frame is not sent; the first one counts.
   */
  abort(buffer: u32, why: FrameEnd): void {
    const bit = requestBit(buffer);
    if (((this.abortWanted | this.flagCleared | this.abortReady | this.aborted) & bit) !== 0)
      return;
    this.abortWanted |= this.pending & bit;
    store<u32>(this.reasonAddress(buffer), why);
  }

  /** All requests were aborted at once (ABAT, or a reset of the chip): none of them was sent. */
  allAborted(why: FrameEnd): void {
    for (let bits = this.pending | this.unresolved; bits !== 0; bits &= bits - 1) {
      this.conclude(bufferOf(bits), TransmitOutcome.Aborted, why);
    }
    this.pending = 0;
    this.unresolved = 0;
    this.abortWanted = 0;
    this.flagCleared = 0;
    this.abortReady = 0;
    this.aborted = 0;
    this.abortOver = 0;
    this.frameOver.cancel();
  }

  /** Takes in an answer to READ STATUS. */
  update(status: u32): void {
    const requests = status & REQUEST_MASK;
    this.abortReady |= this.flagCleared & requests;
    this.flagCleared = 0;
    const flagged = (status >> 1) & REQUEST_MASK;
    const mayBeOnWire = this.aborted & ~this.abortOver & ~flagged;
    const ended = this.pending & ~requests & ~mayBeOnWire;
    if (ended === 0) return;
    this.pending &= ~ended;
    this.abortWanted &= requests;
    this.abortReady &= requests;
    const unsure = this.oneShot ? ended : ended & (this.aborted | ~flagged);
    // TXnIF is fresh only if it was cleared for an abort.
    const sent = ended & (~unsure | (this.aborted & flagged));
    for (let bits = sent; bits !== 0; bits &= bits - 1) {
      this.conclude(bufferOf(bits), TransmitOutcome.Sent, FrameEnd.Sent);
    }
    this.unresolved |= ended & ~sent;
    this.aborted &= ~sent;
    this.abortOver &= ~sent;
  }

  /**
   * One transaction. `Busy`: the caller must make READ STATUS next. A status other than `Ok` is an error of
   * the bus, and the transaction is tried again.
   */
  step(nowTicks: u64): Status {
    if (this.unresolved !== 0) return this.resolve();
    if (this.abortReady !== 0) {
      const bit = this.abortReady & -this.abortReady;
      const status = modifyRegister(this.bus, controlOf(bufferOf(bit)), TXBCTRL_TXREQ, 0);
      if (status !== Status.Ok) return status;
      this.abortReady &= ~bit;
      this.aborted |= bit;
      this.frameOver.start(nowTicks, this.frameTicks);
      return status;
    }
    if (this.flagCleared !== 0) return Status.Busy;
    if (this.abortWanted === 0) return this.endAborts(nowTicks);
    const bit = this.abortWanted & -this.abortWanted;
    const status = modifyRegister(this.bus, CANINTF, CANINTF_TX0IF << bufferOf(bit), 0);
    if (status !== Status.Ok) return status;
    this.abortWanted &= ~bit;
    this.flagCleared |= bit;
    return status;
  }

  /** The aborted frames have left the wire: one more READ STATUS shows how they ended. */
  private endAborts(nowTicks: u64): Status {
    if (this.aborted === this.abortOver || !this.frameOver.reached(nowTicks)) return Status.Ok;
    this.abortOver = this.aborted;
    return Status.Busy;
  }

  private resolve(): Status {
    const bit = this.unresolved & -this.unresolved;
    const buffer = bufferOf(bit);
    const status = readRegisters(this.bus, controlOf(buffer), 1);
    if (status !== Status.Ok) return status;
    const wasAborted = (this.aborted & bit) !== 0;
    this.unresolved &= ~bit;
    this.aborted &= ~bit;
    this.abortOver &= ~bit;
    const control = registersRead() as u32;
    // Without an abort, only one-shot mode and a reset end a frame unsent.
    let why: FrameEnd = wasAborted ? load<u32>(this.reasonAddress(buffer)) : FrameEnd.Error;
    if (wasReset(control)) why = FrameEnd.ChipReset;
    this.conclude(buffer, this.outcomeOf(control, wasAborted), why);
    return status;
  }

  /**
   * Outcome according to TXBnCTRL for a frame that is no longer requested (DS20001801J, register 3-1). For a
   * frame that is repeated until it is sent, MLOA and TXERR describe an earlier attempt.
   */
  private outcomeOf(control: u32, wasAborted: bool): TransmitOutcome {
    if (wasAborted || wasReset(control)) return TransmitOutcome.Aborted;
    if (!this.oneShot) return TransmitOutcome.Sent;
    if ((control & TXBCTRL_MLOA) !== 0) return TransmitOutcome.LostArbitration;
    if ((control & TXBCTRL_TXERR) !== 0) return TransmitOutcome.Error;
    return (control & TXBCTRL_ABTF) !== 0 ? TransmitOutcome.Aborted : TransmitOutcome.Sent;
  }

  /** `why` counts for an aborted frame. Every other outcome has one reason. */
  private conclude(buffer: u32, outcome: TransmitOutcome, why: FrameEnd): void {
    this.setOutcome(buffer, outcome);
    const first: u32 = buffer === BUFFER_FORWARD ? Counter.FromAglSent : Counter.AnswersSent;
    this.counters.count((first + endOf(outcome, why)) as Counter);
    if (outcome === TransmitOutcome.Sent) this.counters.count(Counter.Transmitted);
    else if (outcome === TransmitOutcome.Aborted) this.counters.count(Counter.TransmitAborted);
    else if (outcome === TransmitOutcome.LostArbitration)
      this.counters.count(Counter.TransmitLostArbitration);
    else this.counters.count(Counter.TransmitErrors);
  }

  private setOutcome(buffer: u32, outcome: TransmitOutcome): void {
    store<u32>(this.outcomes + (buffer << 2), outcome);
  }

  private requestsAddress(buffer: u32): usize {
    return this.outcomes + 4 * (TRANSMIT_BUFFERS + buffer);
  }

  private reasonAddress(buffer: u32): usize {
    return this.outcomes + 4 * (2 * TRANSMIT_BUFFERS + buffer);
  }
}

function endOf(outcome: TransmitOutcome, why: FrameEnd): FrameEnd {
  if (outcome === TransmitOutcome.Sent) return FrameEnd.Sent;
  if (outcome === TransmitOutcome.LostArbitration) return FrameEnd.LostArbitration;
  return outcome === TransmitOutcome.Aborted ? why : FrameEnd.Error;
}

function controlOf(buffer: u32): u32 {
  return TXB0CTRL + (buffer << 4);
}

/**
 * TXBnCTRL is as after a reset, as the driver sets no TXP to 0 (register-plan.ts); or no chip has answered,
 * which loses its supply just then.
 */
function wasReset(control: u32): bool {
  return (control & TXBCTRL_TXP_MASK) === 0 || (control & TXBCTRL_UNUSED) !== 0;
}
