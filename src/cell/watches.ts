// SPDX-License-Identifier: MIT
/**
 * Watches: what rules remember of the frames that match them: when the last one came, what was forwarded, and what is
 * held back until it may be.
 *
 * Source: `linux/can/bcm.h`, RX_SETUP: timeout with RX_ANNOUNCE_RESUME, content mask, RX_CHECK_DLC, throttle. A frame
 * costs a look at its watch, and at most nine moves in a queue. What is due is served by a step of Timers, one at a time.
 * Another table begins with watches that know nothing.
 * Does not: match frames, or make the frames that tell of one that is missing.
 */
import {
  ActionFields,
  RULE_FROM_AGL,
  TimerFields,
  WATCH_CHANGES,
  WATCH_LENGTH,
  WATCHES_MAXIMUM,
} from '../../build/generated/rule-image';
import { allocateFrames, Frame, FRAME_BYTES } from '../can/frame';
import { TraceEvent } from '../page/trace-event';
import { CHECK_REPLACE, checkActionOf } from '../responder/e2e-check';
import { TimerQueue } from '../responder/timer-queue';
import { watchOf } from '../responder/watch';
import { Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { NEVER, SoftwareTimer } from '../rt/software-timer';
import { Status } from '../rt/status';
import { AnyParts } from './parts';
import { countFullRing } from './rule-actions';

/** From one look for room to the next. */
const RETRY_MICROS: u32 = 100;

/** Flags of a watch: its timeout is in the queue. */
const QUEUED: u32 = 1;
/** A frame has come after a timeout, and that is to be told. */
const RETURNED: u32 = 2;
/** A frame is held, and its time is in the queue. */
const HELD: u32 = 4;
/** `content` and `length` are those of a frame. */
const KNOWN: u32 = 8;
/** The rule has a timeout. */
const TIMED: u32 = 16;

@unmanaged
class Watch {
  /** Of the table that it belongs to. */
  generation: u32 = 0;
  flags: u32 = 0;
  /** The timer of its timeout, and the length of the last frame that was a change. */
  timer: u32 = 0;
  length: u32 = 0;
  /** When the last frame came. */
  seen: u64 = 0;
  /** Nothing is forwarded before; and what is added to it with each that is. */
  allowed: u64 = 0;
  spacing: u64 = 0;
  /** What of the last change counts. */
  content: u64 = 0;
}

/** Behind it lies the frame that is held. */
const WATCH_BYTES: u32 = offsetof<Watch>() + FRAME_BYTES;

@final
export class Watches<Parts extends AnyParts> {
  /** Starts the task that calls `serve`. */
  timer: SoftwareTimer = new SoftwareTimer();
  /** Twice the number of a watch for its timeout, and one more for its held frame. */
  private readonly queue: TimerQueue = new TimerQueue();
  private readonly watches: usize = heap.alloc(WATCHES_MAXIMUM * WATCH_BYTES);
  private readonly made: Frame = changetype<Frame>(allocateFrames(1));
  private readonly modified: Frame = changetype<Frame>(allocateFrames(1));
  private readonly retryTicks: u64 = this.ticks(RETRY_MICROS);
  private generation: u32 = 1;

  constructor(private readonly parts: Parts) {
    memory.fill(this.watches, 0, WATCHES_MAXIMUM * WATCH_BYTES);
  }

  /** The table is a new one. Frames that are held are dropped. */
  begin(): void {
    this.generation++;
    this.queue.clear();
    const parts = this.parts;
    // loop: at most WATCHES_MAXIMUM, one each
    for (; parts.framesHeld !== 0; parts.framesHeld--) {
      parts.counters.count(Counter.ForwardThrottled);
    }
  }

  /** When something is due; NEVER: nothing is. */
  get firstTicks(): u64 {
    return this.queue.length === 0 ? NEVER : this.queue.firstTicks;
  }

  /** The table, in force since `startTicks`, has that timer, which is a timeout. */
  bring(index: u32, timer: TimerFields, startTicks: u64): void {
    const number = this.numberOf(timer);
    const watch = this.of(number);
    if ((watch.flags & TIMED) !== 0) return;
    watch.flags |= TIMED | QUEUED;
    watch.timer = index;
    this.add(number << 1, max<u64>(watch.seen, startTicks) + this.ticks(timer.interval));
  }

  /** A frame has come for the rule with the watch `action`. */
  see(action: ActionFields, nowTicks: u64): void {
    const number: u32 = action.reserved0;
    const watch = this.of(number);
    watch.seen = nowTicks;
    if ((watch.flags & (TIMED | QUEUED)) !== TIMED) return;
    watch.flags |= QUEUED | RETURNED;
    this.add(number << 1, nowTicks);
  }

  /** True if `frame` differs from the last one that did, as far as the watch says. */
  isChanged(action: ActionFields, frame: Frame): bool {
    const flags: u32 = action.length;
    if ((flags & WATCH_CHANGES) === 0) return true;
    const watch = this.of(action.reserved0);
    const content = frame.data & action.data;
    const length: u32 = frame.length;
    if ((watch.flags & KNOWN) !== 0 && watch.content === content) {
      if ((flags & WATCH_LENGTH) === 0 || watch.length === length) return false;
    }
    watch.flags |= KNOWN;
    watch.content = content;
    watch.length = length;
    return true;
  }

  /** True if the frame at `frame` may not be forwarded yet: it waits, in place of one that waits already. */
  holds(action: ActionFields, frame: usize, nowTicks: u64): bool {
    if (action.identifier === 0) return false;
    const number: u32 = action.reserved0;
    const watch = this.of(number);
    if ((watch.flags & HELD) !== 0) {
      this.parts.counters.count(Counter.ForwardThrottled);
    } else {
      watch.spacing = this.ticks(action.identifier);
      if (nowTicks >= watch.allowed) {
        watch.allowed = nowTicks + watch.spacing;
        return false;
      }
      watch.flags |= HELD;
      this.parts.framesHeld++;
      this.add((number << 1) | 1, watch.allowed);
    }
    memory.copy(changetype<usize>(watch) + offsetof<Watch>(), frame, FRAME_BYTES);
    return true;
  }

  /**
   * Serves what is due first: forwards a held frame, or finds that one is missing, or back. Returns the rule, from 1,
   * whose answer tells so; 0: none does. `hasRoom`: an answer may go to the bus.
   */
  serve(nowTicks: u64, hasRoom: bool): u32 {
    const first = this.queue.first;
    const watch = this.of(first >> 1);
    if ((first & 1) !== 0) {
      this.release(watch, nowTicks);
      return 0;
    }
    const timer = this.parts.responder.table.timer(watch.timer);
    const interval = this.ticks(timer.interval);
    const isBack = (watch.flags & RETURNED) !== 0;
    if (!isBack && watch.seen + interval > nowTicks) {
      this.queue.putOff(watch.seen + interval);
      return 0;
    }
    const notice = isBack ? timer.next : timer.count;
    if (!hasRoom && this.isForBus(notice)) {
      this.queue.putOff(nowTicks + this.retryTicks);
      return 0;
    }
    if (isBack) {
      watch.flags &= ~RETURNED;
      this.queue.putOff(watch.seen + interval);
      this.tell(timer, Counter.MessagesReturned, TraceEvent.MessageReturned, nowTicks);
    } else {
      // What comes next is a change.
      watch.flags &= ~(QUEUED | KNOWN);
      this.queue.remove();
      this.tell(timer, Counter.MessagesMissing, TraceEvent.MessageMissing, nowTicks);
      this.replace(timer);
    }
    return notice;
  }

  /** The frame that is held goes to AGL. */
  private release(watch: Watch, nowTicks: u64): void {
    const parts = this.parts;
    this.queue.remove();
    watch.flags &= ~HELD;
    watch.allowed = max<u64>(watch.allowed, nowTicks - min<u64>(nowTicks, watch.spacing));
    watch.allowed += watch.spacing;
    parts.framesHeld--;
    this.forward(changetype<usize>(watch) + offsetof<Watch>());
  }

  /** A frame with a check did not come: AGL may get a substitute. */
  private replace(timer: TimerFields): void {
    const parts = this.parts;
    const responder = parts.responder;
    const rule = responder.table.rule(timer.rule);
    const at = checkActionOf(responder.table, rule);
    if (at === 0) return;
    parts.counters.count(Counter.CheckNoNewData);
    const action = changetype<ActionFields>(at);
    responder.matchedRule = timer.rule;
    const disposition = responder.missed(action);
    if (disposition < CHECK_REPLACE) return;
    const made = this.made;
    made.identifier = rule.matchIdentifier;
    made.length = action.length;
    made.data = 0;
    parts.counters.count(Counter.FromAglAnswered);
    const replaced = responder.modifiedBy(rule, made, this.modified, disposition);
    if (replaced === 0) parts.counters.count(Counter.ModifiedDeleted);
    else this.forward(replaced);
  }

  private forward(frame: usize): void {
    const parts = this.parts;
    if (parts.forwardRing.put(frame) !== Status.Ok) countFullRing(parts);
  }

  private tell(timer: TimerFields, counter: Counter, event: TraceEvent, nowTicks: u64): void {
    const parts = this.parts;
    parts.counters.count(counter);
    if (!parts.records.on) return;
    const rule = parts.responder.table.rule(timer.rule);
    parts.records.trace.note(nowTicks, event, timer.rule, rule.matchIdentifier);
  }

  /** True if rule `number`, from 1, is there, and its answer goes to the bus. */
  private isForBus(number: u32): bool {
    if (number === 0) return false;
    return (this.parts.responder.table.rule(number - 1).flags & RULE_FROM_AGL) === 0;
  }

  private numberOf(timer: TimerFields): u32 {
    const table = this.parts.responder.table;
    const action = watchOf(table, table.rule(timer.rule));
    return changetype<ActionFields>(action).reserved0;
  }

  /** Watch `number`, which knows nothing if it was one of another table. */
  private of(number: u32): Watch {
    const at = this.watches + number * WATCH_BYTES;
    const watch = changetype<Watch>(at);
    if (watch.generation !== this.generation) {
      memory.fill(at, 0, WATCH_BYTES);
      watch.generation = this.generation;
    }
    return watch;
  }

  private add(entry: u32, ticks: u64): void {
    this.queue.add(entry, ticks);
    if (ticks < this.timer.ticks) this.timer.start(ticks, 0);
  }

  private ticks(micros: u32): u64 {
    return microsToTicks(micros, this.parts.clock.ticksPerSecond());
  }
}
