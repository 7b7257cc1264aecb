// SPDX-License-Identifier: MIT
/**
 * What happened on the wires during a run, collected while it runs.
 *
 * Does not: ask the firmware anything, or judge.
 */
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import type { RigOptions } from './open-rig.ts';
import { SpiOperations } from './spi-operations.ts';
import { SpiRecorder, type SpiTransaction } from './spi-transactions.ts';

/** Transactions kept for the timeline. Later ones are only counted. */
const KEPT_TRANSACTIONS = 5_000;

export interface AglReceived {
  readonly frame: CanFrame;
  readonly nanos: number;
}

export interface AglGiven {
  readonly frame: CanFrame;
  readonly nanos: number;
  /** False: the bridge was not running, so the frame was discarded. */
  readonly accepted: boolean;
}

/** A span of time in which AGL was absent. */
export interface Absence {
  readonly fromNanos: number;
  toNanos: number;
}

export class Observations {
  /** Complete frames that were on the wire, in order. */
  readonly wire: WireRecord[] = [];
  /** Attempts that ended with an error frame. */
  wireErrors = 0;
  readonly aglReceived: AglReceived[] = [];
  readonly aglGiven: AglGiven[] = [];
  readonly absences: Absence[] = [];
  readonly spi = new SpiRecorder();
  readonly operations = new SpiOperations();
  readonly transactions: SpiTransaction[] = [];
  /** Edges of INT, ascending. Even indices fall, odd ones rise. */
  readonly #interruptEdges: number[] = [];

  constructor() {
    this.spi.onTransaction = (transaction) => {
      this.operations.add(transaction, this.#isInterruptLow(transaction.selectNanos));
      if (this.transactions.length < KEPT_TRANSACTIONS) this.transactions.push(transaction);
    };
  }

  /** The listeners to give to a rig; see RigOptions. */
  get listeners(): Pick<RigOptions, 'tap' | 'onInterruptLine' | 'onAglFrame' | 'onWire'> {
    return {
      tap: this.spi,
      onInterruptLine: (low, nanos) => this.interruptChanged(low, nanos),
      onAglFrame: (frame, nanos) => void this.aglReceived.push({ frame, nanos }),
      onWire: (record) => this.wireRecorded(record),
    };
  }

  /** The bus ended a frame, or an attempt to send one. */
  wireRecorded(record: WireRecord): void {
    if (record.outcome === 'complete') this.wire.push(record);
    else this.wireErrors += 1;
  }

  /** The INT line changed. */
  interruptChanged(low: boolean, nanos: number): void {
    const isLow = this.#interruptEdges.length % 2 === 1;
    if (low !== isLow) this.#interruptEdges.push(nanos);
  }

  /** Levels of INT from its first fall on. */
  get interruptEdges(): { readonly low: boolean; readonly nanos: number }[] {
    return this.#interruptEdges.map((nanos, index) => ({ low: index % 2 === 0, nanos }));
  }

  /** AGL is absent from now on, or present again. */
  aglPresent(present: boolean, nanos: number): void {
    if (!present) this.absences.push({ fromNanos: nanos, toNanos: Infinity });
    else for (const absence of this.absences) absence.toNanos = Math.min(absence.toNanos, nanos);
  }

  /** The last fall of INT at or before `nanos`, or undefined. */
  lastInterruptFall(nanos: number): number | undefined {
    const index = this.#edgesUpTo(nanos) - 1;
    return this.#interruptEdges[index % 2 === 0 ? index : index - 1];
  }

  #isInterruptLow(nanos: number): boolean {
    return this.#edgesUpTo(nanos) % 2 === 1;
  }

  #edgesUpTo(nanos: number): number {
    let low = 0;
    let high = this.#interruptEdges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#interruptEdges[middle] ?? Infinity) <= nanos) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
