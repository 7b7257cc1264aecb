// SPDX-License-Identifier: MIT
/**
 * The worst times of all streams of a bus together.
 *
 * An answer inherits the jitter of its request, and that depends on all answers stronger than the
 * request. All streams are therefore computed in rounds, from the best case up, until nothing
 * changes. docs/timing-budget.md has the formula.
 */
import { loadOf, worstOf } from './busy-period.ts';
import type { Contention, Interference, Worst } from './busy-period.ts';
import { fromAglDelayNanos, LOOK_BITS, readTakesPartNanos, takesPartNanos } from './cell-delays.ts';
import { bitsToNanos } from './frame-time.ts';
import type { Stream } from './streams.ts';

/** Error flags, delimiter, intermission and the pause of an error-passive sender, in bits. */
const ERROR_BITS = 31;
/** Rounds after which a time that still grows counts as unbounded. */
const ROUNDS_MAXIMUM = 200;

/** Why a stream has no worst time. */
export type NoBound =
  /** Stronger frames leave no room for it. */
  | 'overload'
  /** There would be room for it, but a weaker frame of AGL, or of its rule, may be ahead of this one. */
  | 'order'
  /** Its request, or a frame that goes before it, has no worst time. */
  | 'follows';

/** The result of one stream. */
export interface Result {
  readonly stream: Stream;
  /**
   * For the cell's own: counted from the end of the request or its place in AGL's ring. For others:
   * from the period.
   */
  readonly worst: Worst | NoBound;
  /** For the cell's own: the part until the frame contends. */
  readonly delayNanos: number;
  /** For a frame of AGL: weaker ones of AGL, which may be ahead; for an answer: those of its rule. */
  readonly weakerAhead: readonly Stream[];
}

/** Bit rate and error rate of the bus. */
export interface BusConditions {
  readonly bitrate: number;
  readonly errorEveryNanos?: number;
}

/** The result of each stream, in the order of `streams`. */
export function worstCases(streams: readonly Stream[], bus: BusConditions): Result[] {
  let round = Round.first(streams, bus);
  for (let number = 0; number < ROUNDS_MAXIMUM; number++) {
    const results = streams.map((stream) => round.resultOf(stream));
    const next = round.after(results);
    if (next === undefined) return results;
    round = next;
  }
  return streams.map((stream) => ({ ...round.resultOf(stream), worst: 'overload' }));
}

/** One round. It starts from what the previous round found for each stream. */
class Round {
  readonly #streams: readonly Stream[];
  readonly #bus: BusConditions;
  /** Worst total of each stream so far. Infinity: no bound. */
  readonly #totals: ReadonlyMap<Stream, number>;
  /** S. */
  readonly #takesPart: number;
  /** From AGL's ring until a frame contends. */
  readonly #fromAglDelay: number;
  /** From the end of a frame of the cell until the next one contends, where it has gaps. */
  readonly #gapNanos: number;
  /** Streams of the cell. */
  readonly #ownCount: number;

  private constructor(
    streams: readonly Stream[],
    bus: BusConditions,
    totals: ReadonlyMap<Stream, number>,
  ) {
    this.#streams = streams;
    this.#bus = bus;
    this.#totals = totals;
    this.#takesPart = takesPartNanos(bus.bitrate);
    this.#fromAglDelay = fromAglDelayNanos((nanos) => this.#framesIn(nanos), bus.bitrate);
    this.#gapNanos = bitsToNanos(LOOK_BITS, bus.bitrate) + this.#takesPart;
    this.#ownCount = streams.filter(({ own }) => own !== undefined).length;
  }

  /** The best case: each frame alone on the bus. */
  static first(streams: readonly Stream[], bus: BusConditions): Round {
    return new Round(
      streams,
      bus,
      new Map(streams.map((stream) => [stream, stream.transmissionNanos])),
    );
  }

  /** The next round, from these results. Undefined: nothing has changed. */
  after(results: readonly Result[]): Round | undefined {
    const totals = new Map(
      results.map(({ stream, worst }) => [
        stream,
        typeof worst === 'string' ? Infinity : worst.totalNanos,
      ]),
    );
    const isSettled = this.#streams.every(
      (stream) => totals.get(stream) === this.#totals.get(stream),
    );
    return isSettled ? undefined : new Round(this.#streams, this.#bus, totals);
  }

