// SPDX-License-Identifier: MIT
/**
 * The tasks of the running cell that handle frames. Each step is one bounded piece.
 *
 * Bounds are in SPI bytes and ring entries; docs/timing-budget.md has the times.
 * Does not: wait.
 */
import { isErrorFrame } from '../can/error-frame';
import { allocateFrames, Frame } from '../can/frame';
import { TRANSMIT_BUFFERS } from '../driver/mcp2515/transmit-buffers';
import {
  DECISION_ANSWER,
  DECISION_FORWARD,
  DECISION_MORE,
  DECISION_STATIC,
} from '../responder/responder';
import { PATH_FILTER_0, PATH_SOFTWARE } from '../responder/rule';
import { Counter } from '../rt/counters';
import { SoftwareTimer } from '../rt/software-timer';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { AnyParts } from './parts';
import { YieldingTransfer } from './yielding-transfer';
import { FrameObserver } from './page/frame-observer';
import { Rates } from './rates';
import { countFullRing, RuleActions } from './rule-actions';
import { Haste } from './transmit/haste';
import { TransmitScheduler } from './transmit/scheduler';
import { UrgentAnswers } from './urgent/answers';
import { SingleStep, SingleWay } from './urgent/single';
import { Answered, sentOr, WindowAnswers } from './urgent/window';

/** The line was asserted without a frame: one step is skipped, so that the other tasks run. */
const DETOUR_SKIP: u32 = 1;
/** INT tells of one request alone (single.ts). */
const DETOUR_SINGLE: u32 = 2;
/** With DETOUR_SKIP: a frame is known to be in the chip, and waits for one that the cell brings into it (haste.ts). */
const DETOUR_WAIT: u32 = 4;
/** With DETOUR_WAIT: RX STATUS has not been asked. It is when the haste is over. */
const DETOUR_UNASKED: u32 = 8;

/**
 * Takes one frame, and answers it if a rule says so. SPI bytes: at most 2 + 1 + 14 when a filter
 * recognises the request, 2 + 11 + 2 + 11 + 14 if the answer has bytes of it, 2 + 14 + 2 + 15 when it has to be read.
 */
