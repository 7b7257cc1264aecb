// SPDX-License-Identifier: MIT
/**
 * UrgentAnswers: the cell's own answers, from the decision to the scheduler of the transmit buffers.
 *
 * A rule that a hardware filter recognises has a buffer to itself, in which its static answer is
 * preloaded; RTS sends it. Every other answer goes out at once if a buffer is free, or waits; the
 * strongest goes first, and of one identifier the earliest. A full list drops the weakest.
 * Does not: decide what is answered, or choose buffers (TransmitScheduler).
 */
import { allocateFrames, Frame } from '../../can/frame';
import { arbitrationField } from '../../can/identifier';
import { URGENT_FILTERS } from '../../driver/mcp2515/acceptance';
import { Rule } from '../../responder/rule';
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { Courtesy } from '../courtesy';
import { countUnsent, TransmitScheduler } from '../transmit/scheduler';
import { TransmitSlot } from '../transmit/slot';
import { armFilters } from './receive-layout';

/** What was dropped because too many answers wait. */
export enum Dropped {
  Nothing = 0,
  /** The answer that was decided last. */
  Newest = 1,
  /** A weaker one that waited. */
  Waiting = 2,
}

@final
export class UrgentAnswers<Parts extends AnyParts> {
  private readonly slot0: TransmitSlot<Parts> = this.scheduler.slots.slotOfFilter(0);
  private readonly slot1: TransmitSlot<Parts> = this.scheduler.slots.slotOfFilter(1);
  private readonly courtesy: Courtesy<Parts> = new Courtesy<Parts>(this.parts);
  private isDisturbed: bool = false;
  private dropped: Dropped = Dropped.Nothing;
  /** Identifier of the waiting answer that was dropped last. */
  droppedIdentifier: u32 = 0;
  private readonly scratch: Frame = changetype<Frame>(allocateFrames(1));

  constructor(
    private readonly parts: Parts,
    private readonly scheduler: TransmitScheduler<Parts>,
  ) {}

  /**
   * Preloads answers: the static answers of the filters, or else the first static answer of the
   * table. Call it when the controller is configured, and again after its chip was reset.
   */
  prepare(): Status {
    armFilters(this.parts);
    this.scheduler.forget();
    this.abandon(Counter.AnswersChipReset);
    this.staged();
    if (!this.slot0.isKept) return this.prepareFirstStatic();
    let status = this.slot0.loadKept();
    if (status === Status.Ok && this.slot1.isKept) status = this.slot1.loadKept();
    return status;
  }

  /** Number of answers that wait or are on their way in the chip. */
  get underWay(): u32 {
    return this.scheduler.answers.length + this.scheduler.slots.answersInChip;
  }

  /**
   * Loads the static answers of two rules (addresses; 0: none) into the buffers of filter 0 and 1.
   * Each call makes one LOAD, which yields to an incoming frame. `Ok`: both are loaded, and stay so
   * until this step ends. `Busy`: call again.
   *
   * From the first call until `staged` or `unstage`, AGL's frames leave these buffers alone. From
   * the first LOAD until `armFilters`, the filters' hits do not count. Their requests are read, and
   * answered by the table in force.
   */
  stage(rule0: usize, rule1: usize): Status {
    this.scheduler.slots.isReserved = true;
    this.scheduler.settle();
    if (!this.isQuiet || this.parts.controller.answeredUnread) return Status.Busy;
    this.disturb();
    if (rule0 !== 0) {
      const isLoaded = this.isStaged(rule0, this.slot0);
      if (!isLoaded && (!this.stageRule(this.slot0) || rule1 !== 0)) return Status.Busy;
    }
    if (rule1 !== 0 && !this.isStaged(rule1, this.slot1)) {
      if (!this.stageRule(this.slot1)) return Status.Busy;
    }
    return Status.Ok;
  }

  /** True when `stage` has displaced the preloaded answers, and they are not yet reloaded. */
  get disturbed(): bool {
    return this.isDisturbed;
  }

  /** The preloaded answers are those of the table in force. It may be a new table. */
  staged(): void {
    this.isDisturbed = false;
    this.keep(0, this.slot0);
    this.keep(1, this.slot1);
    this.scheduler.slots.share(this.parts.responder.table.summary.hasUnkept);
    this.scheduler.slots.isHeld = false;
    this.unstage();
  }

  /** Staging has ended without `staged`. */
  unstage(): void {
    this.scheduler.slots.isReserved = false;
    this.scheduler.tidy();
  }

  /**
   * If no filter has a preloaded answer: preloads the first static one, to save its time later.
   * Yields to an incoming frame. `Busy`: interrupted.
   */
  preloadShared(): Status {
    if (this.slot0.isKept || !this.isQuiet) return Status.Ok;
    this.courtesy.begin();
    return this.courtesy.end(this.prepareFirstStatic());
  }

  /** True when `sendReady` can send the preloaded answer of the first filter. */
  get isReady(): bool {
    const slot = this.slot0;
    const isFree = (this.scheduler.slots.underWay & slot.bit) === 0;
    return isFree && slot.isIntact && this.isNext(slot) && !this.parts.controller.closed;
  }

  /** Sends the preloaded answer of the first filter. Only while `isReady`. Returns true when it has gone out. */
  sendReady(): bool {
    const sent = this.sendSlot(this.slot0);
    this.parts.counters.count(Counter.AnsweredStatic);
    return sent;
  }

