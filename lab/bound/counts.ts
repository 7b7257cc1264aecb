// SPDX-License-Identifier: MIT
/**
 * Counts how often each loop of the image goes round, from the blocks that the emulator enters: the edges inside the
 * loop to its head since it was entered from outside.
 *
 * Does not: run anything.
 */
import { CYCLE_ROUNDS, MEMORY_BYTES } from './bound.ts';
import type { FunctionGraph } from './program.ts';
import type { Loop } from './regions.ts';
import type { SourceLoop } from './source-loops.ts';

export interface Watched {
  readonly loop: Loop;
  readonly graph: FunctionGraph;
  readonly source: SourceLoop | undefined;
  /** Head of the loop with which its rounds are counted. */
  readonly outermost?: number;
  /** Rounds of it and of those that are counted with it. Undefined: those of the source. */
  readonly most?: number;
}

interface Count {
  readonly watched: Watched;
  rounds: number;
  most: number;
}

/** A function as it runs: the block that it was in last. No function of the image calls itself. */
interface Running {
  block: number | undefined;
}

interface Place {
  readonly start: number;
  readonly running: Running;
  readonly isEntry: boolean;
  readonly counts: readonly Count[];
}

/** The running image executes at its load address plus this. */
const GUEST_VIEW = 0x4_0000_0000;

export class LoopCounter {
  readonly #places = new Map<number, Place>();
  readonly #counts: readonly Count[];
  readonly #byHead: ReadonlyMap<number, Count>;
  readonly #uncounted: ReadonlySet<number>;
  readonly #executed = new Set<number>();

  constructor(watched: readonly Watched[], uncounted: ReadonlySet<number>) {
    this.#counts = watched.map((one) => ({ watched: one, rounds: 0, most: 0 }));
    this.#byHead = new Map(this.#counts.map((count) => [count.watched.loop.head, count]));
    this.#uncounted = uncounted;
    const functions = new Map<FunctionGraph, Running>();
    for (const { graph } of watched) {
      if (functions.has(graph)) continue;
      const running: Running = { block: undefined };
      functions.set(graph, running);
      for (const start of graph.blocks.keys()) {
        const counts = this.#counts.filter(
          ({ watched: { loop, graph: own } }) => own === graph && loop.blocks.has(start),
        );
        this.#places.set(start, { start, running, isEntry: start === graph.start, counts });
      }
    }
  }

  /** The emulator has entered a block of its own, which may have several of the program. */
  entered(address: number, bytes: number): void {
    const from = address % GUEST_VIEW;
    for (let at = from; at < from + bytes; at += 4) {
      if (this.#uncounted.has(at)) this.#executed.add(at);
      const place = this.#places.get(at);
      if (place === undefined) continue;
      const before = place.isEntry ? undefined : place.running.block;
      for (const count of place.counts) {
        const { loop } = count.watched;
        if (before === undefined || !loop.blocks.has(before)) count.rounds = 0;
        else if (loop.head === at) this.#wentRound(count);
      }
      place.running.block = at;
    }
  }

  #wentRound(count: Count): void {
    const { outermost } = count.watched;
    const counted = outermost === undefined ? count : (this.#byHead.get(outermost) ?? count);
    counted.rounds += 1;
    if (counted.rounds > counted.most) counted.most = counted.rounds;
  }

  /** What was not kept, in words. */
  faults(nameAt: (address: number) => string): string[] {
    const rounds = this.#counts.flatMap(
      ({ watched: { source, graph, loop, most: together }, most }) => {
        if (graph.name.startsWith('mem'))
          return most <= MEMORY_BYTES ? [] : [`${graph.name}: ${most} bytes`];
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
    const names = new Set([...this.#executed].map(nameAt));
    return [
      ...rounds,
      ...[...names].map((name) => `${name} is marked "not counted", and a step ran it`),
    ];
  }
}
