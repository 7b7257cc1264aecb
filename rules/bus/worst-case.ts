// SPDX-License-Identifier: MIT
/**
 * The worst times of all streams of a bus together.
 *
 * An answer inherits the jitter of its request, and that depends on all answers stronger than the
 * request. All streams are therefore computed in rounds, from the best case up, until nothing
 * changes. docs/timing-budget.md has the formula, and says what the transmit buffers mean for it.
 */
import { loadOf, worstOf } from './busy-period.ts';
import type { Contention, Worst } from './busy-period.ts';
import { reloadNanos } from './cell-delays.ts';
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
  /** There would be room for it, but a weaker frame of the cell may be ahead. */
  | 'inversion'
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
  /** Weaker frames of the cell that may be ahead and cannot be aborted. */
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
  /** From the end of a frame in a buffer until the next one contends. */
  readonly #gapOfBuffer = new Map<number, number>();

  private constructor(
    streams: readonly Stream[],
    bus: BusConditions,
    totals: ReadonlyMap<Stream, number>,
  ) {
    this.#streams = streams;
    this.#bus = bus;
    this.#totals = totals;
    const bitNanos = bitsToNanos(1, bus.bitrate);
    for (const { own } of streams) {
      if (own === undefined || this.#gapOfBuffer.has(own.buffer)) continue;
      const gap = reloadNanos(own.buffer, bitNanos, (nanos) => this.#framesIn(nanos));
      this.#gapOfBuffer.set(own.buffer, gap);
    }
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
    const ahead = this.#streams.filter((other) => other !== stream && isOwnAhead(other, stream));
    const weakerAhead = ahead.filter(({ rank }) => rank > stream.rank);
    const level = weakerAhead.reduce((most, { rank }) => Math.max(most, rank), stream.rank);
    const result = { stream, delayNanos: this.#delayOf(stream), weakerAhead };
    const contention = this.#contentionOf(stream, ahead, level);
    const { target, interference } = contention;
    if ([target, ...interference].some(({ jitterNanos }) => !Number.isFinite(jitterNanos))) {
      return { ...result, worst: 'follows' };
    }
    const worst = worstOf(contention);
    if (worst !== undefined) return { ...result, worst };
    const stronger = ahead.filter(({ rank }) => rank <= stream.rank);
    const isInverted = loadOf(this.#contentionOf(stream, stronger, stream.rank)) < 1;
    return { ...result, worst: isInverted && weakerAhead.length > 0 ? 'inversion' : 'overload' };
  }

  /**
   * `ahead` goes first, whatever its identifiers are. So do all frames of other nodes down to
   * `level`.
   */
  #contentionOf(stream: Stream, ahead: readonly Stream[], level: number): Contention {
    const others = this.#streams.filter((other) => other !== stream && !ahead.includes(other));
    // Frames of the cell that are not ahead never contend at the same time as this stream.
    const isFirst = (other: Stream) =>
      other.rank <= level && (stream.own === undefined || other.own === undefined);
    const rest = others.filter((other) => !isFirst(other));
    const inheritedNanos = this.#inheritedOf(stream);
    const buffer = stream.own?.buffer;
    return {
      target: { ...stream, jitterNanos: inheritedNanos + this.#delayOf(stream), buffer },
      inheritedNanos,
      blockingNanos: longestOf(rest),
      interference: [
        ...others.filter(isFirst).map((other) => this.#onWire(other)),
        ...ahead.map((other) => this.#inCell(other)),
      ],
      gapNanos: buffer === undefined ? 0 : (this.#gapOfBuffer.get(buffer) ?? 0),
      errors: this.#errors(),
      bitNanos: bitsToNanos(1, this.#bus.bitrate),
    };
  }

  /**
   * A frame ahead of another frame of the cell. It counts from the time when it is ready to be
   * sent.
   */
  #inCell(stream: Stream) {
    const jitterNanos = this.#inheritedOf(stream) + this.#delayOf(stream);
    return { ...stream, jitterNanos, buffer: stream.own?.buffer };
  }

  /**
   * A frame that competes on the wire. Other nodes are assumed to offer their strongest frame. The
   * cell does not always, so the time that its frames wait in it counts as jitter as well.
   */
  #onWire(stream: Stream) {
    if (stream.own === undefined) return stream;
    const waited = this.#totalOf(stream) - stream.transmissionNanos;
    const jitterNanos = this.#inheritedOf(stream) + Math.max(this.#delayOf(stream), waited);
    return { ...stream, jitterNanos };
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
   * place in the ring.
   */
  #delayOf({ own, jitterNanos }: Stream): number {
    if (own === undefined) return jitterNanos;
    return own.delayNanos ?? this.#gapOfBuffer.get(own.buffer) ?? 0;
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

/** Whether the cell may send `other` first: from the same buffer or a higher one. */
function isOwnAhead(other: Stream, stream: Stream): boolean {
  if (other.own === undefined || stream.own === undefined) return false;
  return other.own.buffer >= stream.own.buffer;
}