@final
export class ReceiveTask<Parts extends AnyParts> extends Task {
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));
  private readonly answer: Frame = changetype<Frame>(allocateFrames(1));
  /** DETOUR_... : what the next step does instead of looking at the line. */
  private detour: u32 = 0;
  /** What `takeDetour` returns, if no frame is to be read. */
  private isBusy: bool = false;
  private readonly haste: Haste<Parts> = this.answers.scheduler.haste;
  private readonly window: WindowAnswers<Parts> = new WindowAnswers<Parts>(
    this.parts,
    this.answers,
  );
  private readonly single: SingleWay<Parts> = new SingleWay<Parts>(
    this.parts,
    this.answers,
    this.window,
    this.observer,
  );

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly observer: FrameObserver<Parts>,
    private readonly actions: RuleActions<Parts>,
    private readonly rates: Rates<Parts>,
  ) {
    super();
  }

  /** INT tells of one request alone from now on. */
  startSingle(nowTicks: u64): void {
    this.detour = DETOUR_SINGLE;
    this.single.start(this.timer, nowTicks);
  }

  /** See SingleWay.comesBefore. */
  comesBefore(timer: SoftwareTimer, nowTicks: u64): bool {
    return this.single.comesBefore(timer, nowTicks);
  }

  override run(nowTicks: u64): bool {
    const parts = this.parts;
    const controller = parts.controller;
    if ((this.detour & DETOUR_UNASKED) !== 0 && !this.haste.isOn) this.detour = 0;
    if (this.detour !== 0) {
      if (!this.takeDetour(nowTicks)) return this.isBusy;
    } else if (!controller.attention(nowTicks)) {
      return false;
    } else if (controller.urgentFirst && !this.haste.isDeaf) {
      const filter = controller.urgentRequest(nowTicks);
      if (filter >= 0) {
        // Without a window nothing more stands between RX STATUS and RTS.
        const answered = this.answers.hasWindows
          ? this.window.answerFilter(filter)
          : sentOr(this.answers.sendOfFilter(filter));
        if (answered !== Answered.Not) controller.markAnswered();
        if (answered === Answered.Sent && parts.records.on) {
          this.observer.sentOfFilter(filter, nowTicks, false);
        }
      }
    }
    if (this.haste.isOn && this.begunToWait(nowTicks)) return true;
    const frame = this.frame;
    if (controller.receive(frame, nowTicks) !== Status.Ok) {
      this.detour |= DETOUR_SKIP;
      return true;
    }
    const decision = parts.responder.decide(frame, this.answer);
    if (decision === DECISION_MORE) {
      this.actions.carryOut(frame, nowTicks);
      return true;
    }
    let sentTicks: u64 = 0;
    if ((decision & DECISION_ANSWER) !== 0) {
      const sent = this.sendAnswer(decision);
      if (sent && parts.records.on) sentTicks = parts.clock.nowTicks();
    }
    if ((decision & DECISION_FORWARD) !== 0) {
      if (parts.forwardRing.put(changetype<usize>(frame)) !== Status.Ok) countFullRing(parts);
    } else {
      const isAnswered = (decision & DECISION_ANSWER) !== 0;
      parts.counters.count(isAnswered ? Counter.AnsweredNotForwarded : Counter.DroppedByRule);
    }
    if (parts.records.on) this.observer.took(frame, decision, nowTicks, this.answer, sentTicks);
    if ((decision & DECISION_ANSWER) !== 0) this.rates.charge(nowTicks);
    return true;
  }

  /** A frame in the chip waits in this step for one that the cell brings into it. */
  private mayWait(nowTicks: u64): bool {
    return this.haste.mayWait(nowTicks, this.parts.controller.receiver.waitingSinceTicks);
  }

  /** True: a frame is in the chip, and is to be read. */
  private takeDetour(nowTicks: u64): bool {
    this.isBusy = false;
    if ((this.detour & DETOUR_SKIP) !== 0) {
      if ((this.detour & DETOUR_WAIT) !== 0) return this.hasWaited(nowTicks);
      this.detour &= ~DETOUR_SKIP;
      return false;
    }
    const step = this.single.step(nowTicks);
    if (step === SingleStep.Over) this.detour = 0;
    if (step === SingleStep.Disturbed) this.detour |= DETOUR_SKIP;
    this.isBusy = step !== SingleStep.Nothing && step !== SingleStep.Over;
    return step === SingleStep.Frame;
  }

  /** While a frame waits. True: it is to be read. */
  private hasWaited(nowTicks: u64): bool {
    if (this.mayWait(nowTicks)) return false;
    this.detour &= ~(DETOUR_SKIP | DETOUR_WAIT | DETOUR_UNASKED);
    return true;
  }

  /** True: the frame that was found waits from now on. With `single` INT is looked at, unless it is low for a request. */
  private begunToWait(nowTicks: u64): bool {
    if (!this.mayWait(nowTicks)) return false;
    const receiver = this.parts.controller.receiver;
    if (this.haste.isDeaf) this.detour |= DETOUR_UNASKED;
    if ((this.detour & DETOUR_SINGLE) === 0 || receiver.requestOpen) {
      this.detour |= DETOUR_SKIP | DETOUR_WAIT;
    }
    return true;
  }

  /**
   * Sends an answer that was not sent on a filter hit, such as that of a request that rolled over
   * to RXB1, where its filter does not show. Returns true when the answer has gone to the chip now.
   */
  private sendAnswer(decision: u32): bool {
    const path: u32 = this.parts.responder.matchedPath;
    if (path === PATH_SOFTWARE) {
      return this.answers.send(this.answer, (decision & DECISION_STATIC) !== 0);
    }
    if (this.parts.controller.receivedAnswered) return false;
    const isStatic = (decision & DECISION_STATIC) !== 0;
    return this.answers.sendKept(path - PATH_FILTER_0, this.answer, isStatic);
  }
}

