// SPDX-License-Identifier: MIT
/**
 * SafeState: whether AGL is there, and so whether the frames of the table's safe state are sent.
 *
 * AGL is there while a session runs, its bridge's heartbeat is not older than the table says, and frames that the table
 * counts as a heartbeat keep coming. While the safe state stands, frames of AGL's with an identifier of the safe state's
 * are refused, so a bus never sees both.
 * Does not: send (Timers), or end a session (LinkReport).
 */
import {
  SAFE_FRAMES_MAXIMUM,
  TIMER_IN_SAFE_STATE,
  TIMER_SAFE_STATE,
  TIMER_UNTIL_NEVER,
  TimerFields,
} from '../../build/generated/rule-image';
import { IDENTIFIER_REMOTE } from '../can/frame';
import { TraceEvent } from '../page/trace-event';
import { Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { AnyParts } from './parts';

/** Silence after which AGL is gone if the table says nothing. */
const AFTER_MICROS: u32 = 100_000;
/** Why AGL counts as gone, bits of the trace's record. */
const NO_SESSION: u32 = 1;
const SILENT: u32 = 2;
const NO_HEARTBEAT_FRAME: u32 = 4;

@final
export class SafeState<Parts extends AnyParts> {
  /** The frames of the safe state are sent. */
  stands: bool = false;
  /** It has begun, or its frames are not all known: no frame of AGL's is taken. */
  isSettling: bool = false;
  private readonly identifiers: usize = heap.alloc(SAFE_FRAMES_MAXIMUM << 2);
  private count: u32 = 0;
  /** A frame has ended it, and AGL was not there since. */
  private isDismissed: bool = false;
  /** AGL was there since the start. */
  private wasThere: bool = false;
  /** Before, AGL may still be starting. */
  private graceEnds: u64 = 0;
  /** Hits of the rule of heartbeats at the last look, and when they grew. 0: not yet. */
  private heartbeats: u32 = 0;
  private heartbeatTicks: u64 = 0;
  /** Hits of the rule that ends the safe state, at the last look. */
  private ends: u32 = 0;
  /** It has taken a frame since the safe state began. */
  private isEndSeen: bool = false;

  constructor(private readonly parts: Parts) {}

  /** The cell starts. After a trap AGL gets no time to start. */
  start(nowTicks: u64, restarts: u32): void {
    this.wasThere = restarts !== 0;
    if (this.isGiven) this.graceEnds = nowTicks + this.ticks(this.record.phase);
  }

  /** The frames of the table follow, one by one. */
  begin(): void {
    this.count = 0;
  }

  /** Another table is about to come into force: what came since the last look counts. */
  leave(nowTicks: u64): void {
    if (this.isGiven) this.note(this.record, nowTicks);
  }

  /** The table is a new one, whose rules have no hits yet. */
  renew(): void {
    this.heartbeats = 0;
    this.ends = 0;
  }

  /** The checked table has `timer`. */
  add(timer: TimerFields): void {
    if ((timer.flags & TIMER_IN_SAFE_STATE) === 0) return;
    const rule = this.parts.responder.table.rule(timer.rule);
    store<u32>(this.identifiers + (this.count << 2), rule.answerIdentifier);
    this.count++;
  }

  /** The safe state has a frame with this identifier word. A remote frame has it as well: it asks for a live value. */
  owns(identifier: u32): bool {
    const wanted = identifier & ~IDENTIFIER_REMOTE;
    // loop: at most SAFE_FRAMES_MAXIMUM
    for (let frame: u32 = 0; frame < this.count; frame++) {
      if (load<u32>(this.identifiers + (frame << 2)) === wanted) return true;
    }
    return false;
  }

  /**
   * Looks whether AGL is there; about once a millisecond. `silentTicks`: since the last beat of its bridge. True: the
   * safe state begins or ends.
   */
  look(nowTicks: u64, silentTicks: u64): bool {
    if (!this.isGiven) {
      this.parts.aglIsThere = this.sessionAbsence(silentTicks, AFTER_MICROS) === 0;
      return this.stands && this.end(nowTicks, 0);
    }
    const record = this.record;
    this.note(record, nowTicks);
    const absence = this.absence(record, nowTicks, silentTicks);
    this.parts.aglIsThere = absence === 0;
    if (absence === 0) {
      this.wasThere = true;
      this.isDismissed = false;
    }
    if (!this.stands) {
      const isDue = absence !== 0 && (this.wasThere || nowTicks >= this.graceEnds);
      return isDue && !this.isDismissed && this.stand(nowTicks, absence);
    }
    if (!this.isEnded(record, absence)) return false;
    this.isDismissed = absence !== 0;
    return this.end(nowTicks, absence);
  }

  /** Heartbeats, and frames that end the safe state, since the last look. */
  private note(record: TimerFields, nowTicks: u64): void {
    const heartbeats = this.hitsOf(record.count);
    if (heartbeats !== this.heartbeats) this.heartbeatTicks = nowTicks;
    this.heartbeats = heartbeats;
    const ends = this.hitsOf(record.rule);
    if (ends !== this.ends) this.isEndSeen = true;
    this.ends = ends;
  }

  /** Hits of a rule of the table in force, numbered from 1; of 0: none. */
  private hitsOf(rule: u32): u32 {
    return rule === 0 ? 0 : this.parts.responder.table.hitsOf(rule - 1);
  }

  /** Why AGL is not there; 0: it is. */
  private absence(record: TimerFields, nowTicks: u64, silentTicks: u64): u32 {
    const absence = this.sessionAbsence(silentTicks, record.interval);
    if (record.count === 0) return absence;
    const isLate = nowTicks - this.heartbeatTicks > this.ticks(record.next);
    return isLate || this.heartbeatTicks === 0 ? absence | NO_HEARTBEAT_FRAME : absence;
  }

  /** Why AGL's session does not run; 0: it does. */
  private sessionAbsence(silentTicks: u64, afterMicros: u32): u32 {
    const parts = this.parts;
    const absence: u32 = parts.linkUsable && parts.agl.running ? 0 : NO_SESSION;
    return silentTicks >= this.ticks(afterMicros) ? absence | SILENT : absence;
  }

  private isEnded(record: TimerFields, absence: u32): bool {
    if ((record.flags & TIMER_UNTIL_NEVER) !== 0) return false;
    return (record.rule as u32) === 0 ? absence === 0 : this.isEndSeen;
  }

  private stand(nowTicks: u64, absence: u32): bool {
    this.stands = true;
    this.isEndSeen = false;
    this.parts.responder.table.wall.isSafe = true;
    this.parts.counters.count(Counter.SafeStates);
    this.tell(nowTicks, 1, absence);
    return true;
  }

  private end(nowTicks: u64, absence: u32): bool {
    this.stands = false;
    this.parts.responder.table.wall.isSafe = false;
    this.tell(nowTicks, 0, absence);
    return true;
  }

  private tell(nowTicks: u64, begins: u32, absence: u32): void {
    const records = this.parts.records;
    if (records.on) records.trace.note(nowTicks, TraceEvent.SafeState, begins, absence);
  }

  /** The table has a safe state. */
  private get isGiven(): bool {
    if (this.parts.responder.table.timerCount === 0) return false;
    return (this.record.kind as u32) === TIMER_SAFE_STATE;
  }

  /** What it says of it: the first of its timers. */
  private get record(): TimerFields {
    return this.parts.responder.table.timer(0);
  }

  private ticks(micros: u32): u64 {
    return microsToTicks(micros, this.parts.clock.ticksPerSecond());
  }
}
