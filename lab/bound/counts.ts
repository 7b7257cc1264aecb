// SPDX-License-Identifier: MIT
/**
 * Counts how often each loop of the image goes round, and how often a function is entered, from the blocks that the
 * emulator enters. Rounds are the edges inside a loop to its head, since it was entered from outside or in a step.
 *
 * Does not: run anything.
 */
import { CYCLE_ROUNDS } from './bound.ts';
import type { EnteredFunctions } from './image-source.ts';
import type { FunctionGraph } from './program.ts';
import type { Loop } from './regions.ts';
import type { SourceLoop } from './source-loops.ts';
import { StepEntries, type StepFunctions, type Stretch } from './step-entries.ts';

export interface Watched {
  readonly loop: Loop;
  readonly graph: FunctionGraph;
  readonly source: SourceLoop | undefined;
  /** The loop that was made of the same source, in which it stands, or itself: its rounds count from there. */
  readonly outermost: Loop;
  /** Rounds of it. Undefined: those of the source. */
  readonly most?: number;
}

/** What is counted, as StepBounds has it. */
export interface CountedFacts {
  readonly asked: ReadonlyMap<number, Watched>;
  readonly uncounted: ReadonlySet<number>;
  readonly entered: readonly EnteredFunctions[];
  readonly stepBegins: number;
  readonly bytesAt: (address: number) => number;
  readonly stepFunctions: StepFunctions;
}

interface Count {
  readonly watched: Watched;
  rounds: number;
  most: number;
}

/** What a step may do so often at most. */
interface StepCount {
  readonly what: string;
  readonly allowed: number;
  now: number;
  most: number;
}

/** A function as it runs: the block that it was in last. No function of the image calls itself. */
interface Running {
  block: number | undefined;
}

interface Place {
  readonly running: Running;
  readonly isEntry: boolean;
  readonly isMemory: boolean;
  readonly counts: readonly Count[];
  readonly entered: readonly StepCount[];
}

/** Instructions of a block of the emulator, from one that matters to the next. */
interface Part {
  readonly stretch: Stretch & { nanos: number };
  readonly place: Place | undefined;
  /** A step begins. */
  readonly isBegin: boolean;
  readonly isUncounted: boolean;
  /** Behind the last instruction. */
  end: number;
}

/** Bytes of a block of the emulator are fewer. */
const LONGEST_BLOCK = 0x10000;
/** The running image executes at its load address plus this. */
const GUEST_VIEW = 0x4_0000_0000;

const isMemory = (graph: FunctionGraph | undefined): boolean =>
  graph?.name.startsWith('mem') === true;

export class LoopCounter {
  readonly #bounds: CountedFacts;
  readonly #places = new Map<number, Place>();
  readonly #counts: readonly Count[];
  readonly #functions: StepFunctions;
  readonly #parts = new Map<number, readonly Part[]>();
  readonly #steps = new Map<string, StepCount>();
  readonly #executed = new Set<number>();
  readonly #copied = new Set<string>();
  /** Entries of functions, by task. */
  readonly entries: StepEntries;
  /** A step has begun on the board. */
  #hasBegun = true;
  /** Steps that began. */
  steps = 0;
  /** Where the memory function that runs was called, and the bytes that it has at most. */
  #calledAt = 0;
  #bytes = 0;
  #last = 0;

