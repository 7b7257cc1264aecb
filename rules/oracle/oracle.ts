// SPDX-License-Identifier: MIT
/**
 * The reference for rule tables: what a table makes of each frame, by the model alone.
 *
 * Does not: share code with the firmware, look at the image, or know a bus. It decides at the times that it
 * is given.
 */
import { LIVE_VALUES, liveValueOf, rateOf, SAME_AS_REQUEST } from '../model.ts';
import type { Rule, RuleAnswer, RuleTable, Step } from '../model.ts';
import type { E2eResult } from '../e2e/check.ts';
import { checkFrame, dispositionOf, missFrame, newCheckState } from './e2e-check.ts';
import type { CheckState } from './e2e-check.ts';
import { eightBytes, frameOf, lengthOf, targetOf } from './frame.ts';
import type { OracleFrame, Target } from './frame.ts';
import { matches, passesFilter } from './match.ts';
import { PendingCourse } from './pending.ts';
import { refusalOf } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import { runProgram } from './program.ts';
import { AnswerRate } from './rate.ts';
import { TimerCourses } from './timers.ts';
import type { AglState } from './timers.ts';
import { Watches } from './watches.ts';
import type { WatchEvent } from './watches.ts';

/** Where a frame comes from. Answers go back there, and forwarded frames to the other side. */
export type Side = 'bus' | 'agl';

/**
 * Why a frame is not forwarded, and not answered by a rule either: the rule says so; no filter passes it;
 * the default; its modified length does not fit a frame; its check says so; nothing that counts has changed; it is too
 * early, and the frame waits.
 */
export type DropReason =
  | (
      | 'rule'
      | 'filter'
      | 'default'
      | 'deleted'
      | 'safe-state'
      | 'check'
      | 'unchanged'
      | 'held'
      | 'without-agl'
    )
  | Refusal;

/** One answer of a rule. `limited`: by the rate. `deleted`: its length does not fit a frame. */
export type AnswerOutcome =
  { readonly kind: 'sent'; readonly frame: OracleFrame } | { readonly kind: 'limited' | 'deleted' };

/** What becomes of one frame. */
export interface Verdict {
  readonly from: Side;
  readonly frame: OracleFrame;
  /** The first rule that takes the frame. */
  readonly rule: Rule | undefined;
  /** What the rule's check has found. */
  readonly result?: E2eResult;
  readonly answers: readonly AnswerOutcome[];
  /** What the other side gets. */
  readonly forwarded: OracleFrame | undefined;
  readonly drop: DropReason | undefined;
  /** All frames for each side: answers first, in their order. */
  readonly toBus: readonly OracleFrame[];
  readonly toAgl: readonly OracleFrame[];
}

/** A frame for one side. */
export interface SidedFrame {
  readonly side: Side;
  readonly frame: OracleFrame;
}

/** What a rule remembers. */
interface RuleState {
  readonly counter: { value: number };
  readonly rate: AnswerRate;
  readonly check: CheckState;
}

const NO_DATA = new Uint8Array();

/** Of a bus whose bit rate is not stated, bit/s. Only rates in bit times depend on it. */
const USUAL_BITRATE = 500_000;

export class RuleOracle {
  /** The live values. They may be changed between frames. */
  readonly live = new Uint8Array(LIVE_VALUES);
  readonly #table: RuleTable;
  readonly #bitrate: number;
  readonly #states = new Map<Rule, RuleState>();
  readonly #timers: TimerCourses;
  readonly #watches: Watches;
  readonly #pending: PendingCourse;

