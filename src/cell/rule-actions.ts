// SPDX-License-Identifier: MIT
/**
 * RuleActions: carries out what a rule about frames of the bus has more than one answer by its record: steps,
 * further answers, a changed forwarded frame, a rate.
 *
 * Bounded: the programs of a rule are (program-check.ts). The first answer leaves before the others are made.
 * Does not: decide which rule matches, or choose transmit buffers.
 */
import {
  ACTION_ANSWER,
  ACTION_PENDING,
  ACTION_WITHOUT_AGL,
  ActionFields,
  ANSWER_NONE,
} from '../../build/generated/rule-image';
import { allocateFrames, Frame, FRAME_BYTES } from '../can/frame';
import { CHECK_DROP, CHECK_PASS } from '../responder/e2e-check';
import { PATH_FILTER_0, PATH_SOFTWARE, Rule, RULE_ANSWER, RULE_FORWARD } from '../responder/rule';
import { DECISION_STATIC } from '../responder/responder';
import { watchOf } from '../responder/watch';
import { Counter } from '../rt/counters';
import { Status } from '../rt/status';
import { askWallForAnswer } from './agl-gate';
import { checkFrame } from './frame-check';
import { AnyParts } from './parts';
import { FrameObserver } from './page/frame-observer';
import { Rates } from './rates';
import { ResponsePending } from './response-pending';
import { UrgentAnswers } from './urgent/answers';
import { Watches } from './watches';

