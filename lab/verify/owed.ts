// SPDX-License-Identifier: MIT
/**
 * The frames that a node owes the bus, and from when until when: an answer from the end of its request, a
 * frame of AGL's from its place in the ring, each until it is sent or given up.
 *
 * A frame that was never on the wire must have a reason. Each reason says until when the frame was owed.
 * Does not: say what should have been on the wire (strength.ts).
 */
import { arbitrationKeyOf, type CanFrame } from '../../twin/bus/can-frame.ts';
import type { Absent, Attempt } from './attempts.ts';
import { frameKey } from './frame-queues.ts';

/** An answer with the end of its request, or a frame of AGL's with the time at which the ring had it. */
export interface Due {
  readonly frame: CanFrame;
  readonly nanos: number;
  /** The rule of an answer. Its answers never overtake each other. */
  readonly rule?: string | undefined;
  /** When AGL was told that the frame is given up. */
  readonly refusedNanos?: number | undefined;
}

export interface Owed {
  readonly frame: CanFrame;
  /** The smaller wins arbitration. */
  readonly key: number;
  readonly isAnswer: boolean;
  readonly rule?: string | undefined;
  /** The node knows of it from here on. */
  readonly fromNanos: number;
  /** It is its turn: no frame of AGL's is before it. */
  readonly turnNanos: number;
  /** Start of the attempt that ended it, or when it was given up. */
  untilNanos: number;
  /** End of that attempt. */
  readonly endNanos?: number;
  isSent: boolean;
  /** AGL was told that it is given up. */
  readonly isRefused?: boolean;
}

export interface OwedOptions {
  readonly attempts: readonly Attempt[];
  readonly absences: readonly Absent[];
  readonly answers: readonly Due[];
  readonly fromAgl: readonly Due[];
  /**
   * AGL's frames have one transmit buffer, as a table keeps the others for the answers of two filters: the next one
   * comes out of the ring so long after the end of the one before. Absent: they have two buffers in turn.
   */
  readonly aglLookNanos?: number | undefined;
  /** AGL's frames are sorted by strength, too: `agl-order=identifier`. */
  readonly aglSorted: boolean;
  /** Each frame is tried once. */
  readonly oneShot: boolean;
  /** A frame may be given up after this time. */
  readonly timeoutNanos?: number | undefined;
}

/** After bus-off the cell looks once a millisecond, and sets the chip up again. */
const RETURN_NANOS = 2_000_000;
/** Answers that may wait at the same time (docs/rules.md, "Limits"). The weakest of more is dropped. */
const WAITING_MAXIMUM = 32;
/** Frames of AGL's that are sorted at the same time, at least. Others wait in the ring. */
const SORTED_MAXIMUM = 16;

export interface OwedResult {
  readonly owed: readonly Owed[];
  /** Answers dropped as the weakest of too many. */
  readonly dropped: number;
  readonly problems: readonly string[];
}

/** What was owed in a run. */
export function owedOf(options: OwedOptions): OwedResult {
  const problems: string[] = [];
  const ends = new Map<string, Attempt[]>();
  for (const attempt of options.attempts) {
    const frame = options.oneShot ? attempt.own : attempt.sent;
    if (frame === undefined) continue;
    const key = frameKey(frame);
    const list = ends.get(key);
    if (list === undefined) ends.set(key, [attempt]);
    else list.push(attempt);
  }
  const answers = answersOf(options, ends);
  const fromAgl = options.aglSorted
    ? sortedOfAgl(options, ends)
    : framesOfAgl(options, ends, problems);
  for (const left of [...ends.values()].flat()) {
    problems.push(`${frameKey(left.own ?? left.winner)} was sent twice, or for nobody`);
  }
  let dropped = 0;
  for (const each of [...answers, ...fromAgl]) {
    if (each.isSent) continue;
    const lostNanos = each.isRefused === true ? each.fromNanos : givenUpOf(each, options);
    if (lostNanos !== undefined) each.untilNanos = Math.min(lostNanos, fullBefore(each, answers));
    else if (!each.isAnswer) problems.push(`${frameKey(each.frame)} of AGL was never sent`);
    else {
      dropped++;
      const fullNanos = listFullOf(each, answers);
      if (fullNanos === undefined) {
        problems.push(`${frameKey(each.frame)} was never sent, nor the weakest of too many`);
      }
      each.untilNanos = fullNanos ?? each.fromNanos;
    }
  }
  // Of answers that are the same to the last bit it is not seen which were dropped.
  const unsure = new Set(
    answers.filter((each) => !each.isSent).map(({ frame }) => frameKey(frame)),
  );
  const sure = answers.filter(({ frame }) => !unsure.has(frameKey(frame)));
  const rules = overtaken(sure, ({ rule }) => rule);
  problems.push(...overtaken(sure, keyOf), ...rules, ...overtaken(fromAgl, keyOf));
  return { owed: [...inTurn(answers), ...fromAgl], dropped, problems };
}

