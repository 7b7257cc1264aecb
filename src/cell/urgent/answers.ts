// SPDX-License-Identifier: MIT
/**
 * UrgentAnswers: the cell's own answers, from the decision to the scheduler of the transmit buffers.
 *
 * A rule that a hardware filter recognises has a buffer to itself, in which its answer is preloaded; RTS sends it. A
 * static answer stays there. What comes from the request is written before (window.ts). One that is computed is staged
 * anew after each time (staging.ts); until then a request has its answer made at once. All others go out if a buffer is
 * free, or wait (waiting.ts): the strongest first, and of one rule or one identifier the earliest.
 * Does not: decide what is answered, or choose buffers (TransmitScheduler).
 */
import { allocateFrames, Frame, FRAME_BYTES } from '../../can/frame';
import { arbitrationField } from '../../can/identifier';
import { URGENT_FILTERS } from '../../driver/mcp2515/acceptance';
import { hasWindow, isPreloadedRule } from '../../responder/answer-window';
import { Rule } from '../../responder/rule';
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { YieldingTransfer } from '../yielding-transfer';
import { TransmitScheduler } from '../transmit/scheduler';
import { countUnsent } from '../transmit/unsent';
import { TransmitSlot } from '../transmit/slot';
import { armFilters } from './receive-layout';
import { WaitingAnswers } from './waiting';

@final
export class UrgentAnswers<Parts extends AnyParts> {
  private readonly slot0: TransmitSlot<Parts> = this.scheduler.slots.slotOfFilter(0);
  private readonly slot1: TransmitSlot<Parts> = this.scheduler.slots.slotOfFilter(1);
  private readonly transfer: YieldingTransfer<Parts> = new YieldingTransfer<Parts>(this.parts);
  private isDisturbed: bool = false;
  /** The answer of a filter has a window. */
  hasWindows: bool = false;
  readonly waiting: WaitingAnswers<Parts> = new WaitingAnswers<Parts>(this.parts, this.scheduler);
  private readonly scratch: Frame = changetype<Frame>(allocateFrames(1));
  /** An answer with bytes of its request that has to wait. */
  private readonly whole: Frame = changetype<Frame>(allocateFrames(1));

  constructor(
    private readonly parts: Parts,
    readonly scheduler: TransmitScheduler<Parts>,
  ) {}

  /** Preloads the static answers of the filters, or else the first one. Call it after the chip was configured or reset. */
  prepare(): Status {
    armFilters(this.parts);
    this.scheduler.forget();
    this.waiting.abandon(Counter.AnswersChipReset);
    this.staged();
    if (!this.slot0.isKept) return this.prepareFirstStatic();
    const status = this.slot0.loadStatic();
    return status === Status.Ok ? this.slot1.loadStatic() : status;
  }

  /** Number of answers that wait or are on their way in the chip. */
  get underWay(): u32 {
    return this.scheduler.answers.length + this.scheduler.slots.answersInChip;
  }

  /**
   * Loads the static answers of two rules (addresses; 0: none) into the buffers of filter 0 and 1. Computed ones
   * follow when the rules are in force. Each call makes one LOAD, which yields to an incoming frame. `Ok`: both are
   * loaded, and stay so until this step ends. `Busy`: call again.
   *
   * From the first call until `staged` or `unstage`, AGL's frames leave these buffers alone. From the first LOAD until
   * `armFilters`, the filters' hits do not count: their requests are read, and answered by the table in force.
   */
  stage(rule0: usize, rule1: usize): Status {
    this.scheduler.slots.isReserved = true;
    this.scheduler.settle();
    if (!this.isQuiet || this.parts.controller.answeredUnread) return Status.Busy;
    this.disturb();
    const isLoaded1 = isPreloadedRule(rule1);
    if (isPreloadedRule(rule0)) {
      const isLoaded = this.isStaged(rule0, this.slot0);
      if (!isLoaded && (!this.stageRule(this.slot0) || isLoaded1)) return Status.Busy;
    }
    if (isLoaded1 && !this.isStaged(rule1, this.slot1)) {
      if (!this.stageRule(this.slot1)) return Status.Busy;
    }
    return Status.Ok;
  }

