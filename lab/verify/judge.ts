// SPDX-License-Identifier: MIT
/**
 * Compares what happened on the wires with what the rules demand.
 *
 * It presents every frame of the bus to the rule oracle. Each frame that the cell sent must be an
 * expected answer or a frame from AGL, and each of these is used once.
 * Does not: look into the cell.
 */
import type { Rule, RuleTable } from '../../rules/model.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { formatLogLine } from '../../twin/logs/candump/write.ts';
import { type CanFrame } from '../../twin/bus/can-frame.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { FrameQueues } from './frame-queues.ts';
import type { AglGiven, Observations } from '../rig/observations.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { isStaticAnswer, timerOf } from '../../rules/model.ts';
import { isWait } from '../../rules/oracle/pending.ts';
import { writeFrameText } from '../../rules/oracle/frame-text.ts';
import type { SendRequest } from '../rig/spi-operations.ts';

/** A frame on its way when AGL dies is lost by AGL and not by the cell. */
const IN_FLIGHT_NANOS = 5_000_000;
const NANOS_PER_MICRO = 1_000;
const NANOS_PER_SECOND = 1e9;
/** Name of AGL's CAN interface in agl.log. */
export const AGL_INTERFACE = 'vcan0';
/** Problems of one kind that are listed one by one. Further ones are only counted. */
const LISTED_PROBLEMS = 5;

export interface AnsweredRequest {
  readonly ruleName: string;
  readonly isStatic: boolean;
  readonly request: WireRecord;
  readonly answer: WireRecord;
  /** When the chip signalled that it has the request (see interruptNanosOf). */
  readonly interruptNanos: number;
  /** The request to send that made the answer. Undefined: it was not seen on the SPI lines. */
  readonly send: SendRequest | undefined;
}

export interface Judgement {
  readonly urgentRequests: number;
  readonly answered: readonly AnsweredRequest[];
  /** Frames that reached AGL as the rules demand. */
  readonly forwarded: number;
  readonly sentForAgl: number;
  /** Frames that told of refused frames of AGL's. */
  readonly alarms: number;
  /** Frames that timers of the table were due to send. */
  readonly timed: number;
  /** Requests to send of AGL's frames, as seen on the SPI lines. */
  readonly aglSends: readonly SendRequest[];
  /** Answers, forwards and frames from AGL that should have happened and did not. */
  readonly lost: number;
  /** Frames that were dropped on purpose, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What is wrong, one line each. Empty if everything happened. */
  readonly problems: readonly string[];
}

interface ExpectedAnswer {
  readonly request: WireRecord;
  readonly ruleName: string;
  readonly isStatic: boolean;
}

interface ExpectedForward {
  readonly index: number;
  readonly record: WireRecord;
  isDone: boolean;
}

/** The timing of the run that the judge needs. */
export interface JudgeTimes {
  /** Duration of a bit on the bus. */
  readonly bitNanos: number;
  /** Converts virtual time to the time of the input logs, for messages. */
  readonly toLogNanos: (nanos: number) => bigint;
}

export function judge(table: RuleTable, seen: Observations, times: JudgeTimes): Judgement {
  return new Judge(table, seen, times).result();
}

class Judge {
  readonly #oracle: RuleOracle;
  readonly #table: RuleTable;
  readonly #seen: Observations;
  readonly #times: JudgeTimes;
  readonly #timed: readonly Rule[];
  readonly #expectedAnswers = new FrameQueues<ExpectedAnswer>();
  readonly #openAnswers = new Set<ExpectedAnswer>();
  readonly #expectedForwards = new FrameQueues<ExpectedForward>();
  readonly #forwards: ExpectedForward[] = [];
  readonly #answersToAgl = new FrameQueues<{ given: AglGiven }>();
  readonly #openToAgl = new Set<{ given: AglGiven }>();
  /** What watches send. It is not owed: they may be late, and the run over. */
  readonly #watched = { bus: new FrameQueues<true>(), agl: new FrameQueues<true>() };
  readonly #givenFrames = new FrameQueues<{ given: AglGiven; index: number; isAlarm: boolean }>();
  readonly #sentGiven = new Set<AglGiven>();
  readonly #sends = new FrameQueues<SendRequest>();
  readonly #answered: AnsweredRequest[] = [];
  readonly #aglSends: SendRequest[] = [];
  readonly #dropped = new Map<string, number>();
  readonly #problems = new Map<string, string[]>();
  #urgentRequests = 0;
  #sentForAgl = 0;
  #alarms = 0;
  #timedFrames = 0;
  #lastSentIndex = -1;