  /** All tasks of `bounds` were computed. */
  constructor(bounds: CountedFacts) {
    this.#bounds = bounds;
    this.#functions = bounds.stepFunctions;
    this.entries = new StepEntries(this.#functions);
    const watched = [...bounds.asked.values()];
    this.#counts = watched.map((one) => ({ watched: one, rounds: 0, most: 0 }));
    const functions = new Map<FunctionGraph, Running>();
    for (const { graph } of watched) {
      if (functions.has(graph)) continue;
      const running: Running = { block: undefined };
      functions.set(graph, running);
      for (const start of graph.blocks.keys()) {
        const counts = this.#counts.filter(
          ({ watched: { outermost, graph: own } }) => own === graph && outermost.blocks.has(start),
        );
        const isEntry = start === graph.start;
        this.#places.set(start, {
          ...{ running, isEntry, counts, entered: [], isMemory: isMemory(graph) && isEntry },
        });
      }
    }
    for (const { place, starts, times } of bounds.entered) {
      const count = this.#stepCount(place, 'entered', times);
      for (const start of starts) {
        const before = this.#places.get(start) ?? {
          ...{ running: { block: undefined }, isEntry: true, isMemory: false, counts: [] },
          entered: [],
        };
        this.#places.set(start, { ...before, entered: [...before.entered, count] });
      }
    }
  }

  #stepCount(name: string, what: string, allowed: number): StepCount {
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    const count = { what: `${name}: ${what}`, allowed, now: 0, most: 0 };
    this.#steps.set(name, count);
    return count;
  }

  /** Another board begins: what runs before its first step is not counted. */
  begin(): void {
    this.#hasBegun = false;
    this.entries.forget();
  }

  /** The emulator has entered a block of its own, which may have several of the program. */
  entered(address: number, bytes: number): void {
    const from = address % GUEST_VIEW;
    let before = this.#last;
    for (const part of this.#partsOf(from, bytes)) {
      const { stretch, place } = part;
      const at = stretch.address;
      if (part.isBegin) this.#stepBegins();
      if (this.#hasBegun) {
        this.entries.ran(stretch, before);
        if (part.isUncounted) this.#executed.add(at);
        if (place !== undefined) this.#passes(place, at, before);
      }
      before = part.end - 4;
    }
    this.#last = from + bytes - 4;
  }

  /** The block of the program that begins at `at` runs; the instruction at `last` ran before. */
  #passes(place: Place, at: number, last: number): void {
    if (place.isMemory) {
      this.#calledAt = last;
      this.#bytes = this.#bounds.bytesAt(last);
    }
    for (const one of place.entered) add(one);
    const before = place.isEntry ? undefined : place.running.block;
    for (const count of place.counts) {
      const { loop, outermost, graph } = count.watched;
      if (before === undefined || !outermost.blocks.has(before)) count.rounds = 0;
      else if (loop.head === at && loop.blocks.has(before)) {
        // A block that the emulator enters once more, having been stopped before it, follows nothing.
        if (graph.blocks.get(before)?.next.includes(at) === true) this.#wentRound(count);
      }
    }
    place.running.block = at;
  }

  /** The block of the emulator in parts, of which only the first instruction matters. */
  #partsOf(from: number, bytes: number): readonly Part[] {
    const name = from * LONGEST_BLOCK + bytes;
    const known = this.#parts.get(name);
    if (known !== undefined) return known;
    const { uncounted, stepBegins } = this.#bounds;
    const { functionOf, nanosAt, isExecutive } = this.#functions;
    const parts: Part[] = [];
    for (let at = from; at < from + bytes; at += 4) {
      const start = functionOf(at) ?? 0;
      const place = this.#places.get(at);
      const [isBegin, isUncounted] = [at === stepBegins, uncounted.has(at)];
      const last = parts.at(-1);
      const isNew = place !== undefined || isBegin || isUncounted || at === start;
      if (last === undefined || isNew || last.stretch.start !== start) {
        const stretch = { address: at, start, nanos: nanosAt(at), isExecutive: isExecutive(at) };
        parts.push({ stretch, place, isBegin, isUncounted, end: at + 4 });
      } else {
        last.stretch.nanos += nanosAt(at);
        last.end = at + 4;
      }
    }
    this.#parts.set(name, parts);
    return parts;
  }

  #stepBegins(): void {
    // Bytes that the board has clocked before.
    if (!this.#hasBegun) this.entries.forget();
    this.#hasBegun = true;
    this.steps += 1;
    for (const one of this.#steps.values()) one.now = 0;
  }

  #wentRound(count: Count): void {
    const { source, loop, outermost, graph } = count.watched;
    count.rounds += 1;
    if (count.rounds > count.most) count.most = count.rounds;
    if (isMemory(graph) && count.rounds > this.#bytes)
      this.#copied.add(`${this.#calledAt.toString(16)}: more than ${this.#bytes} bytes copied`);
    const bound = source?.bound;
    if (source === undefined || bound === undefined || !('times' in bound)) return;
    if (bound.aStep === undefined) return;
    const head = loop === outermost ? '' : ` ${loop.head.toString(16)}`;
    add(this.#stepCount(`${source.file}:${source.from}${head}`, 'went round', bound.aStep));
  }

  /** What was not kept, in words. */
  faults(nameAt: (address: number) => string): string[] {
    const rounds = this.#counts.flatMap(
      ({ watched: { source, graph, loop, most: together }, most }) => {
        if (isMemory(graph)) return [];
        const bound = source === undefined ? { times: CYCLE_ROUNDS } : source.bound;
        if (bound === undefined || !('times' in bound)) return [];
        const allowed = together ?? bound.times;
        if (most <= allowed) return [];
        const where =
          source === undefined
            ? `${nameAt(graph.start)} at ${loop.head.toString(16)}`
            : `${source.file}:${source.from}`;
        return [`${where}: the loop went round ${most} times, at most ${allowed} are declared`];
      },
    );
    const steps = [...this.#steps.values()]
      .filter(({ most, allowed }) => most > allowed)
      .map(({ what, most, allowed }) => `${what} ${most} times in a step, declared ${allowed}`);
    const names = new Set([...this.#executed].map(nameAt));
    return [
      ...rounds,
      ...steps,
      ...this.#copied,
      ...[...names].map((name) => `${name} is marked "not counted", and a step ran it`),
    ];
  }
}

function add(count: StepCount): void {
  count.now += 1;
  if (count.now > count.most) count.most = count.now;
}