  /** `stage` has displaced the preloaded answers, and they are not yet reloaded. */
  get disturbed(): bool {
    return this.isDisturbed;
  }

  /** The preloaded answers are those of the table in force. It may be a new table. */
  staged(): void {
    this.isDisturbed = false;
    this.keep(0, this.slot0);
    this.keep(1, this.slot1);
    this.hasWindows = this.slot0.hasWindow || this.slot1.hasWindow;
    this.scheduler.slots.share(this.parts.responder.table.summary.hasUnkept);
    this.scheduler.slots.isHeld = false;
    this.unstage();
  }

  /** Staging has ended without `staged`. */
  unstage(): void {
    this.scheduler.slots.isReserved = false;
    this.scheduler.tidy();
  }

  /** Without a filter: preloads the first static answer. Yields to an incoming frame. `Busy`: interrupted. */
  preloadShared(): Status {
    if (this.slot0.isKept || !this.isQuiet) return Status.Ok;
    this.transfer.begin();
    return this.transfer.end(this.prepareFirstStatic());
  }

  /** True when `sendReady` can send the preloaded answer of the first filter. */
  get isReady(): bool {
    const slot = this.slot0;
    const isFree = (this.scheduler.slots.underWay & slot.bit) === 0;
    const isNext = !slot.follows || this.isFirst(slot);
    return isFree && slot.isIntact && isNext && !this.parts.controller.closed;
  }

  /** Sends the preloaded answer of the first filter. Only while `isReady`. Returns true when it has gone out. */
  sendReady(): bool {
    return this.sendSlot(this.slot0);
  }

  /** Sends the answer of `filter`, or lets it wait. A computed one is made now if it is not staged. True: it has gone out. */
  sendOfFilter(filter: u32): bool {
    const slot = this.slotOf(filter);
    const isFree = (this.scheduler.slots.underWay & slot.bit) === 0;
    if (filter === 0 && isFree && slot.isIntact && !slot.follows && !this.parts.controller.closed) {
      return this.sendSlot(slot);
    }
    return this.sendLater(filter, slot);
  }

  /** As `sendOfFilter`, where more must be looked at. */
  private sendLater(filter: u32, slot: TransmitSlot<Parts>): bool {
    if ((this.scheduler.slots.underWay & slot.bit) !== 0) this.scheduler.settle();
    // The second filter's may be put back into the list, so it needs room there, see WaitingList.
    const hasRoom = filter === 0 || !this.scheduler.answers.isFull;
    const isNext = !slot.follows || this.isFirst(slot);
    if (slot.isIntact && hasRoom && isNext && this.isFree(slot)) {
      // A computed answer that was sent is not the next one, though its buffer is free only since now.
      if (slot.isIntact) return this.sendSlot(slot);
    }
    if (slot.isComputed) return this.sendNext(slot);
    this.waiting.add(changetype<usize>(slot.kept), slot.keptStrength, 0);
    this.parts.counters.count(Counter.AnsweredStatic);
    return false;
  }

  /** Sends the answer with `data` of `filter`, whose `slot` has a window, or lets it wait. READ STATUS, WRITE, RTS at most. */
  sendWindow(filter: u32, slot: TransmitSlot<Parts>, data: u64): bool {
    if ((this.scheduler.slots.underWay & slot.bit) !== 0) this.scheduler.settle();
    const isKept = this.scheduler.haste.keepsWindow(slot.keptStrength);
    const hasRoom = !isKept && (filter === 0 || !this.scheduler.answers.isFull);
    if (slot.isIntact && hasRoom && !this.scheduler.owesEqual(slot) && this.isFree(slot)) {
      const status = slot.loadWindow(data);
      if (status === Status.Ok) return this.request(slot);
      countUnsent(this.parts, status);
      return false;
    }
    const whole = this.whole;
    memory.copy(changetype<usize>(whole), changetype<usize>(slot.kept), FRAME_BYTES);
    whole.data = data;
    this.waiting.add(changetype<usize>(whole), slot.keptStrength, 0);
    return false;
  }

  /** The slot of `filter`. */
  slotOf(filter: u32): TransmitSlot<Parts> {
    return filter === 0 ? this.slot0 : this.slot1;
  }