  /**
   * Sends the preloaded answer of `filter`, or lets it wait if the buffer is busy. Returns true when
   * it has gone to the chip now.
   */
  sendOfFilter(filter: u32): bool {
    const slot = filter === 0 ? this.slot0 : this.slot1;
    if ((this.scheduler.slots.underWay & slot.bit) !== 0) this.scheduler.settle();
    let sent: bool = false;
    // The second filter's may be put back into the list, so it needs room there, see WaitingList.
    const hasRoom = filter === 0 || !this.scheduler.answers.isFull;
    if (slot.isIntact && hasRoom && this.isNext(slot) && this.isFree(slot)) {
      sent = this.sendSlot(slot);
    } else {
      this.wait(changetype<usize>(slot.kept), slot.keptStrength);
    }
    this.parts.counters.count(Counter.AnsweredStatic);
    return sent;
  }

  private sendSlot(slot: TransmitSlot<Parts>): bool {
    const status = slot.send(false);
    if (status === Status.Ok) this.scheduler.slots.began(slot, slot.keptStrength, false, 0);
    else countUnsent(this.parts, status);
    return status === Status.Ok;
  }

  /** As `sendOfFilter`, for a request that was read. While tables are swapped, another buffer sends. */
  sendKept(filter: u32, answer: Frame): bool {
    const slot = filter === 0 ? this.slot0 : this.slot1;
    return slot.isKept && slot.isIntact ? this.sendOfFilter(filter) : this.send(answer, true);
  }

  /** Address of the record of the answer preloaded for `filter`. */
  frameOfFilter(filter: u32): usize {
    return changetype<usize>(filter === 0 ? this.slot0.kept : this.slot1.kept);
  }

  /**
   * Sends `answer`: at most 7 + DLC bytes over SPI, READ STATUS, and BIT MODIFY. Returns true when it
   * has gone to the chip now; else it waits, or was dropped.
   */
  send(answer: Frame, isStatic: bool): bool {
    const strength = arbitrationField(answer.identifier);
    const status = this.scheduler.sendNow(answer, strength);
    if (status === Status.Full) this.wait(changetype<usize>(answer), strength);
    else if (status !== Status.Ok) countUnsent(this.parts, status);
    this.parts.counters.count(isStatic ? Counter.AnsweredStatic : Counter.AnsweredComputed);
    return status === Status.Ok;
  }

  /** A further answer to the request that is being answered: it waits for its turn. */
  follow(answer: Frame): void {
    this.parts.counters.count(Counter.AnsweredComputed);
    this.wait(changetype<usize>(answer), arbitrationField(answer.identifier));
  }

  /** What was dropped since the last call. `droppedIdentifier` has the identifier. */
  takeDropped(): Dropped {
    const dropped = this.dropped;
    this.dropped = Dropped.Nothing;
    return dropped;
  }

  /**
   * At bus-off: gives up the waiting answers. After a long pause of the bus they would be stale.
   */
  abandonWaiting(): void {
    this.abandon(Counter.AnswersBusOff);
  }

  /** Lets an answer wait. If too many do, the weakest is dropped, the latest of equals. */
  private wait(answer: usize, strength: u32): void {
    const counters = this.parts.counters;
    const waiting = this.scheduler.answers;
    if (waiting.isFull) {
      counters.count(Counter.AnswersDropped);
      if (waiting.lastStrength <= strength) {
        this.dropped = Dropped.Newest;
        return;
      }
      this.dropped = Dropped.Waiting;
      this.droppedIdentifier = waiting.last.identifier;
      waiting.dropLast();
    }
    this.scheduler.addAnswer(answer, strength);
    counters.count(Counter.AnswersDelayed);
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

  /** Nothing of the same identifier, by another rule, is before the answer kept in `slot`. */
  private isNext(slot: TransmitSlot<Parts>): bool {
    if (!slot.isShared) return true;
    return this.scheduler.answers.isEmpty && this.scheduler.slots.answersInChip === 0;
  }

  /** True when the buffer is free. If it seems busy, reads the status once more. */
  private isFree(slot: TransmitSlot<Parts>): bool {
    if (!slot.busy) return true;
    this.parts.controller.pollStatus();
    if (slot.busy) return false;
    this.scheduler.settle();
    return true;
  }

  private abandon(why: Counter): void {
    const waiting = this.scheduler.answers;
    for (let answers = waiting.length; answers !== 0; answers--) this.parts.counters.count(why);
    waiting.clear();
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
    if (rule >= 0 && responder.staticAnswer(rule, slot.kept)) {
      const summary = responder.table.summary;
      slot.keep(filter === 0 ? summary.firstIsShared : summary.secondIsShared);
    } else {
      slot.release();
    }
  }

  /** Puts the answer of `rule` into `scratch`. Returns true when `slot` holds it already. */
  private isStaged(rule: usize, slot: TransmitSlot<Parts>): bool {
    this.parts.responder.staticAnswerOf(changetype<Rule>(rule), this.scratch);
    return slot.holds(this.scratch);
  }

  /** Loads `scratch`; yields to an incoming frame. Returns true when it is loaded. */
  private stageRule(slot: TransmitSlot<Parts>): bool {
    this.courtesy.begin();
    return this.courtesy.end(slot.load(this.scratch)) === Status.Ok;
  }

  private prepareFirstStatic(): Status {
    const responder = this.parts.responder;
    const rule = responder.table.summary.firstStatic;
    if (rule < 0 || !responder.staticAnswer(rule, this.scratch)) return Status.Ok;
    return this.slot0.load(this.scratch);
  }
}
