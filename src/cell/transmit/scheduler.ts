// SPDX-License-Identifier: MIT
/**
 * TransmitScheduler: lets the cell take part in each arbitration with the strongest frame it owes.
 *
 * It owes the answers that were decided, and the frames taken out of AGL's ring. They wait in two lists, the next first.
 * The strongest goes into a free buffer. If there is none, a weaker frame that cannot be on the wire is displaced: taken
 * back, to its place in its list. TXP follows the strength. AGL's frames have two buffers at most, in turn: no gap.
 *
 * Bounds: a step makes at most one transaction of at most 14 bytes, which gives way to INT. `sendNow` is for
 * the step that has decided the answer: READ STATUS, LOAD TX BUFFER, BIT MODIFY and RTS (2 + 14 + 4 + 1).
 * Does not: decide what is answered, or take AGL's frames.
 */
import { Frame } from '../../can/frame';
import { arbitrationField, ARBITRATION_NONE } from '../../can/identifier';
import { TRANSMIT_BUFFERS, TransmitOutcome } from '../../driver/mcp2515/transmit-buffers';
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { YieldingTransfer } from '../yielding-transfer';
import { AnyParts } from '../parts';
import { Haste } from './haste';
import { TransmitPriorities } from './priorities';
import { RuleOrder } from './rule-order';
import { TransmitSlot } from './slot';
import { TransmitSlots } from './slots';
import { countRefused, countUnsent } from './unsent';
import { WaitingList } from './waiting-list';

/** Answers that may wait for a buffer. */
export const ANSWERS_WAITING_MAXIMUM: u32 = 32;
/** A frame waits, and `step` may be about to load it. */
const EAGER: u32 = 1;
/** The next answer of some filter is to be made. */
const STAGING: u32 = 2;
/** In the tag of a frame of AGL's: it was in the chip before. */
export const TAG_HANDED: u32 = 1 << 31;
/** BIT MODIFY twice and READ STATUS: of a displacement in one step (4 + 4 + 2 bytes). */
const DISPLACING_TRANSACTIONS: u32 = 3;
/** Changes of TXP behind which another one or RTS follows in the same step in haste (4 + 4 + 1 bytes). */
const PRIORITY_CHANGES: u32 = 2;

@final
export class TransmitScheduler<Parts extends AnyParts> {
  readonly answers: WaitingList = new WaitingList(ANSWERS_WAITING_MAXIMUM);
  readonly fromAgl: WaitingList = this.parts.fromAgl;
  readonly slots: TransmitSlots<Parts> = new TransmitSlots<Parts>(this.parts);
  /** What may have to be done before `step`, as bits: EAGER, STAGING. */
  private calls: u32 = 0;
  private readonly priorities: TransmitPriorities<Parts> = new TransmitPriorities<Parts>(
    this.parts,
    this.slots.all,
  );
  private readonly transfer: YieldingTransfer<Parts> = new YieldingTransfer<Parts>(this.parts);
  /** Frames that come in wait while the strongest frame is brought into the place of a weaker one. */
  readonly haste: Haste<Parts> = new Haste<Parts>(this.parts);
  readonly order: RuleOrder<Parts> = new RuleOrder<Parts>(this.answers, this.slots, this.haste);
  /** The slot whose frame is being displaced, or TRANSMIT_BUFFERS, and the strength of the frame that takes its place. */
  private victim: u32 = TRANSMIT_BUFFERS;
  private nextStrength: u32 = ARBITRATION_NONE;
  /** TXP may not fit, or a kept answer is to be restored. */
  private isUntidy: bool = false;
  /** Nothing could be done when TransmitBuffers had made `changes` changes. */
  private isBlocked: bool = false;
  private changes: u32 = 0;
  /** The buffer that `step` has sent last; TRANSMIT_BUFFERS: none since `noteSent`. */
  sent: u32 = TRANSMIT_BUFFERS;

  constructor(private readonly parts: Parts) {}

  /** AGL's frames are sorted by strength, or keep their order of arrival. Before the first one. */
  sortAgl(isSorted: bool): void {
    this.fromAgl.isSorted = isSorted;
    this.slots.share(this.parts.responder.table.summary.hasUnkept);
  }

  /** Adds an answer to those that wait. `tag`: of its rule (RuleOrder). Only while there is room. */
  addAnswer(answer: usize, strength: u32, tag: u32): void {
    if (this.slots.mayDisplace(this.answers, strength)) this.haste.begin(strength);
    this.answers.put(answer, strength, tag);
    if (this.order.isUsed) this.order.restart();
    if (this.order.isUsed) this.isUntidy = true;
    this.isBlocked = false;
    this.calls |= EAGER;
  }

