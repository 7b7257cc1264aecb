// SPDX-License-Identifier: MIT
/**
 * The bus's record of one node: whether it takes part, and what it waits for otherwise.
 *
 * A node waits for 11 recessive bits after it connects, and for 128 times 11 after bus-off (ISO 11898-1, bus
 * integration and bus-off recovery).
 */
import type { Participant } from './attempt.ts';
import type { CanNode } from './can-node.ts';
import { FaultConfinement } from './fault-confinement.ts';

/** Runs of recessive bits after which a bus-off node is error-active again. */
export const RECOVERY_OCCURRENCES = 128;
/** Length of such a run. */
const RECESSIVE_RUN_BITS = 11;

/** One node's membership. */
export class BusMember {
  readonly node: CanNode;
  /** Takes part in frames from the next start of frame on. */
  ready = false;
  /** After sending while error-passive: may not start a frame before this. */
  suspendedUntil = 0;
  /** Overload frames it will request after the next frame. */
  overloads = 0;
  #missing = 0;
  #countsFrom = 0;
  #onReady: ((nanos: number) => void) | undefined;

  constructor(node: CanNode) {
    this.node = node;
  }

  get waiting(): boolean {
    return this.#missing > 0;
  }

  /** Waits for `runs` runs of 11 recessive bits, counted from `nanos`. */
  waitFor(runs: number, nanos: number, onReady: ((nanos: number) => void) | undefined): void {
    this.ready = false;
    this.#missing = runs;
    this.#countsFrom = nanos;
    this.#onReady = onReady;
  }

  stopWaiting(): void {
    this.#missing = 0;
    this.#onReady = undefined;
  }

  /** Counts the whole runs between `recessiveSince` and `nanos`, and joins if there are enough. */
  countRecessive(recessiveSince: number, nanos: number, bitNanos: number): void {
    const from = Math.max(recessiveSince, this.#countsFrom);
    const runs = Math.floor((nanos - from + 1) / (RECESSIVE_RUN_BITS * bitNanos));
    if (runs >= this.#missing) return this.join(nanos);
    if (runs <= 0) return;
    this.#missing -= runs;
    this.#countsFrom = from + Math.round(runs * RECESSIVE_RUN_BITS * bitNanos);
  }

  /** Time at which it joins if the wire stays recessive. */
  readyNanos(recessiveSince: number, bitNanos: number): number {
    const from = Math.max(recessiveSince, this.#countsFrom);
    return from + Math.round(this.#missing * RECESSIVE_RUN_BITS * bitNanos);
  }

  join(nanos: number): void {
    this.#missing = 0;
    this.ready = true;
    const onReady = this.#onReady;
    this.#onReady = undefined;
    if (this.node.faults.busOff) {
      this.node.faults.reset();
      this.node.faultsChanged(nanos);
    }
    onReady?.(nanos);
  }

  /** Its part in the attempt that starts at `nanos`. Undefined: none. */
  participant(nanos: number): Participant | undefined {
    const { node } = this;
    const participation = node.participation;
    if (!this.ready || participation === 'absent') return undefined;
    const silent = participation === 'silent';
    const maySend = !silent && nanos >= this.suspendedUntil && node.transmitPending;
    const faults = new FaultConfinement();
    faults.copyFrom(node.faults);
    const overloads = this.overloads;
    this.overloads = 0;
    return { node, offer: maySend ? node.offer(nanos) : undefined, faults, silent, overloads };
  }
}
