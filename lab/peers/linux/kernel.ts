// SPDX-License-Identifier: MIT
/**
 * What the drivers' models need of a kernel: threads that wait, work that is done later, a way to the
 * device's registers, and a note of what must not happen.
 *
 * Implemented by linux-peer.ts.
 */

/** A thread: each value it yields is the time in nanoseconds until it goes on. */
export type Thread<Result> = Generator<number, Result>;

export interface Kernel {
  readonly section: Buffer;
  readonly nowNanos: () => number;
  /** From the moment a thread may go on to the moment it does. */
  readonly wakeNanos: number;
  /** The cell's state in the state table. */
  readonly cellState: () => number;
  readonly writeRegister: (offset: number, value: number) => void;
  /** Does `action` so much later, unless the kernel is gone by then. */
  readonly later: (nanos: number, action: () => void) => void;
  /** The cell did what no driver can live with. */
  readonly problem: (text: string) => void;
}

/** Between two looks of a thread that waits for something. */
export const LOOK_NANOS = 10_000;

/**
 * Polled work of a network interface (Linux's NAPI): scheduled by an interrupt, run a little later, at
 * most `QUOTA` entries at a time. Scheduling does nothing while it is disabled.
 */
export class PolledWork {
  static readonly quota = 64;
  readonly #kernel: Kernel;
  readonly #poll: () => number;
  readonly #complete: () => boolean;
  #isEnabled = false;
  #isScheduled = false;
  #isMissed = false;

  /**
   * `poll` handles up to the quota and says how many; `complete`, called when it was fewer, switches
   * interrupts on and says whether there is more after all.
   */
  constructor(kernel: Kernel, poll: () => number, complete: () => boolean) {
    this.#kernel = kernel;
    this.#poll = poll;
    this.#complete = complete;
  }

  enable(): void {
    this.#isEnabled = true;
  }

  /** Waits for work under way; what is scheduled from now on is lost. */
  *disable(): Thread<void> {
    this.#isEnabled = false;
    while (this.#isScheduled) yield LOOK_NANOS;
  }

  schedule(): void {
    if (!this.#isEnabled) return;
    if (this.#isScheduled) this.#isMissed = true;
    else this.#start();
  }

  #start(): void {
    this.#isScheduled = true;
    this.#kernel.later(POLL_NANOS, () => this.#run());
  }

  #run(): void {
    this.#isMissed = false;
    const isDone = this.#poll() < PolledWork.quota;
    this.#isScheduled = false;
    const isMore = !isDone || this.#complete() || this.#isMissed;
    if (isMore && this.#isEnabled) this.#start();
  }
}

/** From an interrupt to the polled work. An assumption. */
const POLL_NANOS = 5_000;
