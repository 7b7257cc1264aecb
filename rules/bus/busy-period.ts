// SPDX-License-Identifier: MIT
/**
 * The busy-period analysis of one stream of frames: the longest time until one of its frames is on
 * the bus.
 *
 * Source: Davis, Burns, Bril, Lukkien 2007, section 3. Every instance in the busy period is
 * examined, because the first is not always the worst. docs/timing-budget.md has the formula with
 * its terms. Times are whole nanoseconds.
 * Does not: know where a stream comes from.
 */

/** Frames that come at most once a period, each late by at most the jitter. */
export interface Arrivals {
  readonly transmissionNanos: number;
  readonly periodNanos: number;
  readonly jitterNanos: number;
}

/** A stream that goes first. */
export interface Interference extends Arrivals {
  /** The cell sends it. */
  readonly isOwn: boolean;
}

/** The target stream and everything that can delay it. */
export interface Contention {
  readonly target: Arrivals & {
    /** What one of its instances costs those behind it. */
    readonly repeatNanos: number;
  };
  /** The part of the target's jitter that lies before the instant from which its time counts. */
  readonly inheritedNanos: number;
  /** Longest frame that may have just begun although it does not go first. */
  readonly blockingNanos: number;
  readonly interference: readonly Interference[];
  readonly errors?: { readonly everyNanos: number; readonly costNanos: number };
  readonly bitNanos: number;
}

/**
 * The worst time and its parts. For a later instance than the first, the parts begin before its own
 * time.
 */
export interface Worst {
  readonly totalNanos: number;
  /** Number of the worst instance in a row, from 0. */
  readonly instance: number;
  readonly blockingNanos: number;
  /** Streams of other nodes. */
  readonly strongerNanos: number;
  /** Streams of the cell, and the target's instances before this one. */
  readonly ownNanos: number;
  readonly errorNanos: number;
}

/** Iterations after which a bound counts as not found. A bus with 1 % to spare needs far fewer. */
const STEPS_MAXIMUM = 20_000;

/**
 * The worst time of `target`. Undefined if there is none, because the frames that go first leave no
 * room.
 */
export function worstOf(contention: Contention): Worst | undefined {
  if (!(loadOf(contention) < 1)) return undefined;
  const { target, inheritedNanos, bitNanos } = contention;
  const { transmissionNanos, periodNanos, jitterNanos } = target;
  const budget = { steps: STEPS_MAXIMUM };
  const busyNanos = settle(transmissionNanos, budget, (window) => {
    const instances = Math.ceil((window + jitterNanos) / periodNanos);
    return sumOf(waitIn(contention, window, window, instances));
  });
  if (busyNanos === undefined) return undefined;
  const instances = Math.ceil((busyNanos + jitterNanos) / periodNanos);
  let worst: Worst | undefined;
  let waited = 0;
  for (let instance = 0; instance < instances; instance++) {
    const partsIn = (window: number) =>
      waitIn(contention, window + bitNanos, window + transmissionNanos, instance);
    const wait = settle(waited, budget, (window) => sumOf(partsIn(window)));
    if (wait === undefined) return undefined;
    waited = wait;
    // The instance's own time begins no sooner than its period allows.
    const beganNanos = Math.max(0, instance * periodNanos - inheritedNanos);
    const totalNanos = jitterNanos - inheritedNanos + wait - beganNanos + transmissionNanos;
    if (worst !== undefined && totalNanos <= worst.totalNanos) continue;
    worst = { totalNanos, instance, ...partsIn(wait) };
  }
  return worst;
}

/** Share of the bus that the target and the frames before it take, errors included. */
export function loadOf({ target, interference, errors }: Contention): number {
  const repeated = { ...target, transmissionNanos: target.repeatNanos };
  const all: readonly Arrivals[] = [...interference, repeated];
  const frames = all.reduce(
    (sum, { transmissionNanos, periodNanos }) => sum + transmissionNanos / periodNanos,
    0,
  );
  return frames + (errors === undefined ? 0 : errors.costNanos / errors.everyNanos);
}

type Parts = Omit<Worst, 'totalNanos' | 'instance'>;

/**
 * The time taken by what comes before instance `instance` in a window. Errors also hit the instance
 * while it is on the wire.
 */
function waitIn(
  contention: Contention,
  window: number,
  errorWindow: number,
  instance: number,
): Parts {
  const { target, interference, blockingNanos, errors } = contention;
  let strongerNanos = 0;
  let ownNanos = instance * target.repeatNanos;
  for (const { transmissionNanos, periodNanos, jitterNanos, isOwn } of interference) {
    const nanos = Math.ceil((window + jitterNanos) / periodNanos) * transmissionNanos;
    if (isOwn) ownNanos += nanos;
    else strongerNanos += nanos;
  }
  const errorCount = errors === undefined ? 0 : Math.floor(errorWindow / errors.everyNanos) + 1;
  const errorNanos = errorCount * (errors?.costNanos ?? 0);
  return { blockingNanos, strongerNanos, ownNanos, errorNanos };
}

function sumOf({ blockingNanos, strongerNanos, ownNanos, errorNanos }: Parts): number {
  return blockingNanos + strongerNanos + ownNanos + errorNanos;
}

/**
 * The smallest window, from `start` up, that is filled by what comes in it. Undefined: there is
 * none within the budget.
 */
function settle(
  start: number,
  budget: { steps: number },
  fill: (window: number) => number,
): number | undefined {
  for (let window = start; budget.steps > 0; budget.steps--) {
    const filled = fill(window);
    if (filled <= window) return window;
    window = filled;
  }
  return undefined;
}