  /** Adds a frame of AGL's, which `tag` names to its end of the link. Only while there is room. */
  addFromAgl(frame: Frame, tag: u32): void {
    const strength = arbitrationField(frame.identifier);
    if (this.slots.aglMayDisplace(strength)) this.haste.begin(strength);
    this.fromAgl.put(changetype<usize>(frame), strength, tag);
    this.isBlocked = false;
    this.calls |= EAGER;
  }

  /** Something may have to be done before `step`: `isEager`, or `isStaging`. */
  get isCalled(): bool {
    return this.calls !== 0;
  }

  /** A frame waits, and `step` may be about to load it. */
  get isEager(): bool {
    return (this.calls & EAGER) !== 0;
  }

  /** The next answer of some filter is to be made. */
  get isStaging(): bool {
    return (this.calls & STAGING) !== 0;
  }

  set isStaging(isStaging: bool) {
    this.calls = isStaging ? this.calls | STAGING : this.calls & ~STAGING;
  }

  /** An answer of the same identifier as that kept in `slot` waits, or is in another buffer. */
  owesEqual(slot: TransmitSlot<Parts>): bool {
    return this.answers.has(slot.kept.identifier) || this.slots.hasEqualBeside(slot);
  }

  /** TXP and the kept answers may need work. */
  tidy(): void {
    this.isUntidy = true;
    this.isBlocked = false;
  }

  /**
   * Sends `answer` at once if a buffer is free, and TXP fits with one change. Alone in the chip it needs none: TXP follows
   * behind RTS. `Full`: it must wait. Any other status but `Ok`: it cannot be sent.
   */
  sendNow(answer: Frame, strength: u32): Status {
    this.settle();
    if (!this.answers.isEmpty || this.haste.keepsBuffer(strength)) return Status.Full;
    let buffer = this.slots.freeFor(answer, false, false);
    if (buffer === TRANSMIT_BUFFERS) {
      const polled = this.parts.controller.pollStatus();
      this.settle();
      if (!this.answers.isEmpty) return Status.Full;
      buffer = this.slots.freeFor(answer, false, false);
      if (buffer === TRANSMIT_BUFFERS) {
        this.noteSeen(polled);
        return Status.Full;
      }
    }
    const slot = unchecked(this.slots.all[buffer]);
    let status = slot.load(answer);
    if (status !== Status.Ok) return status;
    const underWay = this.slots.underWay;
    const isAlone = underWay === 0;
    if (!isAlone && this.order.isUsed) return Status.Full;
    if (!isAlone && !this.priorities.fitAtOnce(buffer, strength, underWay)) return Status.Full;
    status = slot.send(false);
    if (status !== Status.Ok) return status;
    this.slots.began(slot, strength, false, 0);
    // Before the answer that a filter's buffer holds is requested.
    if (isAlone && this.slots.keepsAny) this.tidy();
    return status;
  }

  /** READ STATUS has just shown, if it is `polled`, which frames are pending: it counts for a displacement. */
  private noteSeen(polled: Status): void {
    const buffers = this.parts.controller.buffers;
    if (polled === Status.Ok) buffers.back.seen(this.parts.clock.nowTicks(), buffers.frameTicks);
  }

  /** One step. False: nothing was done, nor is to be done now. Each end of a frame is a change, and AGL is told of it. */
  step(): bool {
    if (this.isBlocked && this.changes === this.parts.controller.buffers.changes) return false;
    const hasEnded = this.settle();
    this.isBlocked = false;
    const haste = this.haste;
    if (this.parts.controller.buffers.isOrderUnsure && !haste.hasVictim) return this.look();
    if (this.isUntidy) {
      if (this.order.isUsed && this.order.renew(this.parts.controller.buffers.changes)) return true;
      if (!haste.isOn && !this.fitAll()) return true;
    }
    // The search takes its time, so INT is looked at before the next task.
    const hasWork = this.isUntidy || !this.answers.isEmpty || !this.fromAgl.isEmpty;
    if (hasWork) {
      this.calls |= EAGER;
      if (this.victim !== TRANSMIT_BUFFERS && this.goOnDisplacing()) return true;
      if (this.place()) return true;
      if (this.isUntidy && this.restore()) return true;
    }
    haste.end();
    this.changes = this.parts.controller.buffers.changes;
    this.isBlocked = true;
    this.calls &= ~EAGER;
    return hasWork || hasEnded;
  }

