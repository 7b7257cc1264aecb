// SPDX-License-Identifier: MIT
/**
 * AglGate: what becomes of a frame of AGL's about which the rules have something to say: sent, changed, kept
 * from the bus, answered. Every frame that is refused is counted by the reason, and may raise an alarm.
 *
 * Bounded: one more pass over the rules that were tried, the programs of one rule, and that of the alarm.
 * Does not: decide which rule matches, or send.
 */
import { ACTION_ANSWER, ACTION_ANSWERED } from '../../build/generated/rule-image';
import { allocateFrames, Frame } from '../can/frame';
import { TraceEvent } from '../page/trace-event';
import { CHECK_DROP, CHECK_PASS } from '../responder/e2e-check';
import { Refusal } from '../responder/find-rule';
import { takes } from '../responder/locked-wall';
import { Rule, RULE_ANSWER, RULE_FORWARD } from '../responder/rule';
import { microsToTicks } from '../rt/deadline';
import { Counter } from '../rt/counters';
import { Status } from '../rt/status';
import { AnyParts } from './parts';
import { checkFrame } from './frame-check';
import { countFullRing } from './rule-actions';
import { ResponsePending } from './response-pending';
import { UrgentAnswers } from './urgent/answers';

/** From one refusal in the trace to the next: a flood of them must not wash the trace away. */
const NOTE_MICROS: u32 = 100_000;