  private sendSlot(slot: TransmitSlot<Parts>): bool {
    const isSent = this.request(slot);
    if (slot.isComputed) this.take(slot);
    else this.parts.counters.count(Counter.AnsweredStatic);
    return isSent;
  }

  /** RTS for the frame in `slot`. Returns true when it has gone to the chip. */
  private request(slot: TransmitSlot<Parts>): bool {
    const status = slot.send(false);
    if (status === Status.Ok) this.scheduler.slots.began(slot, slot.keptStrength, false, 0);
    else countUnsent(this.parts, status);
    return status === Status.Ok;
  }

  /** The next answer of `slot` was sent or is owed: another one must be staged. */
  private take(slot: TransmitSlot<Parts>): Frame {
    const answer = slot.next.take();
    this.parts.counters.count(Counter.AnsweredComputed);
    // While it is on its way, its buffer holds it.
    if ((this.scheduler.slots.underWay & slot.bit) === 0) slot.noteNext();
    this.scheduler.isStaging = true;
    return answer;
  }

  /** Sends the next answer of `slot` from another buffer, or lets it wait. Those behind it must not overtake it. */
  private sendNext(slot: TransmitSlot<Parts>): bool {
    const answer = this.take(slot);
    slot.follows = true;
    return this.sendNow(answer);
  }

  /** As `sendOfFilter`, for a request that was read. While tables are swapped, any buffer sends. */
  sendKept(filter: u32, answer: Frame, isStatic: bool): bool {
    const slot = this.slotOf(filter);
    if (slot.isComputed) return this.sendComputed(filter);
    if (this.isDisturbed || !slot.isIntact) return this.send(answer, isStatic);
    if (!slot.hasWindow) return this.sendOfFilter(filter);
    this.parts.counters.count(Counter.AnsweredComputed);
    return this.sendWindow(filter, slot, answer.data);
  }

  /** As `sendKept`, where `isComputed`. */
  sendComputed(filter: u32): bool {
    return this.isDisturbed ? this.sendNext(this.slotOf(filter)) : this.sendOfFilter(filter);
  }

  /** True when the answer of `filter` is computed, and must be left to `sendComputed`. */
  isComputed(filter: u32): bool {
    return filter === 0 ? this.slot0.isComputed : this.slot1.isComputed;
  }

  /** Address of the record of the answer that was last sent for `filter`. */
  frameOfFilter(filter: u32): usize {
    const slot = this.slotOf(filter);
    if (slot.hasWindow) return slot.frame;
    return changetype<usize>(slot.isComputed ? slot.next.taken : slot.kept);
  }

  /** Live values have changed: the answers that wait may have the old ones. */
  renewComputed(): void {
    this.renew(this.slot0);
    this.renew(this.slot1);
  }

  private renew(slot: TransmitSlot<Parts>): void {
    if (!slot.isComputed) return;
    slot.next.renew();
    // While an answer is on its way, its buffer holds that.
    if ((this.scheduler.slots.underWay & slot.bit) === 0) slot.noteNext();
    this.scheduler.isStaging = true;
  }

  /** Makes a piece of the next answer that is to be staged. False: there is none. */
  stageNext(): bool {
    return this.stageSlot(this.slot0) || this.stageSlot(this.slot1);
  }

  private stageSlot(slot: TransmitSlot<Parts>): bool {
    if (!slot.isComputed || slot.next.isReady) return false;
    if (slot.next.step()) this.scheduler.tidy();
    return true;
  }

  /** Sends `answer`: at most 7 + DLC bytes, READ STATUS, BIT MODIFY. True: it has gone; else it waits or was dropped. */
  send(answer: Frame, isStatic: bool): bool {
    const sent = this.sendNow(answer);
    this.parts.counters.count(isStatic ? Counter.AnsweredStatic : Counter.AnsweredComputed);
    return sent;
  }

