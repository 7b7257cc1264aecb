// SPDX-License-Identifier: MIT
/**
 * What the timers of a table send, and when the safe state stands, by the model alone, on an idle bus: every frame leaves
 * when it is due.
 *
 * Does not: make frames, or share code with the firmware.
 */
import type { Rule, RuleTable, Timer } from '../model.ts';
import { arbitrationRank, timerOf } from '../model.ts';

/** What AGL does: its session runs, has ended, or stands still with its state unchanged. */
export type AglState = 'there' | 'gone' | 'silent';

/** Silence after which AGL is gone if the table does not say. */
const USUAL_AFTER_MICROS = 100_000;

/** A rule whose frame is due. */
export interface Due {
  readonly rule: Rule;
  readonly atMicros: number;
}

/** What one timer has before it. */
interface Course {
  readonly rule: Rule;
  readonly timer: Timer;
  /** Infinity: it has ended, or does not run. */
  nextMicros: number;
  sent: number;
}

export class TimerCourses {
  readonly #table: RuleTable;
  readonly #courses: readonly Course[];
  #agl: AglState = 'there';
  /** Since when AGL is as it is, and when its last heartbeat frame came. */
  #sinceMicros = 0;
  #beatMicros = -Infinity;
  #stands = false;
  /** A frame has ended it, and AGL was not there since. */
  #isDismissed = false;
  #nowMicros = 0;

  constructor(table: RuleTable) {
    this.#table = table;
    const timed = table.rules.flatMap((rule) => {
      const timer = timerOf(rule);
      return timer === undefined ? [] : [{ rule, timer, sent: 0 }];
    });
    this.#courses = timed.map((one) => ({
      ...one,
      nextMicros: one.timer.during === undefined ? one.timer.phaseMicros : Infinity,
    }));
    // Heartbeats begin with the first that comes.
    if (table.safeState?.heartbeat !== undefined && table.safeState.graceMicros === 0)
      this.#stand(0);
  }

  /** The frames of the safe state are sent. */
  get stands(): boolean {
    return this.#stands;
  }

  /** Whether the safe state stands, and has this identifier. */
  refuses({ identifier, extended }: { identifier: number; extended: boolean }): boolean {
    return this.stands && this.#owned(identifier, extended);
  }

  /** AGL changes now. */
  turn(agl: AglState, nowMicros: number): void {
    this.#agl = agl;
    this.#sinceMicros = nowMicros;
    this.#judge(nowMicros);
  }

  /** A rule takes a frame now: it may be a heartbeat, or the end of the safe state. */
  note({ name, from }: Rule, nowMicros: number): void {
    const { heartbeat, until } = this.#table.safeState ?? {};
    if (from === 'agl' && heartbeat?.rule === name) {
      this.#beatMicros = nowMicros;
      this.#judge(nowMicros);
    }
    if (from === undefined && typeof until === 'object' && until.rule === name && this.stands) {
      this.#isDismissed = !this.isThere(nowMicros);
      this.#end(nowMicros);
    }
  }

  /** What is due up to `micros`, in order; of frames that are due together the strongest first. */
  upTo(micros: number): Due[] {
    const due: Due[] = [];
    for (;;) {
      const next = Math.min(...this.#running.map(({ nextMicros }) => nextMicros));
      const turn = this.#nextTurn();
      const first = Math.min(next, turn);
      if (first > micros || first === Infinity) break;
      if (turn <= next) this.#judge(turn);
      else due.push(...this.#send(next));
    }
    this.#nowMicros = Math.max(this.#nowMicros, micros);
    return due;
  }

  #send(atMicros: number): Due[] {
    const now = this.#running.filter(({ nextMicros }) => nextMicros === atMicros);
    for (const course of now) {
      const { timer } = course;
      course.sent += 1;
      const isFirst = timer.count === undefined || course.sent < timer.count;
      const interval = isFirst ? timer.intervalMicros : timer.thenMicros;
      course.nextMicros = interval ? atMicros + interval : Infinity;
    }
    return now
      .toSorted((one, other) => rankOf(one.rule) - rankOf(other.rule))
      .flatMap((course) => [course.rule, ...this.#endOf(course)])
      .map((rule) => ({ rule, atMicros }));
  }

  /** The notice of a count that has ended with this frame. */
  #endOf({ timer, sent }: Course): readonly Rule[] {
    if (timer.ended === undefined || sent !== timer.count) return [];
    return this.#table.rules.filter(({ name }) => name === timer.ended);
  }

  /** Those that send frames now. The others stand still until the safe state ends. */
  get #running(): readonly Course[] {
    return this.#courses.filter(
      ({ rule, timer }) => timer.during !== undefined || !this.#isReplaced(rule),
    );
  }

  /** When AGL will count as gone if nothing happens before. */
  #nextTurn(): number {
    const { safeState } = this.#table;
    if (safeState === undefined || this.stands || this.#isDismissed) return Infinity;
    const turns = [
      this.#agl === 'there' ? Infinity : this.#sinceMicros,
      this.#agl === 'silent' ? this.#sinceMicros + safeState.afterMicros : Infinity,
      safeState.heartbeat ? this.#beatMicros + safeState.heartbeat.withinMicros : Infinity,
    ];
    const [, silent, beat] = turns;
    const gone = this.#agl === 'gone' ? this.#sinceMicros : Math.min(silent, beat);
    return Math.max(gone, safeState.graceMicros > this.#nowMicros ? safeState.graceMicros : 0);
  }

  /** Whether AGL counts as there, by the safe state if there is one. */
  isThere(nowMicros: number): boolean {
    const { afterMicros = USUAL_AFTER_MICROS, heartbeat } = this.#table.safeState ?? {};
    const silence = this.#agl === 'there' ? 0 : nowMicros - this.#sinceMicros;
    if (this.#agl === 'gone' || (this.#agl === 'silent' && silence >= afterMicros)) return false;
    return heartbeat === undefined || nowMicros - this.#beatMicros < heartbeat.withinMicros;
  }

  #judge(nowMicros: number): void {
    const { safeState } = this.#table;
    if (safeState === undefined) return;
    const isThere = this.isThere(nowMicros);
    if (isThere) this.#isDismissed = false;
    if (!isThere && !this.stands && !this.#isDismissed) this.#stand(nowMicros);
    else if (isThere && this.stands && safeState.until === 'agl') this.#end(nowMicros);
  }

  #stand(nowMicros: number): void {
    this.#stands = true;
    for (const course of this.#courses) {
      if (course.timer.during === undefined) continue;
      course.sent = 0;
      course.nextMicros = nowMicros + course.timer.phaseMicros;
    }
  }

  /** Frames that paused go on at once if one was due. */
  #end(nowMicros: number): void {
    this.#stands = false;
    for (const course of this.#courses) {
      const isOver = course.timer.during !== undefined;
      course.nextMicros = isOver ? Infinity : Math.max(course.nextMicros, nowMicros);
    }
  }

  #isReplaced({ answer }: Rule): boolean {
    return this.stands && answer !== null && this.#owned(answer.identifier, answer.extended);
  }

  #owned(identifier: number, extended: boolean): boolean {
    return this.#courses.some(
      ({ rule: { answer }, timer }) =>
        timer.during !== undefined &&
        answer?.identifier === identifier &&
        answer.extended === extended,
    );
  }
}

function rankOf({ answer }: Rule): number {
  return answer === null ? 0 : arbitrationRank({ ...answer, remote: false });
}