@final
export class AglGate<Parts extends AnyParts> {
  private readonly answer: Frame = changetype<Frame>(allocateFrames(1));
  private readonly modified: Frame = changetype<Frame>(allocateFrames(1));
  private readonly alarm: Frame = changetype<Frame>(allocateFrames(1));
  private readonly noteTicks: u64 = microsToTicks(NOTE_MICROS, this.parts.clock.ticksPerSecond());
  /** No refusal goes into the trace before. */
  private nextNote: u64 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly pending: ResponsePending<Parts>,
  ) {}

  /**
   * `frame` matched a rule, or none and is refused (Responder.matchesFromAgl), in the step that began at
   * `nowTicks`. Returns the address of the frame for the bus; 0: none.
   */
  pass(frame: Frame, nowTicks: u64): usize {
    const passed = this.passTable(frame, nowTicks);
    const wall = this.parts.responder.table.wall;
    return passed !== 0 && wall.isBeside
      ? this.passWall(changetype<Frame>(passed), nowTicks)
      : passed;
  }

  /** What the table in force lets through. */
  private passTable(frame: Frame, nowTicks: u64): usize {
    const parts = this.parts;
    const responder = parts.responder;
    if (responder.matchedRule < 0) {
      if (!responder.table.deniesAgl) return changetype<usize>(frame);
      this.refuse(frame, responder.refusalOf(frame), nowTicks);
      return 0;
    }
    const rule = responder.table.rule(responder.matchedRule);
    const isForwarding = (rule.flags & RULE_FORWARD) !== 0;
    const disposition = checkFrame(parts, rule, frame);
    if (disposition === CHECK_DROP) {
      parts.counters.count(Counter.FromAglDroppedByRule);
      return 0;
    }
    if (isForwarding && !responder.takes(nowTicks, parts.settings.bitrate)) {
      this.refuse(frame, Refusal.Rate, nowTicks);
      return 0;
    }
    if ((rule.flags & RULE_ANSWER) !== 0 && disposition === CHECK_PASS) {
      this.answerAll(rule, frame, nowTicks, isForwarding);
    }
    if (rule.actionCount !== 0) this.noteAnswer(rule, frame, nowTicks);
    const passed = isForwarding ? responder.modifiedBy(rule, frame, this.modified, disposition) : 0;
    if (passed === 0) parts.counters.count(Counter.FromAglDroppedByRule);
    return passed;
  }

  /** What the locked wall lets through of that. */
  private passWall(frame: Frame, nowTicks: u64): usize {
    const parts = this.parts;
    const wall = parts.responder.table.wall;
    const passed = askWall(parts, frame, nowTicks);
    if (passed !== 0) return passed;
    if (wall.refusal === Refusal.Rule) parts.counters.count(Counter.FromAglDroppedByRule);
    else this.refuse(frame, wall.refusal, nowTicks);
    return 0;
  }

  /** AGL may have answered a request of diagnosis. */
  private noteAnswer(rule: Rule, frame: Frame, nowTicks: u64): void {
    const table = this.parts.responder.table;
    for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
      if ((table.actionOf(rule, index).kind as u32) !== ACTION_ANSWERED) continue;
      this.pending.answered(frame, nowTicks);
    }
  }

  /** Answers of a rule go to AGL. Its rate is that of the frames, if it sends them on. */
  private answerAll(rule: Rule, frame: Frame, nowTicks: u64, isCharged: bool): void {
    const responder = this.parts.responder;
    if (isCharged || this.isAllowed(nowTicks)) {
      this.answerAgl(responder.makeAnswer(frame, this.answer));
    }
    // loop: at most RULE_ACTIONS_MAXIMUM
    for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
      const action = responder.table.actionOf(rule, index);
      if ((action.kind as u32) !== ACTION_ANSWER) continue;
      if (!isCharged && !this.isAllowed(nowTicks)) continue;
      this.answerAgl(responder.makeMore(action, frame, this.answer));
    }
  }

  private isAllowed(nowTicks: u64): bool {
    const parts = this.parts;
    if (parts.responder.takes(nowTicks, parts.settings.bitrate)) return true;
    parts.counters.count(Counter.AnswersLimited);
    return false;
  }

  private answerAgl(isMade: bool): void {
    const parts = this.parts;
    if (!isMade) {
      parts.counters.count(Counter.AnswersDeleted);
      return;
    }
    parts.counters.count(Counter.FromAglAnswered);
    if (parts.forwardRing.put(changetype<usize>(this.answer)) !== Status.Ok) countFullRing(parts);
  }

  /** Counts the frame, notes it in the trace now and then, and raises the alarm. */
  private refuse(frame: Frame, refusal: Refusal, nowTicks: u64): void {
    const parts = this.parts;
    parts.counters.count(Counter.FromAglUnlisted + (refusal as u32) - (Refusal.Unlisted as u32));
    if (parts.records.on && nowTicks >= this.nextNote) {
      parts.records.trace.note(nowTicks, TraceEvent.AglRefused, refusal, frame.identifier);
      this.nextNote = nowTicks + this.noteTicks;
    }
    // Its record tells the alarms from others' answers.
    const tag = changetype<usize>(this.alarm) as u32;
    if (this.makeAlarm(frame, nowTicks)) this.answers.follow(this.alarm, tag);
  }

  /** The alarm about `frame`: that of the locked table, if there is one. False: none. */
  private makeAlarm(frame: Frame, nowTicks: u64): bool {
    const parts = this.parts;
    const responder = parts.responder;
    const bitrate = parts.settings.bitrate;
    const table = responder.table;
    const wall = table.wall;
    if (wall.isBeside) {
      const index = wall.sections.alarmRule;
      if (index < 0) return false;
      const state = wall.stateOf(index);
      const perSecond = responder.ticksPerSecond;
      if (!takes(wall.sections.rule(index), state, nowTicks, perSecond, bitrate)) return false;
      return responder.makeLocked(index, frame, this.alarm);
    }
    const index = table.alarmRule;
    if (index < 0) return false;
    responder.matchedRule = index;
    if (!responder.takes(nowTicks, bitrate)) return false;
    table.hit(index);
    return responder.makeAnswer(frame, this.alarm);
  }
}

/** Address of what the locked wall makes of a frame for the bus; 0: it is refused. */
export function askWall<Parts extends AnyParts>(parts: Parts, frame: Frame, nowTicks: u64): usize {
  const responder = parts.responder;
  const wall = responder.table.wall;
  const perSecond = responder.ticksPerSecond;
  return wall.pass(frame, nowTicks, perSecond, parts.settings.bitrate, responder.liveValues);
}

/** The same of an answer that a table sends beside the wall. While the safe state stands, its identifiers are not for it. */
export function askWallForAnswer<Parts extends AnyParts>(
  parts: Parts,
  answer: Frame,
  nowTicks: u64,
): usize {
  const passed = askWall(parts, answer, nowTicks);
  const wall = parts.responder.table.wall;
  const isKept = passed !== 0 && wall.isSafe && wall.keeps(changetype<Frame>(passed).identifier);
  return isKept ? 0 : passed;
}
