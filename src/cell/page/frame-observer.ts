// SPDX-License-Identifier: MIT
/**
 * FrameObserver: records what became of a frame, after all urgent work on it is done.
 *
 * A frame costs a few stores: one entry in the recorder. An answer costs one more entry and a
 * record in the trace.
 * Does not: decide or send.
 */
import { Frame } from '../../can/frame';
import {
  LATENCY_FILTER,
  LATENCY_READ,
  LATENCY_SINGLE,
  LATENCY_STAGED,
  LATENCY_WINDOW,
} from '../../page/layout';
import { RECORDED_ANSWERED, RECORDED_RECEIVED, RECORDED_SENT } from '../../page/recorder';
import { TRACE_NO_RULE, TraceEvent } from '../../page/trace-event';
import { DECISION_ANSWER, DECISION_FORWARD, DECISION_STATIC } from '../../responder/responder';
import { AnyParts } from '../parts';
import { UrgentAnswers } from '../urgent/answers';
import { Dropped } from '../urgent/waiting';

@final
export class FrameObserver<Parts extends AnyParts> {
  /**
   * The filter whose preloaded answer has gone out, and when. Time 0: there is none left to record.
   */
  private filter: u32 = 0;
  private filterTicks: u64 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {}

  /**
   * The preloaded answer of `filter` has just gone out, in the step that began at `startTicks`. `isTold`: on the
   * word of INT.
   */
  sentOfFilter(filter: u32, startTicks: u64, isTold: bool): void {
    const parts = this.parts;
    const nowTicks = parts.clock.nowTicks();
    const records = parts.records;
    const hasWindow = this.answers.slotOf(filter).hasWindow;
    const isStaged = this.answers.isComputed(filter);
    const histogram = isStaged || hasWindow ? records.computedAnswers : records.staticAnswers;
    histogram.add(nowTicks - startTicks);
    let way = isTold ? LATENCY_SINGLE : LATENCY_FILTER;
    if (isStaged) way = LATENCY_STAGED;
    else if (hasWindow) way = LATENCY_WINDOW;
    const rule = parts.responder.table.ruleOfFilter(filter);
    records.latency.note(way, rule, nowTicks - parts.controller.receiver.requestSinceTicks);
    this.answers.scheduler.slots.latest.sentTicks = nowTicks;
    this.filter = filter;
    this.filterTicks = nowTicks;
  }

  /**
   * `frame` was taken in the step that began at `startTicks`, and `decision` was carried out.
   * `answer` went out at `sentTicks`; 0: it did not in this step.
   */
  took(frame: Frame, decision: u32, startTicks: u64, answer: Frame, sentTicks: u64): void {
    const records = this.parts.records;
    const recorder = records.recorder;
    recorder.record(startTicks, RECORDED_RECEIVED, changetype<usize>(frame));
    let answeredTicks = startTicks;
    if (this.filterTicks !== 0) {
      answeredTicks = this.filterTicks;
      recorder.record(answeredTicks, RECORDED_ANSWERED, this.answers.frameOfFilter(this.filter));
      this.filterTicks = 0;
    }
    if (sentTicks !== 0) {
      answeredTicks = sentTicks;
      recorder.record(sentTicks, RECORDED_ANSWERED, changetype<usize>(answer));
      const isStatic = (decision & DECISION_STATIC) !== 0;
      const histogram = isStatic ? records.staticAnswers : records.computedAnswers;
      histogram.add(sentTicks - startTicks);
      const sinceTicks = this.parts.controller.receiver.takenSinceTicks;
      records.latency.note(LATENCY_READ, this.parts.responder.matchedRule, sentTicks - sinceTicks);
      this.answers.scheduler.slots.latest.sentTicks = sentTicks;
    }
    if ((decision & DECISION_ANSWER) !== 0) {
      const rule = this.parts.responder.matchedRule;
      const dropped = this.answers.waiting.takeDropped();
      const isDropped = dropped === Dropped.Newest;
      const event: TraceEvent = isDropped ? TraceEvent.AnswerDropped : TraceEvent.Answered;
      records.trace.note(answeredTicks, event, rule, frame.identifier);
      if (dropped === Dropped.Waiting) this.tellDropped(answeredTicks);
    } else if ((decision & DECISION_FORWARD) === 0) {
      const rule = this.parts.responder.matchedRule;
      const number: u32 = rule < 0 ? TRACE_NO_RULE : rule;
      records.trace.note(startTicks, TraceEvent.Dropped, number, frame.identifier);
    }
  }

  /** A waiting answer made room for a stronger one. Its rule is not known any more. */
  private tellDropped(nowTicks: u64): void {
    const identifier = this.answers.waiting.droppedIdentifier;
    this.parts.records.trace.note(nowTicks, TraceEvent.AnswerDropped, TRACE_NO_RULE, identifier);
  }

  /** A delayed answer, the Frame at `frame`, has just gone out. */
  sentLate(frame: usize): void {
    const nowTicks = this.parts.clock.nowTicks();
    this.parts.records.recorder.record(nowTicks, RECORDED_ANSWERED, frame);
  }

  /** A frame of AGL's, the Frame at `frame`, has just been put on the bus. */
  sentForAgl(frame: usize): void {
    const nowTicks = this.parts.clock.nowTicks();
    this.parts.records.recorder.record(nowTicks, RECORDED_SENT, frame);
  }
}
