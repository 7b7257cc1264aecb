// SPDX-License-Identifier: MIT
/**
 * SingleWay: the way in which INT alone tells of the one urgent request (`receive: single`).
 *
 * RXB0 takes that request only, and only RXB0 asserts INT. So RTS is sent on the look at INT, one
 * byte, and the request is read afterwards. All other frames are found in RXB1 by READ STATUS,
 * which yields to INT at each byte.
 *
 * An answer with bytes of the request reads those first (window.ts).
 *
 * INT low without a request sends an answer that nobody asked for. INT is therefore believed only
 * after it was seen high, and while the chip is on the bus and the answer's buffer is free; else RX
 * STATUS is read first. READ STATUS follows each answer. Where it shows no request, INT was
 * disturbed; after a few such times RX STATUS is read first for good, which makes three bytes.
 *
 * AGL's doorbell, an access that the hypervisor emulates, is rung right after a look at INT.
 * Does not: take or forward frames; ReceiveTask does.
 */
import { RequestLine } from '../../driver/mcp2515/receiver';
import { Sentence } from '../../page/sentences';
import { Counter } from '../../rt/counters';
import { nanosToTicks } from '../../rt/deadline';
import { SoftwareTimer } from '../../rt/software-timer';
import { Status } from '../../rt/status';
import { YieldingTransfer } from '../yielding-transfer';
import { FrameObserver } from '../page/frame-observer';
import { AnyParts } from '../parts';
import { UrgentAnswers } from './answers';
import { frameNanos, lookIntervalNanos } from './line-poll';
import { Answered, WindowAnswers } from './window';

/** Answers that nobody asked for, after which INT is not believed any more. */
const UNASKED_MAXIMUM: u32 = 4;
/** How often one look at the fault state may be put off. */
const PUT_OFF_MAXIMUM: u32 = 4;
/** On SPI. */
const READ_STATUS_BYTES: u64 = 2;

/** What a step of this way came to. */
export enum SingleStep {
  /** There was nothing to do. */
  Nothing = 0,
  /** Something was done, and no frame is to be read yet. */
  Done = 1,
  /** A frame is known to be in the chip: read it. */
  Frame = 2,
  /** INT was low for nothing. It may be again at once, so other tasks come first. */
  Disturbed = 4,
  /** The line is not used any more, and READ STATUS tells of all frames. */
  Over = 3,
}

