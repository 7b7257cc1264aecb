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
import {
  TIMER_CYCLIC,
  TIMER_IN_SAFE_STATE,
  TIMER_TIMEOUT,
  TIMER_UNLESS_SAFE_STATE,
  TimerFields,
} from '../../build/generated/rule-image';
import { allocateFrames, Frame, FRAME_BYTES } from '../can/frame';
import { TraceEvent } from '../page/trace-event';
import { NextAnswer } from '../responder/next-answer';
import { Rule, RULE_FROM_AGL } from '../responder/rule';
import { RuleState } from '../responder/rule-states';
import { TimerQueue } from '../responder/timer-queue';
import { Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { NEVER } from '../rt/software-timer';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { askWallForAnswer } from './agl-gate';
import { AnyParts } from './parts';
import { countFullRing } from './rule-actions';
import { ResponsePending } from './response-pending';
import { SafeState } from './safe-state';
import { UnsafeFrames } from './transmit/unsafe-frames';
import { TransmitScheduler } from './transmit/scheduler';
import { UrgentAnswers } from './urgent/answers';
import { Watches } from './watches';

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
  readonly safe: SafeState<Parts> = new SafeState<Parts>(this.parts);
  private readonly unsafeFrames: UnsafeFrames<Parts> = new UnsafeFrames<Parts>(
    this.parts,
    this.scheduler,
    this.safe,
  );
  readonly pending: ResponsePending<Parts> = new ResponsePending<Parts>(this.parts, this.answers);
  /** The rule whose answer is being made, or -1. */
  private making: i32 = -1;
  /** The timer that sends it; -1: it is a notice. */
  private madeFor: i32 = -1;
  /** The rule, from 1, whose answer is a notice that is to be made; 0: none. */
  private notice: u32 = 0;
  /** Its last frame is being made: the count of this timer ends with it. -1: of none. */
  private ending: i32 = -1;
  /** The safe state has just begun: its timers start. */
  private isStarting: bool = false;
  /** Frames of AGL's that the safe state replaces may still be in the cell. */
  private isClearing: bool = false;
  /** The next timer of the table to be brought into the queue. */
  private loaded: u32 = 0;
  /** When the table came into force: timers that have not begun start then. */
  private startTicks: u64 = 0;
  private readonly retryTicks: u64 = this.ticks(RETRY_MICROS);

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
    private readonly scheduler: TransmitScheduler<Parts>,
    private readonly watches: Watches<Parts>,
  ) {
    super();
    watches.timer = this.timer;
    this.pending.wake = this.timer;
  }

  /** The table is a new one. Timers that it has of the one before keep their time. */
  begin(nowTicks: u64): void {
    this.making = -1;
    this.ending = -1;
    this.notice = 0;
    this.watches.begin();
    this.pending.begin();
    this.startTicks = nowTicks;
    this.isStarting = false;
    this.isClearing = this.safe.stands;
    this.safe.renew();
    this.load(nowTicks);
  }

  /** The safe state begins or ends. */
  turn(nowTicks: u64): void {
    this.isStarting = this.safe.stands;
    this.isClearing = this.safe.stands;
    this.load(nowTicks);
  }

  /** Brings all timers into the queue anew. */
  private load(nowTicks: u64): void {
    this.queue.clear();
    this.loaded = 0;
    this.safe.begin();
    const hasTimers = this.parts.responder.table.timerCount !== 0;
    this.safe.isSettling = hasTimers && this.safe.stands;
    if (hasTimers) this.timer.start(nowTicks, 0);
    else this.timer.stop();
  }

  override run(nowTicks: u64): bool {
    const isBusy = this.step(nowTicks);
    if (this.making >= 0 || this.safe.isSettling || this.isLoading || this.notice !== 0) {
      this.timer.start(nowTicks, 0);
      return isBusy;
    }
    let next = min<u64>(this.watches.firstTicks, this.pending.dueTicks);
    if (this.queue.length !== 0) {
      const wait = isBusy ? 0 : this.retryTicks;
      next = min<u64>(next, max<u64>(this.queue.firstTicks, nowTicks + wait));
    }
    if (next !== NEVER) this.timer.start(max<u64>(next, nowTicks), 0);
    return isBusy;
  }

  /** False: what is due has to wait. */
  private step(nowTicks: u64): bool {
    const table = this.parts.responder.table;
    if (this.making >= 0) {
      if (this.next.isReady || this.next.step()) this.send(nowTicks);
      return true;
    }
    if (this.isLoading) {
      this.bring(this.loaded++, nowTicks);
      return true;
    }
    if (this.safe.isSettling) {
      if (this.isClearing) this.isClearing = !this.unsafeFrames.step();
      this.safe.isSettling = this.isClearing;
      this.isStarting = false;
      return true;
    }
    if (this.pending.dueTicks <= nowTicks) {
      this.pending.send(nowTicks);
      return true;
    }
    if (this.notice !== 0) {
      this.make(this.notice - 1, -1);
      this.notice = 0;
      return true;
    }
    const hasRoom = this.scheduler.answers.length < TIMED_WAITING_MAXIMUM;
    if (this.watches.firstTicks <= nowTicks) {
      this.notice = this.watches.serve(nowTicks, hasRoom);
      return true;
    }
    const queue = this.queue;
    if (queue.length === 0 || queue.firstTicks > nowTicks) return true;
    if (!hasRoom) return false;
    const first = queue.first;
    const timer = table.timer(first);
    this.advance(first, timer, nowTicks);
    this.make(timer.rule, first);
    return true;
  }

  /** Begins with the answer of `rule`. `timer`: it sends it; -1: it is a notice. */
  private make(rule: u32, timer: i32): void {
    this.making = rule;
    this.madeFor = timer;
    this.next.follow(rule);
  }

  /** Brings a timer of the table into the queue. One that goes on keeps its time. */
  private bring(index: u32, nowTicks: u64): void {
    const table = this.parts.responder.table;
    const timer = table.timer(index);
    if ((timer.kind as u32) === TIMER_TIMEOUT) {
      this.watches.bring(index, timer, this.startTicks);
      return;
    }
    this.safe.add(timer);
    if (!this.runs(timer)) return;
    const state = table.states.of(timer.rule);
    const isSafe = (timer.flags & TIMER_IN_SAFE_STATE) !== 0;
    if (isSafe && this.isStarting) {
      state.left = timer.count;
      state.due = nowTicks + this.ticks(timer.phase);
    } else if (state.due === 0) {
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
  private advance(index: u32, timer: TimerFields, nowTicks: u64): void {
    const state = this.parts.responder.table.states.of(timer.rule);
    if (state.left === 1) this.ending = index;
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

  /** The frame is made, and goes to the bus or to AGL. */
  private send(nowTicks: u64): void {
    const parts = this.parts;
    const table = parts.responder.table;
    const index: u32 = this.making;
    this.making = -1;
    const rule = table.rule(index);
    if ((rule.flags & RULE_FROM_AGL) !== 0) {
      table.hit(index);
      parts.counters.count(Counter.FromAglAnswered);
      const frame = changetype<usize>(this.next.take());
      if (parts.forwardRing.put(frame) !== Status.Ok) countFullRing(parts);
      return;
    }
    this.sendToBus(index, rule, nowTicks);
    const ended = this.ending;
    this.ending = -1;
    if (ended < 0 || ended !== this.madeFor) return;
    this.notice = table.timer(ended).ended;
    parts.counters.count(Counter.CountsEnded);
    if (!parts.records.on) return;
    parts.records.trace.note(nowTicks, TraceEvent.CountEnded, index, rule.answerIdentifier);
  }

  /** It waits among the answers, unless one with its identifier still does. */
  private sendToBus(index: u32, rule: Rule, nowTicks: u64): void {
    const parts = this.parts;
    // The safe state may have begun or ended meanwhile.
    const runs =
      this.madeFor < 0
        ? !this.safe.stands || !this.safe.owns(rule.answerIdentifier)
        : this.runs(parts.responder.table.timer(this.madeFor));
    if (!runs) return;
    // A chip that sleeps is woken for it.
    const isAsleep = parts.controller.asleep;
    if (isAsleep) parts.wakeWanted = true;
    const isClosed = parts.controller.closed && !isAsleep;
    const isWaiting =
      this.scheduler.answers.has(rule.answerIdentifier) && !this.isLastOfSafe(index);
    if (isClosed || isWaiting) {
      parts.counters.count(Counter.TimedSkipped);
      return;
    }
    const frame = this.frame;
    memory.copy(changetype<usize>(frame), changetype<usize>(this.next.take()), FRAME_BYTES);
    parts.responder.table.hit(index);
    const wall = parts.responder.table.wall;
    // What the safe state sends is what the locked table's does: the check of the table has compared them.
    const isLocked = wall.hasSafeState && this.isSafe(this.madeFor);
    if (rule.isTied && wall.isBeside && !isLocked) {
      const passed = askWallForAnswer(parts, frame, nowTicks);
      if (passed === 0) {
        parts.counters.count(Counter.AnswersWalled);
        return;
      }
      memory.copy(changetype<usize>(frame), passed, FRAME_BYTES);
    }
    parts.counters.count(Counter.TimedSent);
    const state = parts.responder.table.states.of(index);
    this.answers.follow(frame, rule.isTied ? (changetype<usize>(state) as u32) : 0);
  }

  /** True if timer `index` is one of the safe state; -1: none. */
  private isSafe(index: i32): bool {
    return (
      index >= 0 && (this.parts.responder.table.timer(index).flags & TIMER_IN_SAFE_STATE) !== 0
    );
  }

  /** The frame being made is the last one of the safe state with its rule: no later one makes up for it. */
  private isLastOfSafe(rule: u32): bool {
    return this.isSafe(this.madeFor) && this.parts.responder.table.states.of(rule).due === NEVER;
  }

  /** True while the timer sends frames, as far as the safe state goes. */
  private runs(timer: TimerFields): bool {
    if ((timer.kind as u32) !== TIMER_CYCLIC) return false;
    const idle = this.safe.stands ? TIMER_UNLESS_SAFE_STATE : TIMER_IN_SAFE_STATE;
    return (timer.flags & idle) === 0;
  }

  private get isLoading(): bool {
    return this.loaded !== this.parts.responder.table.timerCount;
  }

  private ticks(micros: u32): u64 {
    return microsToTicks(micros, this.parts.clock.ticksPerSecond());
  }
}

/** The interval up to the next frame, in us; 0: none follows. */
function intervalOf(timer: TimerFields, state: RuleState): u32 {
  return timer.count === 0 || state.left !== 0 ? timer.interval : timer.next;
}
