// SPDX-License-Identifier: MIT
/**
 * Watches bus and AGL during a campaign, and says which promise was broken: an answer lost or late, a frame twice, out
 * of order, for nobody, a weaker frame sent before a stronger one. Notes how long each fault's effect outlasts it.
 *
 * It judges by what the chip accepted, what was on the wire and what AGL's interface got.
 * Does not: ask the cell; the page is judged at the end of a round (play.ts).
 */
import { takesPartNanos } from '../../rules/bus/cell-delays.ts';
import { arbitrationKeyOf, type CanFrame } from '../../twin/bus/can-frame.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { favourite } from '../../twin/bus/attempt.ts';
import type { Rig } from '../rig/rig.ts';
import type { FaultKind, KindName, Promise } from './kinds.ts';
import { answerKeyOf, demandedKeyOf, numberOf } from './traffic.ts';

const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;
/** The longest frame with its intermission (ISO 11898-1): one on the wire, and one stronger answer. */
const FRAME_BITS = 163;
const FRAMES_BEFORE = 2;
/** A cell that has given INT up asks the chip over SPI instead. */
const WITHOUT_LINE_NANOS = 200 * MICROSECOND;
/** Back on the bus, error counters and all. */
const BUS_OFF_GRACE_NANOS = 40 * MILLISECOND;
/** The driver of the ring waits 100 ms before it starts the interface again (src/virtio/can-driver.ts). */
const BUS_OFF_SESSION_NANOS = 200 * MILLISECOND;
const PROBLEMS_KEPT = 10;
/** DS20001801J, register 10-2. */
const CANSTAT = 0x0e;
const CANSTAT_OPMOD = 0xe0;
const CONFIGURATION_MODE = 0x80;

/** A fault, or the bus-off that came of one. */
export interface Trouble {
  readonly kind: KindName | 'bus-off-state';
  readonly lifts: readonly Promise[];
  readonly graceNanos: number;
  /** As `graceNanos`, for the promise `agl`. */
  readonly sessionNanos: number;
  readonly fromNanos: number;
  toNanos: number;
  /** Something else was wrong when it began. */
  readonly isOverlapped: boolean;
}

interface Due {
  readonly frame: CanFrame;
  readonly answerKey: string;
  readonly arbitrationKey: number;
  readonly nanos: number;
}

/** From the end of a fault: the first answer in time, and the first frame that AGL got. */
interface Return {
  readonly trouble: Trouble;
  answeredNanos?: number;
  arrivedNanos?: number;
  isOverlapped: boolean;
}

export class Watch {
  readonly problems: string[] = [];
  accepted = 0;
  demanded = 0;
  sent = 0;
  answers = 0;
  latestAnswerNanos = 0;
  readonly #rig: Rig;
  readonly #startNanos: number;
  readonly #troubles: Trouble[] = [];
  readonly #returns: Return[] = [];
  /** A frame without an error up to the last but one bit of EOF. */
  #valid: CanFrame | undefined;
  #open: Due[] = [];
  /** Answers of each key that the chip was asked for and that were sent. */
  readonly #asked = new Map<string, number>();
  readonly #told = new Map<string, number>();
  /** Place in the order of acceptance, and time, of the frames for AGL. */
  readonly #forAgl = new Map<
    number,
    { place: number; nanos: number; arrivals: number; times: number }
  >();
  #lastForAgl = -1;
  #lastOfAgl = -1;
  /** A frame decided so long ago takes part (docs/timing-budget.md). */
  readonly #partNanos: number;
  #boundNanos: number;
  #busOff: Trouble | undefined;