/** Brings a waiting frame, of the cell's or of AGL's, a step nearer to the bus: at most 14 bytes. */
@final
export class TransmitTask<Parts extends AnyParts> extends Task {
  constructor(
    private readonly parts: Parts,
    private readonly scheduler: TransmitScheduler<Parts>,
    private readonly observer: FrameObserver<Parts>,
  ) {
    super();
  }

  override run(nowTicks: u64): bool {
    const scheduler = this.scheduler;
    if (scheduler.sent === TRANSMIT_BUFFERS) return scheduler.step();
    // In a step of its own, so that INT is looked at between RTS and this.
    const slot = scheduler.noteSent();
    slot.sentTicks = nowTicks;
    if (!this.parts.records.on) return true;
    if (slot.isAgl) this.observer.sentForAgl(slot.frame);
    else this.observer.sentLate(slot.frame);
    return true;
  }
}

/** Polls for the end of a transmission, and carries out aborts: at most 4 bytes over SPI. */
@final
export class TransmitPollTask<Parts extends AnyParts> extends Task {
  /** Time between two looks while a buffer is busy, in ticks. */
  intervalTicks: u64 = 0;
  private readonly transfer: YieldingTransfer<Parts> = new YieldingTransfer<Parts>(this.parts);

  constructor(private readonly parts: Parts) {
    super();
    this.hasTimer = true;
  }

  override run(nowTicks: u64): bool {
    const controller = this.parts.controller;
    if (controller.transmitWork(nowTicks)) {
      this.transfer.begin();
      this.transfer.end(controller.tendTransmit(nowTicks));
      return true;
    }
    if (!this.due(nowTicks)) return false;
    this.transfer.begin();
    // When interrupted, it is due again as soon as the incoming frame was taken.
    if (this.transfer.end(controller.pollStatus()) !== Status.Busy) this.timer.stop();
    return true;
  }

  private due(nowTicks: u64): bool {
    const timer = this.timer;
    if (!this.parts.controller.anyTransmitBusy) {
      if (timer.running) timer.stop();
      return false;
    }
    if (!timer.running) timer.start(nowTicks, this.intervalTicks);
    return timer.reached(nowTicks);
  }
}

/** Hands one frame to AGL, or drops and counts it when there is no peer: one ring entry. */
@final
export class ForwardTask<Parts extends AnyParts> extends Task {
  constructor(private readonly parts: Parts) {
    super();
  }

  /** While a session is being set up, frames wait in the cell's ring. */
  override run(_nowTicks: u64): bool {
    const parts = this.parts;
    if (parts.forwardRing.isEmpty) return false;
    const agl = parts.agl;
    const canSubmit = agl.canSubmit();
    if (!canSubmit && agl.peerPresent) return false;
    const frame = changetype<Frame>(parts.forwardRing.front());
    const status = canSubmit ? agl.submit(frame) : Status.PeerNotReady;
    if (isErrorFrame(frame)) this.countErrorMessage(status);
    else if (status === Status.Ok) parts.counters.count(Counter.Forwarded);
    else this.countNotForwarded(status);
    parts.forwardRing.discard();
    return true;
  }

  /** Counts a frame that the link refused with `status`. */
  private countNotForwarded(status: Status): void {
    const counters = this.parts.counters;
    if (status === Status.PeerNotReady) counters.count(Counter.ForwardDroppedNoPeer);
    else if (status === Status.Full) counters.count(Counter.ForwardDroppedFull);
    else if (status === Status.MessageBad) counters.count(Counter.ForwardDroppedUnsupported);
    else counters.count(Counter.ForwardDroppedFault);
  }

  private countErrorMessage(status: Status): void {
    const counters = this.parts.counters;
    const isTaken = status === Status.Ok;
    counters.count(isTaken ? Counter.ErrorMessagesForwarded : Counter.ErrorMessagesDropped);
  }
}