@final
export class RuleActions<Parts extends AnyParts> {
  private readonly answer: Frame = changetype<Frame>(allocateFrames(1));
  private readonly more: Frame = changetype<Frame>(allocateFrames(1));
  private readonly modified: Frame = changetype<Frame>(allocateFrames(1));
  /** When the first answer went to the chip; 0: it did not. */
  private sentTicks: u64 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly observer: FrameObserver<Parts>,
    private readonly rates: Rates<Parts>,
    private readonly watches: Watches<Parts>,
    private readonly pending: ResponsePending<Parts>,
  ) {}

  /** The rule that matched `frame` of the bus last, which was taken in the step that began at `nowTicks`. */
  carryOut(frame: Frame, nowTicks: u64): void {
    const parts = this.parts;
    const responder = parts.responder;
    const rule = responder.table.rule(responder.matchedRule);
    this.sentTicks = 0;
    let decision = (rule.flags as u32) & (RULE_ANSWER | RULE_FORWARD);
    const disposition = checkFrame(parts, rule, frame);
    if (disposition !== CHECK_PASS) decision &= ~RULE_ANSWER;
    if (disposition === CHECK_DROP) decision = 0;
    else if (this.answerAlone(rule, frame, nowTicks)) decision = 0;
    if ((decision & RULE_ANSWER) !== 0) {
      if (!this.answerFirst(rule, frame, nowTicks)) decision &= ~RULE_ANSWER;
      this.answerMore(rule, frame, nowTicks);
    }
    const watch = watchOf(responder.table, rule);
    if (watch !== 0) this.watches.see(changetype<ActionFields>(watch), nowTicks);
    if ((decision & RULE_FORWARD) === 0) {
      const isAnswering = (rule.flags & RULE_ANSWER) !== 0 && disposition === CHECK_PASS;
      parts.counters.count(isAnswering ? Counter.AnsweredNotForwarded : Counter.DroppedByRule);
    } else if (watch !== 0 && !this.watches.isChanged(changetype<ActionFields>(watch), frame)) {
      parts.counters.count(Counter.ForwardUnchanged);
    } else {
      const forwarded = parts.responder.modifiedBy(rule, frame, this.modified, disposition);
      if (forwarded === 0) parts.counters.count(Counter.ModifiedDeleted);
      else if (watch === 0 || !this.holds(watch, forwarded, nowTicks)) {
        if (parts.forwardRing.put(forwarded) !== Status.Ok) countFullRing(parts);
      }
    }
    if ((decision & RULE_ANSWER) !== 0 && rule.isStatic) decision |= DECISION_STATIC;
    if (parts.records.on) {
      this.observer.took(frame, decision, nowTicks, this.answer, this.sentTicks);
    }
  }

  private holds(watch: usize, frame: usize, nowTicks: u64): bool {
    return this.watches.holds(changetype<ActionFields>(watch), frame, nowTicks);
  }

  /**
   * What the rule says of AGL: that AGL is to answer, or what is sent while it is not there. True: it is not there, and
   * the rule has said so.
   */
  private answerAlone(rule: Rule, frame: Frame, nowTicks: u64): bool {
    const parts = this.parts;
    const responder = parts.responder;
    for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
      const action = responder.table.actionOf(rule, index);
      const kind: u32 = action.kind;
      if (kind === ACTION_PENDING) this.pending.request(frame, nowTicks);
      if (kind !== ACTION_WITHOUT_AGL || parts.aglIsThere) continue;
      if ((action.length as u32) !== ANSWER_NONE) this.answerBy(action, rule, frame, nowTicks);
      return true;
    }
    return false;
  }

  /** False: there is no answer. One that left before its request was read is one. */
  private answerFirst(rule: Rule, frame: Frame, nowTicks: u64): bool {
    const parts = this.parts;
    const path: u32 = rule.path;
    if (path !== PATH_SOFTWARE && parts.controller.receivedAnswered) {
      this.rates.charge(nowTicks);
      return true;
    }
    if (!this.rates.isAllowed(rule, nowTicks)) return false;
    if (path !== PATH_SOFTWARE && this.answers.isComputed(path - PATH_FILTER_0)) {
      return this.sendComputed(path - PATH_FILTER_0);
    }
    if (!parts.responder.makeAnswer(frame, this.answer)) {
      parts.counters.count(Counter.AnswersDeleted);
      return false;
    }
    if (rule.isTied) return this.answerTied(rule, path, nowTicks);
    const isSent =
      path === PATH_SOFTWARE
        ? this.answers.send(this.answer, rule.isStatic)
        : this.answers.sendKept(path - PATH_FILTER_0, this.answer, rule.isStatic);
    if (isSent && parts.records.on) this.sentTicks = parts.clock.nowTicks();
    return true;
  }

  /** As `answerFirst`, where the locked wall is asked, and what leaves before this answer matters. */
  private answerTied(rule: Rule, path: u32, nowTicks: u64): bool {
    if (!this.passesWall(this.answer, nowTicks)) return false;
    const isSent =
      path === PATH_SOFTWARE
        ? this.answers.sendInOrder(this.answer, rule.isStatic, this.tag)
        : this.answers.sendKept(path - PATH_FILTER_0, this.answer, rule.isStatic);
    if (isSent && this.parts.records.on) this.sentTicks = this.parts.clock.nowTicks();
    return true;
  }

  /** Tells the answers of the rule that matched last from others: the address of its state. */
  private get tag(): u32 {
    const responder = this.parts.responder;
    return changetype<usize>(responder.table.states.of(responder.matchedRule)) as u32;
  }

  /** An answer that takes nothing from the request: the one that is staged, or made at once. */
  private sendComputed(filter: u32): bool {
    const isSent = this.answers.sendComputed(filter);
    const taken = this.answers.frameOfFilter(filter);
    memory.copy(changetype<usize>(this.answer), taken, FRAME_BYTES);
    if (isSent && this.parts.records.on) this.sentTicks = this.parts.clock.nowTicks();
    return true;
  }

  private answerMore(rule: Rule, frame: Frame, nowTicks: u64): void {
    const responder = this.parts.responder;
    // loop: at most RULE_ACTIONS_MAXIMUM
    for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
      const action = responder.table.actionOf(rule, index);
      if ((action.kind as u32) === ACTION_ANSWER) this.answerBy(action, rule, frame, nowTicks);
    }
  }

  private answerBy(action: ActionFields, rule: Rule, frame: Frame, nowTicks: u64): void {
    if (!this.rates.isAllowed(rule, nowTicks)) return;
    if (!this.parts.responder.makeMore(action, frame, this.more)) {
      this.parts.counters.count(Counter.AnswersDeleted);
    } else if (!rule.isTied) {
      this.answers.follow(this.more, 0);
    } else if (this.passesWall(this.more, nowTicks)) {
      this.answers.follow(this.more, this.tag);
    }
  }

  /** An answer of a table that AGL has loaded, as the locked wall, if there is one, lets it through. False: it does not. */
  private passesWall(answer: Frame, nowTicks: u64): bool {
    if (!this.parts.responder.table.wall.isBeside) return true;
    const passed = askWallForAnswer(this.parts, answer, nowTicks);
    if (passed === 0) this.parts.counters.count(Counter.AnswersWalled);
    else memory.copy(changetype<usize>(answer), passed, FRAME_BYTES);
    return passed !== 0;
  }
}

/** The cell's ring to AGL was full. Counts the frame by the cause. */
export function countFullRing<Parts extends AnyParts>(parts: Parts): void {
  if (!parts.agl.running) parts.counters.count(Counter.ForwardDroppedNoPeer);
  else if (parts.agl.canSubmit()) parts.counters.count(Counter.ForwardDroppedOwnRing);
  else parts.counters.count(Counter.ForwardDroppedFull);
}
