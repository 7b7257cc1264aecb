// SPDX-License-Identifier: MIT
/**
 * TransmitEnds: for each transmit buffer, whose frame it has, how often it was requested, and how it ended.
 *
 * Each end is counted once: by kind, and by cause apart for AGL's frames and for answers.
 * Does not: use SPI (transmit-buffers.ts does).
 */
import { Counter, Counters, FrameEnd } from '../../rt/counters';
import {
  TXBCTRL_ABTF,
  TXBCTRL_MLOA,
  TXBCTRL_TXERR,
  TXBCTRL_TXP_MASK,
  TXBCTRL_UNUSED,
} from './registers';
import { bufferOfBit } from './transmit-order';

export const TRANSMIT_BUFFERS: u32 = 3;

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
  /** Taken back for a stronger frame. It is to be requested again. */
  Displaced = 5,
}

/** The row of one buffer. */
@unmanaged
class Row {
  outcome: TransmitOutcome = TransmitOutcome.None;
  requests: u32 = 0;
  /** Why the frame is being aborted. */
  reason: FrameEnd = FrameEnd.Sent;
  isAgl: bool = false;
  isDelayCounted: bool = false;
  /** When the frame, if it was aborted, must have left the wire. */
  overTicks: u64 = 0;
}

@final
export class TransmitEnds {
  private readonly rows: usize = heap.alloc(TRANSMIT_BUFFERS * offsetof<Row>());

  constructor(private readonly counters: Counters) {
    memory.fill(this.rows, 0, TRANSMIT_BUFFERS * offsetof<Row>());
  }

  /** A frame was requested from `buffer`. `isAgl`: one of AGL's, not an answer. */
  begin(buffer: u32, isAgl: bool): void {
    const row = this.row(buffer);
    row.outcome = TransmitOutcome.None;
    row.requests += 1;
    row.isAgl = isAgl;
    row.isDelayCounted = false;
  }

  /** How the last frame of `buffer` ended. `None`: it has not. */
  outcome(buffer: u32): TransmitOutcome {
    return this.row(buffer).outcome;
  }

  /** Number of requests made for `buffer`: distinguishes frames. */
  requestsOf(buffer: u32): u32 {
    return this.row(buffer).requests;
  }

  /** Why the frame of `buffer` is being aborted. */
  reason(buffer: u32): FrameEnd {
    return this.row(buffer).reason;
  }

  setReason(buffer: u32, why: FrameEnd): void {
    this.row(buffer).reason = why;
  }

  /** Those of the aborted frames `bits` that must have left the wire. */
  overOf(bits: u32, nowTicks: u64): u32 {
    let over: u32 = 0;
    // loop: at most TRANSMIT_BUFFERS
    for (let left = bits; left !== 0; left &= left - 1) {
      const bit = left & -left;
      if (nowTicks >= this.row(bufferOfBit(bit)).overTicks) over |= bit;
    }
    return over;
  }

  setOverTicks(buffer: u32, ticks: u64): void {
    this.row(buffer).overTicks = ticks;
  }

  /** Another node has sent while the frames of `bits` waited: counts the answers among them, each once. */
  countDelayed(bits: u32): void {
    // loop: at most TRANSMIT_BUFFERS
    for (; bits !== 0; bits &= bits - 1) {
      const row = this.row(bufferOfBit(bits));
      if (row.isAgl || row.isDelayCounted) continue;
      row.isDelayCounted = true;
      this.counters.count(Counter.AnswersDelayedByBus);
    }
  }

  /** Counts how the frame of `buffer` ended. `why`: of one that was aborted. */
  conclude(buffer: u32, outcome: TransmitOutcome, why: FrameEnd): void {
    const row = this.row(buffer);
    row.outcome = outcome;
    const first: u32 = row.isAgl ? Counter.FromAglSent : Counter.AnswersSent;
    this.counters.count((first + endOf(outcome, why)) as Counter);
    if (outcome === TransmitOutcome.Sent) this.counters.count(Counter.Transmitted);
    else if (outcome === TransmitOutcome.Displaced) return;
    else if (outcome === TransmitOutcome.Aborted) this.counters.count(Counter.TransmitAborted);
    else if (outcome === TransmitOutcome.LostArbitration)
      this.counters.count(Counter.TransmitLostArbitration);
    else this.counters.count(Counter.TransmitErrors);
  }

  /** The frame of `buffer` was aborted before it was sent. */
  concludeAborted(buffer: u32): void {
    const why = this.reason(buffer);
    const isResent = why === FrameEnd.Resent;
    this.conclude(buffer, isResent ? TransmitOutcome.Displaced : TransmitOutcome.Aborted, why);
  }

  /**
   * Concludes the frame of `buffer` by TXBnCTRL, `control`, where TXnIF does not tell how it ended. `isFlagOld`: it may
   * have been sent, so it is not sent again.
   */
  concludeBy(control: u32, buffer: u32, oneShot: bool, wasAborted: bool, isFlagOld: bool): void {
    // Without an abort, only one-shot mode and a reset end a frame unsent.
    let why: FrameEnd = wasAborted ? this.reason(buffer) : FrameEnd.Error;
    if (isFlagOld) why = FrameEnd.Error;
    if (wasReset(control)) why = FrameEnd.ChipReset;
    let outcome = outcomeOf(control, oneShot);
    // In one-shot mode it may have had its attempt before TXREQ was cleared.
    if (wasAborted && !hadAttempt(outcome)) outcome = TransmitOutcome.Aborted;
    if (outcome === TransmitOutcome.Aborted && why === FrameEnd.Resent) {
      outcome = TransmitOutcome.Displaced;
    }
    this.conclude(buffer, outcome, why);
  }

  private row(buffer: u32): Row {
    return changetype<Row>(this.rows + buffer * offsetof<Row>());
  }
}

/** The cause of an end. Every outcome but an abort has one. */
function endOf(outcome: TransmitOutcome, why: FrameEnd): FrameEnd {
  if (outcome === TransmitOutcome.Sent) return FrameEnd.Sent;
  if (outcome === TransmitOutcome.LostArbitration) return FrameEnd.LostArbitration;
  if (outcome === TransmitOutcome.Displaced) return FrameEnd.Resent;
  return outcome === TransmitOutcome.Aborted ? why : FrameEnd.Error;
}

/**
 * Outcome according to TXBnCTRL, `control`, for a frame that is no longer requested and was not aborted
 * (DS20001801J, register 3-1). For a frame that is repeated until it is sent, MLOA and TXERR describe an earlier
 * attempt.
 */
function outcomeOf(control: u32, oneShot: bool): TransmitOutcome {
  if (wasReset(control)) return TransmitOutcome.Aborted;
  if (!oneShot) return TransmitOutcome.Sent;
  if ((control & TXBCTRL_MLOA) !== 0) return TransmitOutcome.LostArbitration;
  if ((control & TXBCTRL_TXERR) !== 0) return TransmitOutcome.Error;
  return (control & TXBCTRL_ABTF) !== 0 ? TransmitOutcome.Aborted : TransmitOutcome.Sent;
}

/**
 * TXBnCTRL is as after a reset, as the driver sets no TXP to 0 (transmit-order.ts); or no chip has answered,
 * which loses its supply just then.
 */
function wasReset(control: u32): bool {
  return (control & TXBCTRL_TXP_MASK) === 0 || (control & TXBCTRL_UNUSED) !== 0;
}

/** An attempt has failed, and one-shot mode makes no other. */
function hadAttempt(outcome: TransmitOutcome): bool {
  return outcome === TransmitOutcome.LostArbitration || outcome === TransmitOutcome.Error;
}