  /** `before`: the table that this one replaces. Its state survives where name and kind are the same. */
  constructor(table: RuleTable, before?: RuleOracle, bitrate?: number) {
    this.#table = table;
    this.#timers = new TimerCourses(table);
    this.#watches = new Watches(table);
    this.#pending = new PendingCourse(table.pending);
    this.#bitrate = bitrate ?? (before ? before.#bitrate : USUAL_BITRATE);
    if (before === undefined) return;
    this.live.set(before.live);
    for (const rule of table.rules) {
      const old = before.#table.rules.find(({ name }) => name === rule.name);
      const state = old && before.#states.get(old);
      if (!old || !state || kindOf(old) !== kindOf(rule)) continue;
      const rate = new AnswerRate(rateOf(rule), this.#bitrate, state.rate);
      this.#states.set(rule, { ...state, rate });
    }
  }

  /**
   * The frames that timers and watches send up to a time, since the last call, in order. They begin at 0, when AGL is
   * there.
   */
  timed(nowMicros: number): SidedFrame[] {
    const due = this.#timers.upTo(nowMicros).map(({ rule, atMicros }) => {
      return { atMicros, make: () => this.#noticeOf(rule) };
    });
    const watched = this.#watches.upTo(nowMicros).map((event) => {
      return { atMicros: event.atMicros, make: () => this.#tell(event) };
    });
    const pending = this.#pending.upTo(nowMicros, (atMicros) => this.#timers.isThere(atMicros));
    const waiting = pending.map(({ frame, atMicros }) => {
      return { atMicros, make: (): SidedFrame[] => [{ side: 'bus', frame }] };
    });
    return [...watched, ...due, ...waiting]
      .toSorted((one, other) => one.atMicros - other.atMicros)
      .flatMap(({ make }) => make());
  }

  /** What watches alone have sent up to a time, since the last call of this or of `timed`. */
  watched(nowMicros: number): SidedFrame[] {
    return this.#watches.upTo(nowMicros).flatMap((event) => this.#tell(event));
  }

  #noticeOf(rule: Rule | undefined): SidedFrame[] {
    const frame = rule && this.timedFrame(rule);
    return frame === undefined ? [] : [{ side: rule?.from ?? 'bus', frame }];
  }

  /** What AGL or the bus gets for what a watch has found. */
  #tell({ rule, what, released }: WatchEvent): SidedFrame[] {
    if (released !== undefined) return [{ side: 'agl', frame: released }];
    const name = rule.watch?.timeout?.[what === 'missing' ? 'missing' : 'returned'];
    const notice = this.#noticeOf(
      this.#table.rules.find((one) => name !== undefined && one.name === name),
    );
    return what === 'missing' ? [...this.#substitute(rule), ...notice] : notice;
  }

  /** What AGL gets in place of a frame with a check that did not come. */
  #substitute(rule: Rule): SidedFrame[] {
    const { check, match } = rule;
    if (check === undefined) return [];
    const state = this.#stateOf(rule);
    if (missFrame(check, state.check) !== 'substitute') return [];
    const { identifier, extended } = match;
    const data = new Uint8Array(check.length);
    const zeros = { identifier, extended, remote: false, dlc: check.length, data };
    const frame = this.#modified(check.substitute, state, zeros);
    return frame === undefined ? [] : [{ side: 'agl', frame }];
  }

  /** The next frame of a rule that a timer sends; its counter moves on. */
  timedFrame(rule: Rule): OracleFrame | undefined {
    if (rule.answer === null) return undefined;
    const request = { identifier: 0, extended: false, remote: false, dlc: 0, data: NO_DATA };
    const target = startOf(rule.answer, request, this.live);
    const { counter } = this.#stateOf(rule);
    runProgram(rule.answer.steps ?? [], target, { request, live: this.live, counter });
    return frameOf(target);
  }

  /** AGL comes, goes, or stands still at a time. */
  turn(agl: AglState, nowMicros: number): void {
    this.#timers.turn(agl, nowMicros);
  }

  /** The verdict on a frame that comes at a time. Times must not decrease. */
  feed(frame: OracleFrame, from: Side = 'bus', nowMicros = 0): Verdict {
    const rule = this.#table.rules.find(
      (candidate) => (candidate.from ?? 'bus') === from && matches(candidate, frame),
    );
    const state = rule && this.#stateOf(rule);
    if (rule) this.#timers.note(rule, nowMicros);
    if (rule) this.#watches.see(rule, nowMicros);
    const result = rule?.check && state && checkFrame(rule.check, state.check, frame);
    const disposition = rule?.check && result ? dispositionOf(rule.check, result) : 'pass';
    if (disposition === 'drop') {
      const base = { from, frame, rule, result, answers: [], forwarded: undefined } as const;
      return { ...base, drop: 'check', toBus: [], toAgl: [] };
    }
    if (rule?.diagnosis === 'request') {
      this.#pending.request(frame, nowMicros, this.#timers.isThere(nowMicros));
    }
    if (rule?.withoutAgl !== undefined && !this.#timers.isThere(nowMicros)) {
      return this.#alone(rule, rule.withoutAgl, frame, nowMicros);
    }
    const refusal = from === 'agl' ? this.#refusal(rule, state, frame, nowMicros) : undefined;
    if (refusal !== undefined) return this.#refused(frame, rule, refusal, nowMicros);
    if (rule?.diagnosis === 'answer') this.#pending.answered(frame, nowMicros);
    const isAnswered = disposition === 'pass';
    const answers = rule && state && isAnswered ? this.#answer(rule, state, frame, nowMicros) : [];
    const isForward = rule ? rule.forward : this.#isForwardedByDefault(frame, from);
    const steps = isAnswered ? rule?.modify : rule?.check?.[disposition];
    const isChange = !isForward || rule === undefined || this.#watches.isChange(rule, frame);
    const made = isForward && isChange ? this.#modified(steps, state, frame) : undefined;
    const isHeld = rule !== undefined && made && this.#watches.holds(rule, made, nowMicros);
    const forwarded = isHeld ? undefined : made;
    const kept = isHeld ? 'held' : isChange ? undefined : 'unchanged';
    const back = sentOf(answers);
    if (from === 'agl' && forwarded && this.#timers.refuses(forwarded)) {
      const base = { from, frame, rule, answers, forwarded: undefined } as const;
      return { ...base, drop: 'safe-state', toBus: [], toAgl: back };
    }
    const onwards = forwarded === undefined ? [] : [forwarded];
    return {
      from,
      frame,
      rule,
      ...(result === undefined ? {} : { result }),
      answers,
      forwarded,
      drop: kept ?? this.#dropReason(rule, isForward, forwarded),
      toBus: from === 'bus' ? back : onwards,
      toAgl: from === 'bus' ? onwards : back,
    };
  }

  /** What the rule says while AGL is not there. */
  #alone(rule: Rule, said: RuleAnswer | 'nothing', frame: OracleFrame, nowMicros: number): Verdict {
    const answer = said === 'nothing' ? null : said;
    const answers = this.#answer(
      { ...rule, answer, moreAnswers: [] },
      this.#stateOf(rule),
      frame,
      nowMicros,
    );
    const base = { from: 'bus', frame, rule, answers, forwarded: undefined } as const;
    return { ...base, drop: 'without-agl', toBus: sentOf(answers), toAgl: [] };
  }

  /** Why a frame of AGL's is refused. One that is not is charged. */
  #refusal(
    rule: Rule | undefined,
    state: RuleState | undefined,
    frame: OracleFrame,
    nowMicros: number,
  ): Refusal | undefined {
    if (rule === undefined || state === undefined) {
      return this.#table.agl?.deny ? refusalOf(this.#table.rules, frame) : undefined;
    }
    return rule.forward && !state.rate.take(nowMicros) ? 'rate' : undefined;
  }

  /** The verdict on a frame that is refused: the alarm may go to the bus. */
  #refused(frame: OracleFrame, rule: Rule | undefined, drop: Refusal, nowMicros: number): Verdict {
    const alarm = this.#table.rules.find(({ when }) => when === 'alarm');
    const answers = alarm ? this.#answer(alarm, this.#stateOf(alarm), frame, nowMicros) : [];
    const base = { from: 'agl', frame, rule, answers: [], forwarded: undefined, drop } as const;
    return { ...base, toBus: sentOf(answers), toAgl: [] };
  }

  #stateOf(rule: Rule): RuleState {
    const state = this.#states.get(rule) ?? {
      counter: { value: 0 },
      rate: new AnswerRate(rateOf(rule), this.#bitrate),
      check: newCheckState(),
    };
    this.#states.set(rule, state);
    return state;
  }

  #answer(rule: Rule, state: RuleState, request: OracleFrame, nowMicros: number): AnswerOutcome[] {
    const all = [...(rule.answer ? [rule.answer] : []), ...(rule.moreAnswers ?? [])];
    // Of frames that AGL sends on, the frame itself was charged.
    const isCharged = rule.from === 'agl' && rule.forward;
    return all.map((answer) => {
      if (!isCharged && !state.rate.take(nowMicros)) return { kind: 'limited' };
      const target = startOf(answer, request, this.live);
      const { counter } = state;
      runProgram(answer.steps ?? [], target, { request, live: this.live, counter });
      const frame = frameOf(target);
      return frame === undefined ? { kind: 'deleted' } : { kind: 'sent', frame };
    });
  }

  #modified(
    steps: readonly Step[] = [],
    state: RuleState | undefined,
    frame: OracleFrame,
  ): OracleFrame | undefined {
    if (steps.length === 0 || state === undefined) return frame;
    const target = targetOf(frame);
    runProgram(steps, target, { request: frame, live: this.live, counter: state.counter });
    return frameOf(target);
  }

  #isForwardedByDefault(frame: OracleFrame, from: Side): boolean {
    const { filters, defaultAction } = this.#table;
    if (from === 'agl') return true;
    if (filters === undefined) return defaultAction === 'forward';
    return filters.some((filter) => passesFilter(filter, frame));
  }

  #dropReason(
    rule: Rule | undefined,
    isForward: boolean,
    forwarded: OracleFrame | undefined,
  ): DropReason | undefined {
    if (isForward) return forwarded === undefined ? 'deleted' : undefined;
    if (rule) return rule.answer ? undefined : 'rule';
    return this.#table.filters ? 'filter' : 'default';
  }
}

