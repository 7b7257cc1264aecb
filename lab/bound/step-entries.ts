// SPDX-License-Identifier: MIT
/**
 * The steps of a run, from the instructions that the emulator executes: whose each is, how often it enters each function,
 * what that takes, and what a task takes that refuses.
 *
 * A step is that of the task which the executive has asked last. One in which none worked is no task's.
 * Does not: know what is allowed (step-facts.ts).
 */

/** The functions that decide what a step is. */
export interface StepFunctions {
  /** The function that the instruction at an address belongs to. */
  readonly functionOf: (address: number) => number | undefined;
  /** The task of each function that is a `run`. */
  readonly tasks: ReadonlyMap<number, string>;
  /** The instruction at that address is of the executive's own code, which asks the tasks. */
  readonly isExecutive: (address: number) => boolean;
  /** The function that ends a step in which a task worked. */
  readonly ended: number | undefined;
  /** What the instruction at an address takes, without the clocks of SPI. */
  readonly nanosAt: (address: number) => number;
}

/** Instructions that follow each other in one function; all but the first are no function's beginning. */
export interface Stretch {
  readonly address: number;
  /** Of the function. */
  readonly start: number;
  /** Of them all, without the clocks of SPI. */
  readonly nanos: number;
  readonly isExecutive: boolean;
}

/** What a step has done. */
export interface Step {
  readonly nanos: number;
  /** By the start of each function. */
  readonly entries: ReadonlyMap<number, number>;
  readonly spent: ReadonlyMap<number, number>;
  readonly spiBytes: number;
  /** Of them, by the start of the function that clocked them. */
  readonly bytesIn: ReadonlyMap<number, number>;
  /** A task that refused has clocked some of them. */
  readonly isPolled: boolean;
}

export class StepEntries {
  readonly #functions: StepFunctions;
  #entries = new Map<number, number>();
  #spent = new Map<number, number>();
  #spiBytes = 0;
  #bytesIn = new Map<number, number>();
  /** The start of the function that runs. */
  #running = 0;
  #task: string | undefined;
  #hasWorked = false;
  #isDisturbed = false;
  /** The task that was asked last, until it is known whether it refuses; what that has taken, and whether it still runs. */
  #asked: string | undefined;
  #askedNanos = 0;
  #askedBytes = 0;
  #isPolled = false;
  #isIn = false;
  /** The longest step of each task. */
  readonly longest = new Map<string, Step>();
  /** The most that each task took when it refused. */
  readonly refusals = new Map<string, number>();
  /** Each step of a task, as it ends. */
  onStep?: (task: string, step: Step) => void;

  constructor(functions: StepFunctions) {
    this.#functions = functions;
  }

  /** `stretch` runs; the instruction at `from` ran before it. */
  ran({ address, start, nanos, isExecutive }: Stretch, from: number): void {
    this.#running = start;
    this.#spent.set(start, (this.#spent.get(start) ?? 0) + nanos);
    if (this.#isIn && isExecutive) this.#isIn = false;
    if (this.#isIn) this.#askedNanos += nanos;
    if (address === start) this.#enters(start, nanos, from);
  }

  #enters(start: number, nanos: number, from: number): void {
    const { tasks, isExecutive, ended } = this.#functions;
    this.#entries.set(start, (this.#entries.get(start) ?? 0) + 1);
    if (start === ended) this.#hasWorked = true;
    const task = tasks.get(start);
    if (task === undefined || !isExecutive(from)) return;
    this.#refused();
    this.#task = task;
    this.#asked = task;
    this.#askedNanos = nanos;
    this.#askedBytes = 0;
    this.#isIn = true;
  }

  #refused(): void {
    if (this.#asked === undefined) return;
    const most = this.refusals.get(this.#asked) ?? 0;
    this.refusals.set(this.#asked, Math.max(most, this.#askedNanos));
    if (this.#askedBytes > 0) this.#isPolled = true;
  }

  /** The step that is under way takes longer than it would by itself. */
  disturb(): void {
    this.#isDisturbed = true;
  }

  /** A byte was clocked on SPI. */
  clocked(): void {
    this.#spiBytes += 1;
    this.#bytesIn.set(this.#running, (this.#bytesIn.get(this.#running) ?? 0) + 1);
    if (this.#isIn) this.#askedBytes += 1;
  }

  /** A step has ended that took `nanos`. */
  stepEnded(nanos: number): void {
    const task = this.#task;
    if (!this.#hasWorked) this.#refused();
    else if (task !== undefined && !this.#isDisturbed) {
      const step = {
        ...{ nanos, entries: this.#entries, spent: this.#spent },
        ...{ spiBytes: this.#spiBytes, bytesIn: this.#bytesIn, isPolled: this.#isPolled },
      };
      if (nanos > (this.longest.get(task)?.nanos ?? 0)) this.longest.set(task, step);
      this.onStep?.(task, step);
    }
    this.forget();
  }

  /** What has run since the last step began is no part of one. */
  forget(): void {
    this.#entries = new Map();
    this.#spent = new Map();
    this.#spiBytes = 0;
    this.#bytesIn = new Map();
    this.#isPolled = false;
    this.#askedBytes = 0;
    this.#task = undefined;
    this.#asked = undefined;
    this.#isIn = false;
    this.#hasWorked = false;
    this.#isDisturbed = false;
  }
}