  /** As `send`, of a rule whose answers can have different identifiers: none overtakes another. `tag`: of the rule. */
  sendInOrder(answer: Frame, isStatic: bool, tag: u32): bool {
    const scheduler = this.scheduler;
    const strength = arbitrationField(answer.identifier);
    const isNext = scheduler.order.strengthOf(answer.identifier, strength, tag) === strength;
    const status = isNext ? scheduler.sendNow(answer, strength) : Status.Full;
    if (status === Status.Ok) scheduler.slots.latest.tag = tag;
    else if (status !== Status.Full) countUnsent(this.parts, status);
    else this.waiting.add(changetype<usize>(answer), strength, tag);
    this.parts.counters.count(isStatic ? Counter.AnsweredStatic : Counter.AnsweredComputed);
    return status === Status.Ok;
  }

  private sendNow(answer: Frame): bool {
    const strength = arbitrationField(answer.identifier);
    const status = this.scheduler.sendNow(answer, strength);
    if (status === Status.Full) this.waiting.add(changetype<usize>(answer), strength, 0);
    else if (status !== Status.Ok) countUnsent(this.parts, status);
    return status === Status.Ok;
  }

  /** A further answer to the request that is being answered: it waits for its turn. `tag`: of its rule; 0: none is needed. */
  follow(answer: Frame, tag: u32): void {
    this.parts.counters.count(Counter.AnsweredComputed);
    this.waiting.add(changetype<usize>(answer), arbitrationField(answer.identifier), tag);
  }

  /** No answer waits or is in the chip, and the buffers of the filters are free. */
  private get isQuiet(): bool {
    return (
      this.scheduler.answers.isEmpty &&
      this.scheduler.slots.answersInChip === 0 &&
      !this.parts.controller.transmitPending(this.slot0.buffer) &&
      !this.parts.controller.transmitPending(this.slot1.buffer)
    );
  }

  /** Nothing of the same identifier is before the answer kept in `slot` any more. */
  private isFirst(slot: TransmitSlot<Parts>): bool {
    if (!this.scheduler.answers.isEmpty || this.scheduler.slots.answersInChip !== 0) return false;
    slot.overtook();
    return true;
  }

  /** True when the buffer is free. If it seems busy, reads the status once more. */
  private isFree(slot: TransmitSlot<Parts>): bool {
    if (!slot.busy) return true;
    this.parts.controller.pollStatus();
    if (slot.busy) return false;
    this.scheduler.settle();
    return true;
  }

  /** The preloaded answers are about to change, so the filters' hits do not count. */
  private disturb(): void {
    const acceptance = this.parts.controller.setup.acceptance;
    for (let filter: u32 = 0; filter < URGENT_FILTERS; filter++) acceptance.arm(filter, false);
    this.scheduler.slots.isHeld = true;
    this.isDisturbed = true;
  }

  /** Keeps `slot` for the answer of `filter`, if the table in force has a rule for it. */
  private keep(filter: u32, slot: TransmitSlot<Parts>): void {
    const responder = this.parts.responder;
    const rule = responder.table.ruleOfFilter(filter);
    const summary = responder.table.summary;
    const isShared = filter === 0 ? summary.firstIsShared : summary.secondIsShared;
    slot.window.clear();
    if (rule < 0) {
      slot.release();
    } else if (hasWindow(responder.table.rule(rule))) {
      responder.keptAnswer(rule, slot.kept);
      slot.window.use(responder.table.rule(rule));
      slot.keep(isShared);
    } else if (responder.staticAnswer(rule, slot.kept)) {
      slot.keep(isShared);
    } else {
      slot.keepNext(rule, isShared);
      this.scheduler.isStaging = true;
    }
  }

  /** Puts the answer of `rule` into `scratch`. Returns true when `slot` holds it already. */
  private isStaged(rule: usize, slot: TransmitSlot<Parts>): bool {
    this.parts.responder.keptAnswerOf(changetype<Rule>(rule), this.scratch);
    return slot.holds(this.scratch);
  }

  /** Loads `scratch`; yields to an incoming frame. Returns true when it is loaded. */
  private stageRule(slot: TransmitSlot<Parts>): bool {
    this.transfer.begin();
    return this.transfer.end(slot.load(this.scratch)) === Status.Ok;
  }

  private prepareFirstStatic(): Status {
    const responder = this.parts.responder;
    const rule = responder.table.summary.firstStatic;
    if (rule < 0 || !responder.staticAnswer(rule, this.scratch)) return Status.Ok;
    return this.slot0.load(this.scratch);
  }
}