  /** READ STATUS: whether a frame has left since one was requested beside it. */
  private look(): bool {
    this.transfer.begin();
    this.noteSeen(this.transfer.end(this.parts.controller.pollStatus()));
    return true;
  }

  /** The chip has lost all frames and its buffers' content. */
  forget(): void {
    this.settle();
    this.slots.forget();
    this.tidy();
  }

  /** Deals with the frames that have ended since the last call. False: none has. */
  settle(): bool {
    const ended = this.slots.underWay & ~this.parts.controller.buffers.occupiedBits;
    if (ended === 0) return false;
    this.slots.underWay &= ~ended;
    this.isBlocked = false;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.slots.all[buffer]);
      if ((ended & slot.bit) !== 0) this.ended(slot);
    }
    return true;
  }

  private ended(slot: TransmitSlot<Parts>): void {
    const outcome = this.parts.controller.buffers.ends.outcome(slot.buffer);
    if (slot.isKept) {
      slot.noteNext();
      this.tidy();
    }
    if (slot.isAgl) this.slots.aglInChip--;
    else this.slots.answersInChip--;
    if (outcome === TransmitOutcome.Displaced) {
      this.putBack(slot);
      return;
    }
    if (!slot.isAgl) {
      if (outcome === TransmitOutcome.Sent) slot.noteBus();
      return;
    }
    this.parts.agl.finish(slot.tag & ~TAG_HANDED, outcome === TransmitOutcome.Sent);
    if (this.slots.aglInChip !== 0 && this.slots.promote()) this.tidy();
  }

  /** Puts a frame back that was displaced. The kept answers of the same identifier must not overtake it. */
  private putBack(slot: TransmitSlot<Parts>): void {
    const own = arbitrationField(changetype<Frame>(slot.frame).identifier);
    if (slot.isAgl) this.fromAgl.putBack(slot.frame, own, slot.tag | TAG_HANDED);
    else this.answers.putBack(slot.frame, slot.strength, slot.tag);
    if (!slot.isAgl) this.slots.holdBack(own, true);
  }

  /** Puts the stronger of the two next frames into a buffer, or the other if that cannot be. */
  private place(): bool {
    const answer = this.answers.isEmpty ? ARBITRATION_NONE : this.answers.frontStrength;
    const agl = this.fromAgl.isEmpty ? ARBITRATION_NONE : this.slots.aglStrength(this.fromAgl);
    if (agl < answer && this.placeFront(true, agl)) return true;
    if (!this.answers.isEmpty && this.placeFront(false, answer)) return true;
    return agl >= answer && !this.fromAgl.isEmpty && this.placeFront(true, agl);
  }

  private placeFront(isAgl: bool, strength: u32): bool {
    const waiting = isAgl ? this.fromAgl : this.answers;
    const frame = waiting.front;
    if (isAgl && this.parts.agl.isWithdrawn(waiting.frontTag & ~TAG_HANDED)) {
      this.refuse(true, Status.PeerNotReady);
      return true;
    }
    if (this.slots.followsDoubt(waiting, isAgl, strength)) return false;
    const isBarred =
      isAgl && this.slots.isBarred(strength) && !this.slots.owesWeaker(this.answers, strength);
    let buffer = this.slots.freeFor(frame, isAgl, isBarred);
    if (buffer === TRANSMIT_BUFFERS) {
      const hasAll = isAgl && this.slots.aglInChip >= this.slots.aglBuffers;
      if (hasAll && !this.fromAgl.isSorted) return false;
      // No gap is not worth the second filter's buffer; passing a weaker frame of AGL's is.
      const isSecond = isAgl && !this.slots.passesAgl(strength);
      const mayLend = !isSecond && !isBarred;
      let victim = this.slots.victimFor(strength, hasAll, mayLend, isBarred);
      if (victim === TRANSMIT_BUFFERS && mayLend) victim = this.slots.keptVictimFor(strength);
      if (victim !== TRANSMIT_BUFFERS) {
        this.victim = victim;
        this.nextStrength = strength;
        this.haste.displaces(strength);
        return this.goOnDisplacing();
      }
      buffer = mayLend ? this.slots.lent() : TRANSMIT_BUFFERS;
      if (buffer === TRANSMIT_BUFFERS) return false;
    }
    this.haste.goesOn();
    this.advance(unchecked(this.slots.all[buffer]), frame, isAgl, strength);
    return true;
  }

  /** Makes the next transaction that brings the frame into `slot` and on its way. */
  private advance(slot: TransmitSlot<Parts>, frame: Frame, isAgl: bool, strength: u32): void {
    if (!this.transfer.mayBegin(this.haste.isBlind)) return;
    if (!slot.holds(frame)) {
      const status = this.transfer.end(slot.load(frame));
      if (status === Status.Ok) this.haste.loaded();
      else if (status !== Status.Busy) this.refuse(isAgl, status);
      return;
    }
    const changes: u32 = this.haste.isOn ? PRIORITY_CHANGES : 0;
    for (let change: u32 = 0; change <= PRIORITY_CHANGES; change++) {
      if (this.priorities.fit(slot.buffer, strength, this.slots.underWay)) break;
      if (this.transfer.end(this.priorities.status) !== Status.Ok || change === changes) return;
      if (!this.transfer.mayBegin(this.haste.isBlind)) return;
    }
    const status = this.transfer.end(slot.send(isAgl));
    if (status !== Status.Ok) {
      if (status !== Status.Busy) this.refuse(isAgl, status);
      return;
    }
    // Few instructions: INT is looked at after them, and a request may have come while RTS was on the wire.
    const waiting = isAgl ? this.fromAgl : this.answers;
    this.slots.began(slot, strength, isAgl, waiting.frontTag);
    this.sent = slot.buffer;
    waiting.discard();
  }

  /** In a step after the one with RTS: counts the frame of `sent`, and returns its slot. Only if there is one. */
  noteSent(): TransmitSlot<Parts> {
    const slot = unchecked(this.slots.all[this.sent]);
    this.sent = TRANSMIT_BUFFERS;
    this.haste.end();
    if (slot.isAgl && (slot.tag & TAG_HANDED) === 0) this.parts.counters.count(Counter.FromAgl);
    return slot;
  }

  /** The next frame cannot be sent. */
  refuse(isAgl: bool, status: Status): void {
    if (!isAgl) {
      this.answers.discard();
      countUnsent(this.parts, status);
      return;
    }
    const tag = this.fromAgl.frontTag;
    const wasHanded = (tag & TAG_HANDED) !== 0;
    this.parts.agl.finish(tag & ~TAG_HANDED, false);
    this.fromAgl.discard();
    countRefused(this.parts, wasHanded, status);
  }

  /** Displaces, as far as the transactions come through in one step. False: it is over. */
  private goOnDisplacing(): bool {
    const buffers = this.parts.controller.buffers;
    const victim = this.victim;
    if (!buffers.isDisplacing(victim) && !buffers.isDisplaceable(victim)) {
      this.victim = TRANSMIT_BUFFERS;
      return false;
    }
    for (let transaction: u32 = 0; transaction < DISPLACING_TRANSACTIONS; transaction++) {
      const isBlind = this.haste.isBlind;
      if (!this.transfer.mayBegin(isBlind)) break;
      const isOutcome = buffers.back.isOutcome;
      const mayClear = buffers.back.setsPriority || (isBlind && !isOutcome);
      const priority = mayClear
        ? this.priorities.wanted(victim, this.nextStrength, this.slots.underWay)
        : buffers.order.priority(victim);
      const nowTicks = this.parts.clock.nowTicks();
      const status = this.parts.controller.displaceStep(victim, priority, nowTicks, isBlind);
      if (this.transfer.end(status) !== Status.Ok) break;
      // READ STATUS alone tells of RXB1.
      if (isOutcome && !this.parts.controller.frameKnown) this.haste.sawEmpty(nowTicks);
      if (!buffers.isDisplacing(victim)) break;
    }
    return true;
  }

  /** True when TXP fits everywhere. Otherwise one change was tried, or INT has fallen. */
  private fitAll(): bool {
    if (!this.transfer.mayBegin()) return false;
    const isFit = this.priorities.fitAll(this.slots.underWay);
    if (isFit) this.transfer.unused();
    else this.transfer.end(this.priorities.status);
    return isFit;
  }

  /** Loads a kept answer that its buffer has lost. False: there is none. Each is made by now: staging goes before. */
  private restore(): bool {
    if (this.slots.isHeld) return false;
    let isOwed: bool = false;
    for (let buffer: u32 = 0; buffer < TRANSMIT_BUFFERS; buffer++) {
      const slot = unchecked(this.slots.all[buffer]);
      if (!slot.isKept || slot.isIntact) continue;
      isOwed = true;
      if (this.parts.controller.transmitPending(slot.buffer)) continue;
      this.transfer.begin();
      this.transfer.end(slot.loadKept());
      return true;
    }
    this.isUntidy = isOwed || this.order.isUsed;
    return false;
  }
}