function sentOf(answers: readonly AnswerOutcome[]): OracleFrame[] {
  return answers.flatMap((outcome) => (outcome.kind === 'sent' ? [outcome.frame] : []));
}

/** The answer before its steps: its own bytes, those of the request, and live values. */
function startOf(answer: RuleAnswer, request: OracleFrame, live: Uint8Array): Target {
  const length = answer.length === SAME_AS_REQUEST ? lengthOf(request) : answer.length;
  const asked = eightBytes(request);
  const data = Uint8Array.from({ length }, (_, index) => {
    const source = answer.source[index] ?? null;
    if (source === null) return answer.data[index] ?? 0;
    const value = liveValueOf(source);
    return value === undefined ? asked[source] : live[value];
  });
  const { identifier, extended } = answer;
  return targetOf({ identifier, extended, remote: false, dlc: length, data });
}

/**
 * What must be the same for the state of a rule to survive: its answer's identifier, its counters, and how the
 * counters of its check run.
 */
function kindOf({ answer, moreAnswers = [], modify = [], check }: Rule): string {
  const steps = [answer, ...moreAnswers].flatMap((one) => one?.steps ?? []).concat(modify);
  const maxima = steps.flatMap((step) => (step.kind === 'load-counter' ? [step.maximum] : []));
  const kind = check && [check.counterMaximum, check.widens];
  return JSON.stringify([answer?.identifier, answer?.extended, maxima, kind]);
}