  constructor(rig: Rig) {
    const { bus, chip } = rig.board;
    this.#rig = rig;
    this.#startNanos = rig.now;
    this.#partNanos = takesPartNanos(Math.round(1e9 / rig.bitNanos));
    this.#boundNanos = this.#partNanos + FRAMES_BEFORE * FRAME_BITS * rig.bitNanos;
    const receive = chip.received.bind(chip);
    const endAttempt = chip.attemptEnded.bind(chip);
    chip.received = (frame, nanos) => {
      this.#valid = frame;
      receive(frame, nanos);
    };
    // It goes to a buffer at the end of EOF. A chip that has left the bus by then has none of it.
    chip.attemptEnded = (nanos) => {
      const isOff = (rig.register(CANSTAT) & CANSTAT_OPMOD) === CONFIGURATION_MODE;
      if (this.#valid !== undefined && !isOff) this.#accepted(this.#valid, nanos);
      this.#valid = undefined;
      endAttempt(nanos);
    };
    chip.onOverflow = (frame) => this.#overflowed(frame);
    bus.onFrame((record) => this.#onWire(record));
    bus.onAttempt((participants) => {
      const own = participants.find(({ node }) => node === chip)?.offer?.frame;
      if (own !== undefined) this.#offered(own, favourite(participants)?.node === chip);
      return [];
    });
  }

  begin(kind: KindName, { lifts, graceMicros, sessionMicros = graceMicros }: FaultKind): Trouble {
    const times = {
      graceNanos: graceMicros * MICROSECOND,
      sessionNanos: sessionMicros * MICROSECOND,
      fromNanos: this.#rig.now,
    };
    const isLate = this.#returns.some((each) => !isBack(each));
    const isBusy = isLate || this.#troubles.some(({ toNanos }) => toNanos === Infinity);
    const trouble = { kind, lifts, ...times, toNanos: Infinity, isOverlapped: isBusy };
    for (const each of this.#returns) {
      if (!isBack(each)) each.isOverlapped = true;
    }
    this.#troubles.push(trouble);
    if (kind === 'int-high' || kind === 'int-low') {
      this.#boundNanos += WITHOUT_LINE_NANOS;
    }
    return trouble;
  }

  end(trouble: Trouble): void {
    trouble.toNanos = this.#rig.now;
    const isAlone = this.#troubles.every(({ toNanos }) => toNanos !== Infinity);
    // One that came and went meanwhile may still have its effect.
    const isLast = this.#returns.every((each) => isBack(each));
    this.#returns.push({ trouble, isOverlapped: trouble.isOverlapped || !isAlone || !isLast });
  }

  /** Whether `promise` was lifted at any time of the span. */
  isLifted(promise: Promise, fromNanos = this.#startNanos, toNanos = this.#rig.now): boolean {
    return this.#troubles.some(
      ({ lifts, graceNanos, sessionNanos, ...trouble }) =>
        lifts.includes(promise) &&
        trouble.fromNanos <= toNanos &&
        trouble.toNanos + (promise === 'agl' ? sessionNanos : graceNanos) >= fromNanos,
    );
  }

  /** Call it often: bus-off is not told by an event. */
  look(): void {
    const isOff = this.#rig.board.chip.faults.busOff;
    if (isOff && this.#busOff === undefined) {
      const lifts = ['late', 'lost', 'agl'] as const;
      const fromNanos = this.#rig.now - MILLISECOND;
      const times = {
        graceNanos: BUS_OFF_GRACE_NANOS,
        sessionNanos: BUS_OFF_SESSION_NANOS,
        fromNanos,
      };
      const kind = 'bus-off-state';
      this.#busOff = { kind, lifts, ...times, toNanos: Infinity, isOverlapped: true };
      this.#troubles.push(this.#busOff);
    } else if (!isOff && this.#busOff !== undefined) {
      this.#busOff.toNanos = this.#rig.now;
      this.#busOff = undefined;
    }
  }

  /** A frame reached AGL's interface. */
  arrived(frame: CanFrame, nanos: number): void {
    const number = numberOf(frame, 'other');
    if (number === undefined) {
      if (answerKeyOf(frame) !== undefined) this.#unless('content', `AGL got ${textOf(frame)}`);
      return;
    }
    const known = this.#forAgl.get(number);
    if (known === undefined) return this.#unless('content', `AGL got ${number}, which nobody sent`);
    known.arrivals += 1;
    if (known.arrivals > known.times) this.#unless('content', `AGL got frame ${number} twice`);
    else if (known.place < this.#lastForAgl) {
      this.#unless('order', `AGL got frame ${number} out of order`);
    }
    // A number with a wrong bit says nothing about those that follow.
    const isSure = !this.isLifted('content', nanos - MILLISECOND, nanos);
    this.#lastForAgl = isSure ? Math.max(this.#lastForAgl, known.place) : -1;
    for (const each of this.#returns) {
      if (known.nanos >= each.trouble.toNanos) each.arrivedNanos ??= nanos;
    }
  }

  /** What is wrong at the end: answers that never came, faults from which there was no way back in time. */
  finish(): void {
    const { now } = this.#rig;
    const due = this.#open.filter(({ nanos }) => nanos < now - MILLISECOND - this.#boundNanos);
    for (const { nanos, answerKey } of due) {
      if (this.isLifted('lost', nanos, nanos + this.#boundNanos)) continue;
      this.#problem(`no answer ${answerKey}`, nanos);
    }
    for (const [number, { nanos, arrivals }] of this.#forAgl) {
      const until = nanos + 20 * MILLISECOND;
      if (arrivals > 0 || until > now || this.isLifted('agl', nanos, until)) continue;
      this.#problem(`AGL never got frame ${number}`, nanos);
    }
    for (const each of this.#returns) {
      const { trouble } = each;
      const limitNanos = trouble.toNanos + trouble.sessionNanos;
      if (each.isOverlapped || limitNanos > now || isBack(each, limitNanos)) continue;
      this.#problem(
        `not back ${trouble.sessionNanos / MILLISECOND} ms after ${trouble.kind}`,
        trouble.toNanos,
      );
    }
  }

  /** How long each fault's effect outlasted it, of those that had the time to themselves. */
  recoveries(): { kind: string; nanos: number }[] {
    return this.#returns
      .filter((each) => !each.isOverlapped && isBack(each))
      .map(({ trouble, answeredNanos = 0, arrivedNanos = 0 }) => ({
        kind: trouble.kind,
        nanos: Math.max(answeredNanos, arrivedNanos) - trouble.toNanos,
      }));
  }

  #accepted(frame: CanFrame, nanos: number): void {
    this.accepted += 1;
    const answerKey = demandedKeyOf(frame);
    if (answerKey !== undefined) {
      this.demanded += 1;
      const arbitrationKey = answerKey === 'static' ? 0x10 : Number(answerKey.split(':')[0]);
      this.#open.push({ frame, answerKey, arbitrationKey, nanos });
      this.#asked.set(answerKey, (this.#asked.get(answerKey) ?? 0) + 1);
    }
    const number = numberOf(frame, 'other');
    if (number === undefined) return;
    const times = (this.#forAgl.get(number)?.times ?? 0) + 1;
    this.#forAgl.set(number, { place: this.accepted, nanos, arrivals: 0, times });
  }

  #overflowed(frame: CanFrame): void {
    this.accepted -= 1;
    this.#unless('lost', `the chip had no room for ${textOf(frame)}`);
    const place = this.#open.findLastIndex((due) => due.frame === frame);
    if (place >= 0) {
      this.demanded -= 1;
      this.#open.splice(place, 1);
    }
    const number = numberOf(frame, 'other');
    if (number !== undefined) this.#forAgl.delete(number);
  }

  /** The chip takes part in an attempt with `own`: was a stronger answer owed long before? */
  #offered(own: CanFrame, wins: boolean): void {
    const { now, bitNanos } = this.#rig;
    const limitNanos = now - this.#partNanos - FRAME_BITS * bitNanos;
    const ownKey = arbitrationKeyOf(own);
    if (!wins || answerKeyOf(own) !== undefined) return;
    const before = this.#open.find((due) => due.nanos < limitNanos);
    if (before === undefined || this.isLifted('late', before.nanos, now)) return;
    this.#problem(`${textOf(own)} (${ownKey}) was sent, and ${before.answerKey} waited`, now);
  }