@final
export class SingleWay<Parts extends AnyParts> {
  private unasked: u32 = 0;
  private intervalTicks: u64 = 0;
  /** Expires when the next READ STATUS is due. */
  private timer: SoftwareTimer = new SoftwareTimer();
  /** The step before looked: the other tasks come first, however long a look takes. */
  private hasLooked: bool = false;
  /** While READ STATUS is not due for so long, it has just been there. */
  private justLookedTicks: u64 = 0;
  /** How often a look at the fault state was put off. */
  private putOff: u32 = 0;
  private readonly transfer: YieldingTransfer<Parts> = new YieldingTransfer<Parts>(this.parts);

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly window: WindowAnswers<Parts>,
    private readonly observer: FrameObserver<Parts>,
  ) {}

  /** Starts the looks for other frames, by the task's timer. Call it after start-up. */
  start(timer: SoftwareTimer, nowTicks: u64): void {
    const parts = this.parts;
    this.timer = timer;
    parts.link.defers = true;
    const nanos = lookIntervalNanos(parts);
    const perSecond = parts.clock.ticksPerSecond();
    this.intervalTicks = nanosToTicks(nanos, perSecond);
    const lookTicks = nanosToTicks(frameNanos(parts, READ_STATUS_BYTES), perSecond);
    this.justLookedTicks = max<u64>(this.intervalTicks, lookTicks) - lookTicks;
    this.timer.start(nowTicks, this.intervalTicks);
    this.answers.scheduler.haste.putsOff(timer, this.intervalTicks);
  }

  /**
   * Puts a look at the fault state, by `timer`, off until READ STATUS was there, and returns true: nothing breaks it off
   * for a frame that INT does not tell of. More than once if requests come meanwhile, as READ STATUS follows each answer,
   * and is due later then.
   */
  comesBefore(timer: SoftwareTimer, nowTicks: u64): bool {
    const dueTicks = this.timer.ticks;
    const hasJustLooked = nowTicks + this.justLookedTicks <= dueTicks;
    this.putOff = hasJustLooked || this.putOff === PUT_OFF_MAXIMUM ? 0 : this.putOff + 1;
    if (this.putOff === 0) return false;
    timer.start(dueTicks, 0);
    return true;
  }

  /** One step: at most RTS and READ STATUS (3 bytes), or RX STATUS and RTS (3). */
  step(nowTicks: u64): SingleStep {
    const controller = this.parts.controller;
    const line = controller.receiver.requestLine(nowTicks);
    // INT is silent, or has fallen since the look, if a request is known and INT does not tell.
    if (line !== RequestLine.None || controller.receiver.requestOpen)
      return this.serve(line, nowTicks);
    if (this.parts.link.ringNoted()) return SingleStep.Done;
    if (controller.frameKnown) return this.frameFound(nowTicks);
    if (this.timer.reached(nowTicks) && !this.hasLooked) return this.look(nowTicks);
    this.hasLooked = false;
    return SingleStep.Nothing;
  }

  /** A frame is known to be in the chip. It may wait for one that the cell brings into it. */
  private frameFound(nowTicks: u64): SingleStep {
    const haste = this.answers.scheduler.haste;
    const sinceTicks = this.parts.controller.receiver.waitingSinceTicks;
    return haste.lasts(nowTicks, sinceTicks) ? SingleStep.Nothing : SingleStep.Frame;
  }

  /** Answers a request of which INT tells, or RX STATUS if INT is not to be believed now. */
  private serve(line: RequestLine, nowTicks: u64): SingleStep {
    const controller = this.parts.controller;
    const isCertain = line === RequestLine.Certain && this.answers.isReady;
    let isAsked: bool = false;
    if (isCertain) {
      const sent = this.answers.sendReady();
      controller.markAnswered();
      if (sent && this.parts.records.on) this.observer.sentOfFilter(0, nowTicks, true);
    } else if (line !== RequestLine.Window || !this.serveWindow(nowTicks)) {
      this.ask(nowTicks);
      isAsked = true;
    }
    // Either transaction shows RXB1 as well.
    this.timer.start(nowTicks, this.intervalTicks);
    if (!isAsked ? controller.receiver.confirmRequest() : controller.frameKnown)
      return SingleStep.Frame;
    this.parts.counters.count(Counter.SpuriousInterrupts);
    if (!isAsked) this.countUnasked();
    return SingleStep.Disturbed;
  }

  /** Answers with bytes of the request in RXB0. False: RX STATUS must tell first. */
  private serveWindow(nowTicks: u64): bool {
    const controller = this.parts.controller;
    if (controller.closed || controller.receiver.mayHaveOlder) return false;
    this.note(0, this.window.answerFilter(0), nowTicks);
    return true;
  }

  /** Answers the request, if RX STATUS tells of one. */
  private ask(nowTicks: u64): void {
    const filter = this.askForRequest(nowTicks);
    if (filter >= 0) this.note(filter, this.window.answerFilter(filter), nowTicks);
  }

  private note(filter: u32, answered: Answered, nowTicks: u64): void {
    if (answered === Answered.Not) return;
    this.parts.controller.markAnswered();
    if (answered === Answered.Sent && this.parts.records.on) {
      this.observer.sentOfFilter(filter, nowTicks, false);
    }
  }

  /** RX STATUS: the filter of the request, or -1. INT does not tell of all frames, so this tells that one has ended. */
  private askForRequest(nowTicks: u64): i32 {
    const controller = this.parts.controller;
    const wasKnown = controller.frameKnown;
    const filter = controller.urgentRequest(nowTicks);
    if (!wasKnown && controller.frameKnown) controller.buffers.otherFrameFound();
    return filter;
  }

  /** READ STATUS for the frames that do not assert INT. */
  private look(nowTicks: u64): SingleStep {
    const controller = this.parts.controller;
    if (!controller.useInterruptLine) {
      this.timer.stop();
      this.parts.link.defers = false;
      return SingleStep.Over;
    }
    this.hasLooked = true;
    this.timer.start(nowTicks, this.intervalTicks);
    if (controller.receiver.silent) return SingleStep.Nothing;
    this.transfer.begin();
    if (this.transfer.end(controller.pollStatus()) === Status.Busy) this.timer.start(nowTicks, 0);
    // A request that came meanwhile is answered before it is read: by the next look at INT.
    return controller.frameKnown && !controller.receiver.requestOpen
      ? SingleStep.Frame
      : SingleStep.Done;
  }

  /** An answer was sent that nobody asked for. */
  private countUnasked(): void {
    this.unasked++;
    if (this.unasked !== UNASKED_MAXIMUM) return;
    this.parts.controller.setup.acceptance.distrust();
    this.parts.journal.say(Status.RequestLineDisturbed, Sentence.First, this.unasked);
  }
}