  resultOf(stream: Stream): Result {
    const ahead = this.#aheadOf(stream);
    const weakerAhead = ahead.filter((other) => weakestRankOf(other) > stream.rank);
    const level = Math.max(weakestRankOf(stream), ...ahead.map(weakestRankOf));
    const result = { stream, delayNanos: this.#delayOf(stream), weakerAhead };
    const contention = this.#contentionOf(stream, ahead, level);
    const { target, interference } = contention;
    if ([target, ...interference].some(({ jitterNanos }) => !Number.isFinite(jitterNanos))) {
      return { ...result, worst: 'follows' };
    }
    const worst = worstOf(contention);
    if (worst !== undefined) return { ...result, worst };
    const stronger = ahead.filter(({ rank }) => rank <= stream.rank);
    const isHeldBack = loadOf(this.#contentionOf(stream, stronger, stream.rank)) < 1;
    return { ...result, worst: isHeldBack && weakerAhead.length > 0 ? 'order' : 'overload' };
  }

  /** What may be ahead whatever its identifier, because it was first; and what may be ahead of that. */
  #aheadOf(stream: Stream): Stream[] {
    const ahead = new Set([stream]);
    // What is added is looked at in its turn.
    for (const one of ahead) {
      // An answer with the same identifier may be behind others of its rule.
      const isAnswer = one.own !== undefined && !isFromAgl(one);
      const isEqual = (other: Stream): boolean =>
        isAnswer && hasOrder(other) && other.rank <= one.rank && one.rank <= weakestRankOf(other);
      const isAhead = (other: Stream): boolean => keepsOrder(other, one) || isEqual(other);
      for (const other of this.#streams) if (other !== one && isAhead(other)) ahead.add(other);
    }
    ahead.delete(stream);
    return [...ahead];
  }

  /**
   * `ahead` goes first, whatever its identifiers are. So do all other frames down to `level`.
   */
  #contentionOf(stream: Stream, ahead: readonly Stream[], level: number): Contention {
    const others = this.#streams.filter((other) => other !== stream && !ahead.includes(other));
    const isFirst = ({ rank }: Stream): boolean => rank <= level;
    const inheritedNanos = this.#inheritedOf(stream);
    const blockingNanos = longestOf(others.filter((other) => !isFirst(other)));
    const gapNanos = stream.own?.hasGaps === true ? this.#gapNanos + blockingNanos : 0;
    const withGap = (other: Interference): Interference => ({
      ...other,
      transmissionNanos: other.transmissionNanos + (other.isOwn ? gapNanos : 0),
    });
    return {
      target: {
        ...stream,
        jitterNanos: inheritedNanos + this.#delayOf(stream),
        repeatNanos: stream.transmissionNanos + gapNanos,
      },
      inheritedNanos,
      blockingNanos,
      interference: [
        ...others.filter(isFirst).map((other) => withGap(this.#onWire(other))),
        ...ahead.map((other) => withGap(this.#inRing(other))),
      ],
      errors: this.#errors(),
      bitNanos: bitsToNanos(1, this.#bus.bitrate),
    };
  }

  /** A frame of AGL ahead of another one. It counts from its place in the ring. */
  #inRing(stream: Stream): Interference {
    const jitterNanos = this.#inheritedOf(stream) + this.#delayOf(stream);
    return { ...stream, jitterNanos, isOwn: true };
  }

  /**
   * A stream that competes on the wire. A frame of AGL does so when the ones ahead of it have left, and an answer behind
   * others of its rule, so the time that it waits counts as jitter as well.
   */
  #onWire(stream: Stream): Interference {
    if (stream.own === undefined) return { ...stream, isOwn: false };
    const hasWaited = isFromAgl(stream) || hasOrder(stream);
    const waited = hasWaited ? this.#totalOf(stream) - stream.transmissionNanos : 0;
    const jitterNanos = this.#inheritedOf(stream) + Math.max(this.#delayOf(stream), waited);
    return { ...stream, jitterNanos, isOwn: true };
  }

  /** Longest delay beyond the period until the request ends or AGL gives the frame. */
  #inheritedOf(stream: Stream): number {
    const request = stream.own?.request;
    if (request !== undefined) {
      return Math.max(0, this.#totalOf(request) - request.shortestNanos);
    }
    return stream.own === undefined ? 0 : stream.jitterNanos;
  }

  /**
   * Time until a frame contends. For the cell's own it counts from the end of the request or its
   * place in the ring. An answer contends with its RTS if nothing is in the way: its own buffer, or
   * all of them, are empty when the request comes.
   */
  #delayOf(stream: Stream): number {
    const { own, jitterNanos, periodNanos } = stream;
    if (own === undefined) return jitterNanos;
    if (own.delayNanos === undefined) return this.#fromAglDelay;
    const isAlone = this.#ownCount === 1 || own.isKept === true;
    if (isAlone && this.#totalOf(stream) <= periodNanos) return own.delayNanos;
    if (own.isRead !== true) return Math.max(own.delayNanos, this.#takesPart);
    return Math.max(own.delayNanos, readTakesPartNanos(this.#bus.bitrate));
  }

  #totalOf(stream: Stream): number {
    return this.#totals.get(stream) ?? 0;
  }

  /** The most frames of other nodes that can end within `nanos`, counting the shortest first. */
  #framesIn(nanos: number): number {
    const byLength = this.#streams
      .filter(({ own }) => own === undefined)
      .sort((left, right) => left.shortestNanos - right.shortestNanos);
    let left = nanos;
    let frames = 0;
    for (const stream of byLength) {
      const arrived = Math.ceil((nanos + this.#totalOf(stream)) / stream.periodNanos);
      const count = Math.min(arrived, Math.floor(left / stream.shortestNanos));
      frames += count;
      left -= count * stream.shortestNanos;
    }
    return frames;
  }

  #errors(): Contention['errors'] {
    const { bitrate, errorEveryNanos } = this.#bus;
    if (errorEveryNanos === undefined) return undefined;
    const costNanos = bitsToNanos(ERROR_BITS, bitrate) + longestOf(this.#streams);
    return { everyNanos: errorEveryNanos, costNanos };
  }
}

function longestOf(streams: readonly Stream[]): number {
  return streams.reduce((most, { transmissionNanos }) => Math.max(most, transmissionNanos), 0);
}

function isFromAgl({ own }: Stream): boolean {
  return own !== undefined && own.request === undefined && own.isTimed === undefined;
}

/** Whether `other` may be ahead whatever its identifier: frames of AGL keep their order, and the answers of a rule theirs. */
function keepsOrder(other: Stream, stream: Stream): boolean {
  if (isFromAgl(other) && isFromAgl(stream)) return true;
  return hasOrder(stream) && other.own?.rule === stream.own?.rule;
}

/** Whether it is an answer of a rule that has other identifiers as well. */
function hasOrder({ own }: Stream): boolean {
  return own?.rule !== undefined;
}

function weakestRankOf({ rank, own }: Stream): number {
  return own?.weakestRank ?? rank;
}