/**
 * Pairs answers with the attempts that ended them, from the last one back: of equal answers the latest
 * possible requests count as answered, in their order.
 */
function answersOf({ answers }: OwedOptions, ends: Map<string, Attempt[]>): Owed[] {
  const owed = answers.toReversed().map(({ frame, nanos, rule }): Owed => {
    const key = frameKey(frame);
    const list = ends.get(key);
    const last = list?.at(-1);
    const base = { frame, key: arbitrationKeyOf(frame), isAnswer: true, rule };
    const times = { fromNanos: nanos, turnNanos: nanos };
    if (list === undefined || last === undefined || last.startNanos < nanos) {
      return { ...base, ...times, untilNanos: Infinity, isSent: false };
    }
    list.pop();
    if (list.length === 0) ends.delete(key);
    const { startNanos, endNanos } = last;
    return { ...base, ...times, untilNanos: startNanos, endNanos, isSent: true };
  });
  return owed.reverse();
}

/** The earlier one must leave first: both are answers of one rule, or have one identifier. */
function isBefore(earlier: Owed, later: Owed): boolean {
  return earlier.key === later.key || (earlier.rule !== undefined && earlier.rule === later.rule);
}

/**
 * Answers with the times from which they can have their own strength in the chip: not before a weaker one that has to
 * leave first has left, nor before it is the turn of any other such one. How long one that was given up was in the way is
 * not seen: those behind it are not judged.
 */
function inTurn(answers: readonly Owed[]): Owed[] {
  const turned: Owed[] = [];
  for (const each of answers) {
    let nanos = each.fromNanos;
    for (const before of turned) {
      if (!isBefore(before, each)) continue;
      const goneNanos = before.endNanos ?? Infinity;
      nanos = Math.max(nanos, before.turnNanos, before.key > each.key ? goneNanos : 0);
    }
    const turnNanos = Math.min(each.untilNanos, nanos);
    turned.push({ ...each, fromNanos: turnNanos, turnNanos });
  }
  return turned;
}

/**
 * AGL's frames keep their order. Each comes out of the ring when there is a buffer for it. How long one
 * that was given up was in the way is not seen: the two behind it are not judged. One behind a weaker one cannot
 * have its own strength in the chip before that has left, or it would overtake it: it is owed from then on.
 */
function framesOfAgl(
  { fromAgl, absences, aglLookNanos }: OwedOptions,
  ends: Map<string, Attempt[]>,
  problems: string[],
): Owed[] {
  let [lastEnd, lastButOneEnd, lastKey, sentEnd] = [0, 0, 0, 0];
  return fromAgl.map(({ frame, nanos, refusedNanos }): Owed => {
    const key = frameKey(frame);
    const end = ends.get(key)?.shift();
    if (ends.get(key)?.length === 0) ends.delete(key);
    const base = { frame, key: arbitrationKeyOf(frame), isAnswer: false };
    const ready = Math.max(
      nanos,
      aglLookNanos === undefined ? lastButOneEnd : lastEnd + aglLookNanos,
    );
    if (end === undefined) {
      const isRefused = refusedNanos !== undefined;
      if (!isRefused) lastEnd = Infinity;
      [lastButOneEnd, lastEnd] = [lastEnd, Math.max(lastEnd, refusedNanos ?? Infinity)];
      const times = { fromNanos: nanos, turnNanos: ready, untilNanos: Infinity };
      return { ...base, ...times, isSent: false, isRefused };
    }
    const { startNanos, endNanos } = end;
    if (startNanos < sentEnd) {
      problems.push(`${key} of AGL was sent out of order`);
    }
    const back = absences.findLast(({ toNanos }) => toNanos <= startNanos && toNanos >= ready);
    const backNanos = back === undefined ? 0 : back.toNanos + RETURN_NANOS;
    const behindNanos = lastKey > base.key ? lastEnd : 0;
    const fromNanos = Math.min(startNanos, Math.max(ready, backNanos, behindNanos));
    const turnNanos = Math.min(startNanos, Math.max(fromNanos, lastEnd));
    [lastButOneEnd, lastEnd, lastKey, sentEnd] = [lastEnd, endNanos, base.key, endNanos];
    return { ...base, fromNanos, turnNanos, untilNanos: startNanos, isSent: true };
  });
}