  #onWire({ frame, sender, outcome, startNanos }: WireRecord): void {
    if (sender !== this.#rig.board.chip.name || outcome !== 'complete') return;
    this.sent += 1;
    const key = answerKeyOf(frame);
    if (key !== undefined) return this.#answered(key, startNanos);
    const number = numberOf(frame, 'agl');
    if (number === undefined) return this.#unless('content', `the cell sent ${textOf(frame)}`);
    const isSure = !this.isLifted('content', startNanos - MILLISECOND, startNanos);
    if (isSure && number <= this.#lastOfAgl) {
      this.#problem(`frame ${number} of AGL was sent twice or late`, startNanos);
    }
    this.#lastOfAgl = isSure ? Math.max(this.#lastOfAgl, number) : -1;
  }

  #answered(key: string, startNanos: number): void {
    this.answers += 1;
    const told = (this.#told.get(key) ?? 0) + 1;
    this.#told.set(key, told);
    const place = this.#placeOf(key);
    if (place < 0) {
      if (told > (this.#asked.get(key) ?? 0))
        this.#unless('content', `answer ${key} for nobody, or twice`);
      return;
    }
    const [{ nanos }] = this.#open.splice(place, 1);
    const waited = startNanos - nanos;
    if (this.isLifted('late', nanos, startNanos)) {
      // Of faults under way it is not known which held it up.
    } else if (waited > this.#boundNanos) {
      this.#problem(`answer ${key} ${waited} ns after its request`, nanos);
    } else this.latestAnswerNanos = Math.max(this.latestAnswerNanos, waited);
    if (waited > this.#boundNanos) return;
    for (const each of this.#returns) {
      if (nanos >= each.trouble.toNanos) each.answeredNanos ??= startNanos;
    }
  }

  /**
   * The request that an answer belongs to, or -1. Those of the same key whose answers may have been lost, and that
   * are followed by another, count as lost.
   */
  #placeOf(key: string): number {
    for (;;) {
      const place = this.#open.findIndex(({ answerKey }) => answerKey === key);
      const hasNext = this.#open.findLastIndex(({ answerKey }) => answerKey === key) > place;
      if (!hasNext) return place;
      const { nanos } = this.#open[place];
      if (!this.isLifted('lost', nanos, nanos + this.#boundNanos)) return place;
      this.#open.splice(place, 1);
    }
  }

  #unless(promise: Promise, problem: string): void {
    const { now } = this.#rig;
    if (!this.isLifted(promise, now - MILLISECOND, now)) this.#problem(problem, now);
  }

  #problem(problem: string, nanos: number): void {
    if (this.problems.length >= PROBLEMS_KEPT) return;
    const micros = Math.round((nanos - this.#startNanos) / MICROSECOND);
    this.problems.push(`${micros} us: ${problem}`);
  }
}

function isBack({ answeredNanos, arrivedNanos }: Return, limitNanos = Infinity): boolean {
  if (answeredNanos === undefined || arrivedNanos === undefined) return false;
  return Math.max(answeredNanos, arrivedNanos) <= limitNanos;
}

function textOf({ identifier, data }: CanFrame): string {
  return `${identifier.toString(16)}#${Buffer.from(data).toString('hex')}`;
}
