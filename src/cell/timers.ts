// SPDX-License-Identifier: MIT
/**
 * Timers: sends the frames of the table's timers, each when it is due.
 *
 * A frame is made as a staged answer is, in pieces, and waits among the answers, the strongest first. So one that is
 * due is late by the frames on the bus that nobody takes back, and by S (bounds.ts). A step serves at most one timer, or
 * makes one piece of its frame, or brings one timer of a new table into the queue.
 * While as many answers wait as leave room for those to requests, what is due stays in the queue.
 * Does not: choose transmit buffers, or catch up on frames that were missed.
 */
import { TimerFields } from '../../build/generated/rule-image';
import { allocateFrames, Frame, FRAME_BYTES } from '../can/frame';
import { arbitrationField } from '../can/identifier';
import { NextAnswer } from '../responder/next-answer';
import { RuleState } from '../responder/rule-states';
import { TimerQueue } from '../responder/timer-queue';
import { Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { NEVER } from '../rt/software-timer';
import { Task } from '../rt/task';
import { askWall } from './agl-gate';
import { AnyParts } from './parts';
import { TransmitScheduler } from './transmit/scheduler';
import { UrgentAnswers } from './urgent/answers';

/** From one look at the answers that wait to the next, while there are too many: they last longer on any bus. */
const RETRY_MICROS: u32 = 100;
/** Frames of timers wait while fewer answers do. The list has twice as much room. */
export const TIMED_WAITING_MAXIMUM: u32 = 16;

@final
export class Timers<Parts extends AnyParts> extends Task {
  private readonly queue: TimerQueue = new TimerQueue();
  private readonly next: NextAnswer = new NextAnswer(
    this.parts.responder,
    changetype<Frame>(allocateFrames(1)),
  );
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));
  /** The rule whose frame is being made, or -1. */
  private making: i32 = -1;
  /** The next timer of the table to be brought into the queue. */
  private loaded: u32 = 0;
  /** When the table came into force: timers that have not begun start then. */
  private startTicks: u64 = 0;
  private readonly retryTicks: u64 = this.ticks(RETRY_MICROS);

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly scheduler: TransmitScheduler<Parts>,
  ) {
    super();
  }

  /** The table is a new one. Timers that it has of the one before keep their time. */
  begin(nowTicks: u64): void {
    this.queue.clear();
    this.making = -1;
    this.loaded = 0;
    this.startTicks = nowTicks;
    if (this.parts.responder.table.timerCount !== 0) this.timer.start(nowTicks, 0);
    else this.timer.stop();
  }

  override run(nowTicks: u64): bool {
    const isBusy = this.step(nowTicks);
    if (this.making >= 0 || this.loaded !== this.parts.responder.table.timerCount) {
      this.timer.start(nowTicks, 0);
    } else if (this.queue.length !== 0) {
      const first = this.queue.firstTicks;
      const wait = isBusy ? 0 : this.retryTicks;
      this.timer.start(nowTicks, max<u64>(first, nowTicks + wait) - nowTicks);
    }
    return isBusy;
  }

  /** False: what is due has to wait. */
  private step(nowTicks: u64): bool {
    const table = this.parts.responder.table;
    if (this.making >= 0) {
      if (this.next.isReady || this.next.step()) this.send(nowTicks);
      return true;
    }
    if (this.loaded !== table.timerCount) {
      this.bring(this.loaded++, nowTicks);
      return true;
    }
    const queue = this.queue;
    if (queue.length === 0 || queue.firstTicks > nowTicks) return true;
    if (this.scheduler.answers.length >= TIMED_WAITING_MAXIMUM) return false;
    const timer = table.timer(queue.first);
    this.advance(timer, nowTicks);
    this.making = timer.rule;
    this.next.follow(timer.rule);
    return true;
  }

  /** Brings a timer of the table into the queue. One that goes on keeps its time. */
  private bring(index: u32, nowTicks: u64): void {
    const table = this.parts.responder.table;
    const timer = table.timer(index);
    const state = table.states.of(timer.rule);
    if (state.due === 0) {
      state.left = timer.count;
      state.due = this.startTicks + this.ticks(timer.phase);
    } else if (state.due === NEVER) {
      // It has ended, and stays so if it is one that ends.
      if (timer.count !== 0 && timer.next === 0) return;
      state.due = nowTicks;
    } else {
      state.left = min<u32>(state.left, timer.count);
      state.due = min<u64>(state.due, nowTicks + this.ticks(intervalOf(timer, state)));
    }
    this.queue.add(index, state.due);
  }

  /** The first timer's frame is to be sent: the next one is due an interval later. */
  private advance(timer: TimerFields, nowTicks: u64): void {
    const state = this.parts.responder.table.states.of(timer.rule);
    if (state.left !== 0) state.left--;
    const interval = intervalOf(timer, state);
    if (interval === 0) {
      state.due = NEVER;
      this.queue.remove();
      return;
    }
    const ticks = this.ticks(interval);
    const next = state.due + ticks;
    // After a long pause, as that of a chip that was off the bus, it starts anew.
    state.due = next > nowTicks ? next : nowTicks + ticks;
    this.queue.putOff(state.due);
  }

  /** The frame is made: it waits among the answers, unless the one before it still does. */
  private send(nowTicks: u64): void {
    const parts = this.parts;
    const index = this.making;
    this.making = -1;
    const rule = parts.responder.table.rule(index);
    const strength = arbitrationField(rule.answerIdentifier);
    if (parts.controller.closed || this.scheduler.answers.has(strength)) {
      parts.counters.count(Counter.TimedSkipped);
      return;
    }
    const frame = this.frame;
    memory.copy(changetype<usize>(frame), changetype<usize>(this.next.take()), FRAME_BYTES);
    parts.responder.table.hit(index);
    if (rule.isWalled) {
      const passed = askWall(parts, frame, nowTicks);
      if (passed === 0) {
        parts.counters.count(Counter.AnswersWalled);
        return;
      }
      memory.copy(changetype<usize>(frame), passed, FRAME_BYTES);
    }
    parts.counters.count(Counter.TimedSent);
    this.answers.follow(frame);
  }

  private ticks(micros: u32): u64 {
    return microsToTicks(micros, this.parts.clock.ticksPerSecond());
  }
}

/** The interval up to the next frame, in us; 0: none follows. */
function intervalOf(timer: TimerFields, state: RuleState): u32 {
  return timer.count === 0 || state.left !== 0 ? timer.interval : timer.next;
}
