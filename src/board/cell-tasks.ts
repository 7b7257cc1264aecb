/**
 * The duties of the running cell, one bounded piece each.
 *
 * Used by: cell.ts, which runs ReceiveTask whenever the controller wants attention and then one
 * piece of the others, most urgent first.
 * Does not: wait. Bounds are in SPI bytes and ring entries; docs/timing-budget.md has the times.
 */
import { allocateFrames, Frame } from '../can/frame';
import { DECISION_ANSWER, DECISION_FORWARD, DECISION_STATIC } from '../responder/responder';
import { PATH_FILTER_0, PATH_SOFTWARE } from '../responder/rule';
import { count, Counter } from '../rt/counters';
import { Deadline } from '../rt/deadline';
import { Task } from '../rt/loop';
import { Status } from '../rt/status';
import { CellParts } from './cell-parts';
import { Courtesy } from './courtesy';
import { FrameObserver } from './frame-observer';
import { StepWatch } from './step-watch';
import { UrgentAnswers } from './urgent-answers';

/**
 * Takes one frame and answers it if a rule says so. Over SPI at most 2 + 1 + 14 bytes when a filter
 * recognises the request, 2 + 14 + 2 + 15 when it has to be read.
 */
@final
export class ReceiveTask extends Task {
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));
  private readonly answer: Frame = changetype<Frame>(allocateFrames(1));

  constructor(
    private readonly parts: CellParts,
    private readonly answers: UrgentAnswers,
    private readonly observer: FrameObserver,
    private readonly watch: StepWatch,
  ) {
    super();
  }

  override ready(): bool {
    return this.parts.controller.attention();
  }

  override run(): void {
    const parts = this.parts;
    const controller = parts.controller;
    const isObserved = parts.control.on;
    if (controller.urgentFirst) {
      const filter = controller.urgentRequest();
      if (filter >= 0) {
        const sent = this.answers.sendOfFilter(filter);
        controller.markAnswered();
        if (isObserved && sent) this.observer.sentOfFilter(filter, this.watch.startTicks);
      }
    }
    const frame = this.frame;
    if (controller.receive(frame) !== Status.Ok) return;
    const decision = parts.responder.decide(frame, this.answer);
    let sentTicks: u64 = 0;
    if ((decision & DECISION_ANSWER) !== 0) {
      const sent = this.sendAnswer(decision);
      if (isObserved && sent) sentTicks = parts.clock.nowTicks();
    } else if ((decision & DECISION_FORWARD) === 0) {
      count(Counter.DroppedByRule);
    }
    if ((decision & DECISION_FORWARD) !== 0) {
      if (parts.forwardRing.put(changetype<usize>(frame)) !== Status.Ok) {
        count(Counter.ForwardDroppedFull);
      }
    }
    if (isObserved) {
      this.observer.took(frame, decision, this.watch.startTicks, this.answer, sentTicks);
    }
  }

  /**
   * A request that rolled over to RXB1, where its filter does not show, is answered here. True when the
   * answer has gone to the chip now.
   */
  private sendAnswer(decision: u32): bool {
    const path: u32 = this.parts.responder.matchedPath;
    if (path === PATH_SOFTWARE) {
      return this.answers.send(this.answer, (decision & DECISION_STATIC) !== 0);
    }
    if (this.parts.controller.receivedAnswered) return false;
    return this.answers.sendKept(path - PATH_FILTER_0, this.answer);
  }
}

/** Sends an answer that had to wait for the one before it: at most 15 bytes over SPI. */
@final
export class WaitingAnswerTask extends Task {
  constructor(
    private readonly parts: CellParts,
    private readonly answers: UrgentAnswers,
    private readonly observer: FrameObserver,
  ) {
    super();
  }

  override ready(): bool {
    return this.answers.sendable;
  }

  override run(): void {
    const frame = this.answers.sendWaiting();
    if (this.parts.control.on && frame !== 0) this.observer.sentLate(frame);
  }
}

/** Looks now and then whether a transmit buffer is done, and tends aborts: at most 4 bytes over SPI. */
@final
export class TransmitPollTask extends Task {
  /** Time from one look to the next while a buffer is busy. */
  intervalTicks: u64 = 0;
  private readonly next: Deadline = new Deadline();
  private readonly courtesy: Courtesy;
  private waiting: bool = false;

  constructor(private readonly parts: CellParts) {
    super();
    this.courtesy = new Courtesy(parts);
  }

  override ready(): bool {
    if (this.parts.controller.transmitWork) return true;
    if (!this.parts.controller.anyTransmitBusy) {
      this.waiting = false;
      return false;
    }
    const nowTicks = this.parts.clock.nowTicks();
    if (!this.waiting) {
      this.waiting = true;
      this.next.start(nowTicks, this.intervalTicks);
    }
    return this.next.reached(nowTicks);
  }

  override run(): void {
    const controller = this.parts.controller;
    if (controller.transmitWork) {
      controller.tendTransmit();
      return;
    }
    this.courtesy.begin();
    // Broken off: due again as soon as the frame that came in has been taken.
    this.waiting = this.courtesy.end(controller.pollStatus()) === Status.Busy;
  }

  /** When `ready` may next become true; the largest u64 when no buffer is busy. */
  get nextTicks(): u64 {
    return this.waiting ? this.next.ticks : u64.MAX_VALUE;
  }
}

/** Gives one frame to AGL, or drops and counts it when nobody is there: one ring entry. */
@final
export class ForwardTask extends Task {
  constructor(private readonly parts: CellParts) {
    super();
  }

  /** While a session is being set up, frames wait in the ring of the cell. */
  override ready(): bool {
    const parts = this.parts;
    if (parts.forwardRing.isEmpty) return false;
    return parts.agl.canSubmit() || !this.peerPresent;
  }

  override run(): void {
    const parts = this.parts;
    if (!this.peerPresent) {
      count(Counter.ForwardDroppedNoPeer);
    } else if (parts.agl.submit(changetype<Frame>(parts.forwardRing.front())) === Status.Ok) {
      count(Counter.Forwarded);
    } else {
      count(Counter.ForwardDroppedFull);
    }
    parts.forwardRing.discard();
  }

  private get peerPresent(): bool {
    return this.parts.linkUsable && this.parts.agl.peerPresent;
  }
}