  constructor(table: RuleTable, seen: Observations, times: JudgeTimes) {
    this.#table = table;
    this.#oracle = new RuleOracle(table, undefined, NANOS_PER_SECOND / times.bitNanos);
    const ends = table.rules.map((rule) => timerOf(rule)?.ended);
    this.#timed = table.rules.filter(
      (rule) => timerOf(rule) !== undefined || ends.includes(rule.name),
    );
    this.#seen = seen;
    this.#times = times;
  }

  result(): Judgement {
    const given = this.#seen.aglGiven;
    given.forEach((item, index) => {
      if (item.accepted) this.#givenByAgl(item, index);
      else this.#drop('aglDown');
    });
    for (const send of this.#seen.operations.sends) this.#sends.add(send.frame, send);
    for (const record of this.#seen.wire) {
      this.#noteWatched(record.startNanos / NANOS_PER_MICRO);
      if (record.sender === CELL_SENDER) this.#sentByCell(record);
      else this.#receivedByCell(record);
    }
    this.#noteWatched(Number.MAX_SAFE_INTEGER);
    const forwarded = this.#matchForwards();
    const unforwarded = this.#countUnforwarded();
    for (const open of this.#openAnswers) this.#problem('not answered', open.request);
    for (const { given: open } of this.#openToAgl) {
      this.#problem('of AGL, not answered', open.frame, open.nanos);
    }
    const unsent = this.#countUnsent();
    return {
      urgentRequests: this.#urgentRequests,
      answered: this.#answered,
      forwarded,
      sentForAgl: this.#sentForAgl,
      alarms: this.#alarms,
      timed: this.#timedFrames,
      aglSends: this.#aglSends,
      lost: this.#openAnswers.size + this.#openToAgl.size + unforwarded + unsent,
      dropped: Object.fromEntries(this.#dropped),
      problems: [...this.#problems].flatMap(([kind, lines]) => listed(kind, lines)),
    };
  }

  #noteWatched(nowMicros: number): void {
    for (const { side, frame } of this.#oracle.watched(nowMicros)) {
      this.#watched[side].add(frame, true);
    }
  }

  #receivedByCell(record: WireRecord): void {
    const verdict = this.#oracle.feed(record.frame, 'bus', record.endNanos / NANOS_PER_MICRO);
    const { rule, drop, toBus, forwarded } = verdict;
    if (drop) this.#drop(drop);
    if (toBus.length > 0) this.#urgentRequests += 1;
    for (const answer of toBus) {
      const isStatic = rule?.answer ? isStaticAnswer(rule.answer) : false;
      const expected = { request: record, ruleName: rule?.name ?? '', isStatic };
      this.#expectedAnswers.add(answer, expected);
      this.#openAnswers.add(expected);
    }
    if (forwarded) {
      const expected = { index: this.#forwards.length, record, isDone: false };
      this.#forwards.push(expected);
      this.#expectedForwards.add(forwarded, expected);
    }
  }

  /** A frame of AGL's that the cell took: what the rules make of it is owed. */
  #givenByAgl(given: AglGiven, index: number): void {
    const verdict = this.#oracle.feed(given.frame, 'agl', given.nanos / NANOS_PER_MICRO);
    const { drop, toAgl, toBus } = verdict;
    if (drop) this.#drop(drop);
    if (toBus.length === 0) this.#sentGiven.add(given);
    const isAlarm = verdict.forwarded === undefined;
    for (const frame of toBus) this.#givenFrames.add(frame, { given, index, isAlarm });
    for (const answer of toAgl) {
      const owed = { given };
      this.#answersToAgl.add(answer, owed);
      this.#openToAgl.add(owed);
    }
  }

  #sentByCell(record: WireRecord): void {
    const send = this.#sends.take(record.frame, ({ nanos }) => nanos <= record.startNanos);
    const expected = this.#expectedAnswers.take(record.frame);
    if (expected) {
      this.#openAnswers.delete(expected);
      const interruptNanos = this.#interruptNanosOf(expected.request);
      this.#answered.push({ ...expected, answer: record, interruptNanos, send });
      return;
    }
    const isEarlier = (item: { given: AglGiven }): boolean => item.given.nanos <= record.startNanos;
    const given = this.#givenFrames.take(record.frame, isEarlier);
    if (!given && (this.#watched.bus.take(record.frame) || this.#isTimed(record.frame))) {
      this.#timedFrames += 1;
      return;
    }
    if (!given) {
      this.#problem('sent by the cell, though nobody asked for it', record);
      return;
    }
    this.#sentGiven.add(given.given);
    if (given.isAlarm) {
      this.#alarms += 1;
      return;
    }
    this.#sentForAgl += 1;
    if (send) this.#aglSends.push(send);
    if (given.index < this.#lastSentIndex) this.#problem('sent for AGL out of order', record);
    this.#lastSentIndex = given.index;
  }

  /** A frame that a timer sends: the next one of its rule. When it was due, tests/cases/timers.test.ts asks. */
  #isTimed(frame: WireRecord['frame']): boolean {
    if (isWait(this.#table, frame)) return true;
    const text = writeFrameText(frame);
    return this.#timed
      .filter(({ answer }) => answer?.identifier === frame.identifier)
      .some((rule) => {
        const expected = this.#oracle.timedFrame(rule);
        return expected !== undefined && writeFrameText(expected) === text;
      });
  }

  /**
   * When the chip had the request. This is the fall of INT if there was one in the last bits of
   * this frame. Otherwise INT was still low for an earlier frame, and it is the end of the frame,
   * where the chip stores it.
   */
  #interruptNanosOf({ endNanos }: WireRecord): number {
    const slackNanos = 2 * this.#times.bitNanos;
    const fall = this.#seen.lastInterruptFall(endNanos + slackNanos);
    return fall !== undefined && fall >= endNanos - slackNanos ? fall : endNanos;
  }

  /**
   * Pairs the frames that AGL received with the frames that it should have received. Counts the
   * pairs.
   */
  #matchForwards(): number {
    let forwarded = 0;
    let lastIndex = -1;
    for (const { frame, nanos } of this.#seen.aglReceived) {
      const isEarlier = ({ record }: ExpectedForward): boolean => record.endNanos <= nanos;
      const isGiven = ({ given }: { given: AglGiven }): boolean => given.nanos <= nanos;
      const expected = this.#expectedForwards.take(frame, isEarlier);
      const asked = expected ? undefined : this.#answersToAgl.take(frame, isGiven);
      if (asked) {
        this.#openToAgl.delete(asked);
        continue;
      }
      if (!expected && (this.#watched.agl.take(frame) || this.#isTimed(frame))) {
        forwarded += 1;
        continue;
      }
      if (!expected) {
        this.#problem('reached AGL, though no rule forwards it', frame, nanos);
        continue;
      }
      expected.isDone = true;
      forwarded += 1;
      if (expected.index < lastIndex) this.#problem('reached AGL out of order', frame, nanos);
      lastIndex = expected.index;
    }
    return forwarded;
  }

  #countUnforwarded(): number {
    let count = 0;
    for (const { record, isDone } of this.#forwards) {
      if (isDone) continue;
      if (this.#isAglAbsent(record.endNanos)) {
        this.#drop('aglDown');
        continue;
      }
      count += 1;
      this.#problem('never reached AGL', record);
    }
    return count;
  }

  /**
   * Counts the frames from AGL that the bridge took and the bus never saw, unless AGL died with
   * them.
   */
  #countUnsent(): number {
    let count = 0;
    for (const item of this.#seen.aglGiven) {
      if (!item.accepted || this.#sentGiven.has(item)) continue;
      if (this.#isAglAbsent(item.nanos)) {
        this.#drop('aglDown');
        continue;
      }
      count += 1;
      this.#problem('given by AGL, never sent', item.frame, item.nanos);
    }
    return count;
  }

  #isAglAbsent(nanos: number): boolean {
    return this.#seen.absences.some(
      ({ fromNanos, toNanos }) => nanos >= fromNanos - IN_FLIGHT_NANOS && nanos < toNanos,
    );
  }

  #drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  #problem(kind: string, about?: WireRecord | CanFrame, nanos?: number): void {
    const lines = this.#problems.get(kind) ?? [];
    this.#problems.set(kind, lines);
    if (!about) return;
    const isRecord = 'frame' in about;
    const logNanos = this.#times.toLogNanos(isRecord ? about.endNanos : (nanos ?? 0));
    const [sender, frame] = isRecord ? [about.sender, about.frame] : [AGL_INTERFACE, about];
    lines.push(formatLogLine(logNanos, sender, frame));
  }
}

function listed(kind: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [kind];
  const shown = lines.slice(0, LISTED_PROBLEMS).map((line) => `${kind}: ${line}`);
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `${kind}: ${more} more`] : shown;
}