/**
 * AGL's frames in order of strength: each from when there is room for it outside the ring. With one buffer it
 * counts from the end of the last one before it.
 */
function sortedOfAgl({ fromAgl, aglLookNanos }: OwedOptions, ends: Map<string, Attempt[]>): Owed[] {
  const ended = [...ends.values()].flat().sort((left, right) => left.endNanos - right.endNanos);
  const owed: Owed[] = [];
  for (const { frame, nanos, refusedNanos } of fromAgl) {
    const key = frameKey(frame);
    const end = ends.get(key)?.shift();
    if (ends.get(key)?.length === 0) ends.delete(key);
    const untilNanos = end?.startNanos ?? refusedNanos ?? Infinity;
    const before = owed.map((each) => each.untilNanos).filter((until) => until > nanos);
    const excess = before.length - SORTED_MAXIMUM;
    const room = before.sort((left, right) => left - right)[excess] ?? nanos;
    const last = ended.findLast(({ endNanos }) => endNanos < untilNanos)?.endNanos ?? 0;
    const turnNanos = aglLookNanos === undefined ? 0 : last + aglLookNanos;
    const fromNanos = Math.min(untilNanos, Math.max(nanos, room, turnNanos));
    const base = { frame, key: arbitrationKeyOf(frame), isAnswer: false };
    const isSent = end !== undefined;
    const isRefused = refusedNanos !== undefined;
    owed.push({ ...base, fromNanos, turnNanos: fromNanos, untilNanos, isSent, isRefused });
  }
  return owed;
}

/** When a frame that was never sent was given up. Undefined: there is no reason. */
function givenUpOf(
  { fromNanos, isAnswer }: Owed,
  { absences, timeoutNanos }: OwedOptions,
): number | undefined {
  const away = absences.find(({ toNanos }) => toNanos + RETURN_NANOS > fromNanos);
  const times = [
    away && Math.max(fromNanos, away.fromNanos),
    timeoutNanos && fromNanos + timeoutNanos,
  ];
  const known = times.filter((nanos) => nanos !== undefined);
  if (known.length === 0) return undefined;
  // How long AGL's frame waited in the ring is not seen.
  return isAnswer ? Math.min(...known) : fromNanos;
}

/** The first time at which so many others waited that are as strong. */
function listFullOf({ key, fromNanos }: Owed, answers: readonly Owed[]): number | undefined {
  const stronger = answers.filter((other) => other.key <= key && other.untilNanos >= fromNanos);
  const times = [fromNanos, ...stronger.map((other) => other.fromNanos)]
    .filter((nanos) => nanos >= fromNanos)
    .sort((left, right) => left - right);
  return times.find((nanos) => {
    const waiting = stronger.filter(
      (other) => other.fromNanos <= nanos && other.untilNanos > nanos,
    );
    return waiting.length > WAITING_MAXIMUM;
  });
}

/** An answer may have been dropped as the weakest of too many before there was another reason. Infinity: it was not. */
function fullBefore(each: Owed, answers: readonly Owed[]): number {
  return each.isAnswer ? (listFullOf(each, answers) ?? Infinity) : Infinity;
}

function keyOf({ key }: Owed): number {
  return key;
}

/** Frames of one group leave in the order in which they were owed. */
function overtaken(owed: readonly Owed[], groupOf: (owed: Owed) => number | string | undefined) {
  const last = new Map<number | string, Owed>();
  const problems: string[] = [];
  for (const each of owed) {
    const group = groupOf(each);
    if (!each.isSent || group === undefined) continue;
    const before = last.get(group);
    if (before !== undefined && before.untilNanos > each.untilNanos) {
      problems.push(`${frameKey(each.frame)} overtook ${frameKey(before.frame)}`);
    }
    last.set(group, each);
  }
  return problems;
}
