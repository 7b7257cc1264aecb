// SPDX-License-Identifier: MIT
/**
 * The parts of a kernel that the drivers' models need: threads that wait, deferred work, access to
 * the device's registers, and a report of what must not happen.
 *
 * linux-peer.ts implements it.
 */

/** A thread. Each value it yields is the time in nanoseconds until it goes on. */
export type Thread<Result> = Generator<number, Result>;

export interface Kernel {
  readonly section: Buffer;
  readonly nowNanos: () => number;
  /** From the moment a thread may go on to the moment it does. */
  readonly wakeNanos: number;
  /** The cell's state in the state table. */
  readonly cellState: () => number;
  readonly writeRegister: (offset: number, value: number) => void;
  /** Does `action` after `nanos`, unless the kernel is gone by then. */
  readonly later: (nanos: number, action: () => void) => void;
  /** Reports that the cell did something that no driver can handle. */
  readonly problem: (text: string) => void;
}

/** Interval at which a waiting thread checks its condition. */
export const LOOK_NANOS = 10_000;

/**
 * Polled work of a network interface (Linux's NAPI). An interrupt schedules it, and it runs a
 * little later, with at most `QUOTA` entries at a time. Scheduling has no effect while it is
 * disabled.
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
   * `poll` handles up to the quota and returns the number handled. `complete` is called if that was
   * fewer than the quota. It switches interrupts on, and returns whether more has come in the
   * meantime.
   */
  constructor(kernel: Kernel, poll: () => number, complete: () => boolean) {
    this.#kernel = kernel;
    this.#poll = poll;
    this.#complete = complete;
  }

  enable(): void {
    this.#isEnabled = true;
  }

  /** Waits for work under way. Work that is scheduled from now on is lost. */
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
