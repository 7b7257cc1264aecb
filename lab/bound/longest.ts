// SPDX-License-Identifier: MIT
/**
 * The longest path through functions, by what it costs. A loop costs its declared number of rounds, a call the
 * longest path of what is called. Of a path it is known which registers hold constants, so ways that exclude each
 * other do not add up.
 *
 * Does not: know data in memory. Ways that only those exclude do add up, so the path may be one that nothing takes.
 */
import { CALL_WRITES, type Instruction } from './arm64.ts';
import { longer, NOTHING, plus, times, within, type Cost } from './path-cost.ts';
import type { FunctionGraph } from './program.ts';
import { depthFirst, isLoop, partsOf, type Loop, type Part } from './regions.ts';
import { after, forget, keyOf, onWay, RAN, UNKNOWN, type State } from './values.ts';

/** One way that a function ends: what x0 and RAN hold, and the longest path to it. */
export interface Outcome {
  readonly state: State;
  readonly cost: Cost;
}

/** What the walk asks about the program. */
export interface Facts {
  readonly graph: (start: number) => FunctionGraph | undefined;
  /** Cost of one instruction; undefined: no path that counts has it. */
  readonly cost: (address: number) => Cost | undefined;
  /** Rounds of a loop, which are edges to its head, or the nanoseconds that all of them take. */
  readonly rounds: (loop: Loop, graph: FunctionGraph, round: Cost) => Rounds;
  /** Changes what a call gives: `outcomes` are those of the function. */
  readonly call: (
    from: FunctionGraph,
    target: number,
    outcomes: readonly Outcome[],
  ) => readonly Outcome[];
}

/** How often a loop goes round, or what all its rounds cost. */
export type Rounds = number | Cost;

type Table = Map<string, Outcome>;
type Leave = (to: number | 'return', outcome: Outcome) => void;

/** More states than this in one place become one that knows nothing but RAN. */
const STATES_MAXIMUM = 48;

function add(table: Table, outcome: Outcome): void {
  const key = keyOf(outcome.state);
  const before = table.get(key);
  table.set(
    key,
    before === undefined
      ? outcome
      : { state: outcome.state, cost: longer(before.cost, outcome.cost) },
  );
}

export class LongestPaths {
  readonly #facts: Facts;
  readonly #summaries = new Map<number, readonly Outcome[] | 'open'>();
  readonly #tested = new Map<number, ReadonlyMap<number, number>>();

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** The ways that the function at `start` ends. None: it never returns. */
  summary(start: number): readonly Outcome[] {
    const known = this.#summaries.get(start);
    if (known === 'open') throw new Error(`the function at ${start.toString(16)} calls itself`);
    if (known !== undefined) return known;
    this.#summaries.set(start, 'open');
    const graph = this.#facts.graph(start);
    const ends: Table = new Map();
    if (graph !== undefined) {
      this.walk(graph, start, (to, outcome) => {
        if (to !== 'return') return;
        const values = new Map([...outcome.state.values].filter(([at]) => at === 0 || at === RAN));
        add(ends, { state: { values }, cost: outcome.cost });
      });
    }
    const outcomes = [...ends.values()];
    this.#summaries.set(start, outcomes);
    return outcomes;
  }

  /** Walks from `entry` through all that follows in the function; `leave` hears of each end. Edges to `end` leave. */
  walk(graph: FunctionGraph, entry: number, leave: Leave, end?: number): void {
    const next = (block: number): readonly number[] =>
      (graph.blocks.get(block)?.next ?? []).filter((one) => one !== end);
    const order = depthFirst(entry, next);
    const blocks = end === undefined ? new Set(order.keys()) : leadingTo(graph, order.keys(), end);
    const parts = partsOf(blocks, next, order);
    this.#tested.set(graph.start, testedRegisters(graph));
    const start = new Map([
      [entry, new Map([[keyOf(UNKNOWN), { state: UNKNOWN, cost: NOTHING }]])],
    ]);
    this.#walkParts(graph, parts, start, leave);
  }

  #walkParts(
    graph: FunctionGraph,
    parts: readonly Part[],
    tables: Map<number, Table>,
    leave: Leave,
  ): void {
    const here = new Set(parts.flatMap((part) => (isLoop(part) ? [...part.blocks] : [part])));
    const go =
      (done: ReadonlySet<number>): Leave =>
      (to, outcome) => {
        if (to === 'return' || !here.has(to) || done.has(to)) {
          leave(to, outcome);
          return;
        }
        const table: Table = tables.get(to) ?? new Map<string, Outcome>();
        tables.set(to, table);
        add(table, { state: this.#narrow(graph, to, outcome.state), cost: outcome.cost });
      };
    const done = new Set<number>();
    for (const part of parts) {
      if (isLoop(part)) {
        const entries = new Map(
          [...part.blocks].flatMap((block) => {
            const table = tables.get(block);
            return table === undefined ? [] : [[block, limited(table)] as const];
          }),
        );
        for (const block of part.blocks) done.add(block);
        if (entries.size > 0) this.#walkLoop(graph, part, entries, go(done));
      } else {
        const table = tables.get(part);
        done.add(part);
        if (table !== undefined) this.#walkBlock(graph, part, limited(table), go(done));
      }
    }
  }

  /** Rounds cost the longest way from the head to the head; the rest is the way in and the way out. */
  #walkLoop(graph: FunctionGraph, loop: Loop, entries: Map<number, Table>, leave: Leave): void {
    const written = writtenIn(graph, loop);
    const toHead: Table = new Map();
    const fromInside: Table = new Map();
    for (const [block, table] of entries) {
      if (block === loop.head) {
        for (const { state, cost } of table.values())
          add(toHead, { state: forget(state, written), cost });
        continue;
      }
      const start = new Map([[block, table]]);
      this.#walkParts(graph, loop.parts, start, (to, outcome) => {
        if (to !== loop.head) leave(to, outcome);
        // The way in is one round.
        else add(fromInside, { state: forget(outcome.state, written), cost: outcome.cost });
      });
    }
    this.#goRound(graph, loop, limited(toHead), 0, leave);
    this.#goRound(graph, loop, limited(fromInside), 1, leave);
  }

  /** From the head on, with `done` rounds behind. */
  #goRound(graph: FunctionGraph, loop: Loop, table: Table, done: number, leave: Leave): void {
    for (const { state, cost } of table.values()) {
      const start = new Map([[loop.head, new Map([[keyOf(state), { state, cost: NOTHING }]])]]);
      let round = NOTHING;
      const ways: [number | 'return', Outcome][] = [];
      this.#walkParts(graph, loop.parts, start, (to, outcome) => {
        if (to === loop.head) round = longer(round, outcome.cost);
        else ways.push([to, outcome]);
      });
      const rounds = this.#facts.rounds(loop, graph, round);
      const left = typeof rounds === 'number' ? Math.max(0, rounds - done) : 0;
      const all = typeof rounds === 'number' ? times(round, left) : rounds;
      const before = plus(cost, within(all, loop.head, left));
      for (const [to, outcome] of ways)
        leave(to, { state: outcome.state, cost: plus(before, outcome.cost) });
    }
  }

  #walkBlock(graph: FunctionGraph, start: number, table: Table, leave: Leave): void {
    const block = graph.blocks.get(start);
    if (block === undefined) return;
    let states = [...table.values()];
    for (const instruction of block.instructions) {
      const cost = this.#facts.cost(instruction.address);
      if (cost === undefined) return;
      states = states.map((one) => ({ state: one.state, cost: plus(one.cost, cost) }));
      if (this.#flow(graph, instruction, states, leave)) return;
      states =
        instruction.flow.kind === 'call'
          ? this.#call(graph, instruction.flow.target, states)
          : states.flatMap(({ state, cost: sum }) =>
              after(state, instruction).map((next) => ({ state: next, cost: sum })),
            );
      if (states.length === 0) return;
      if (states.length > STATES_MAXIMUM) states = [...limited(tableOf(states)).values()];
    }
    for (const next of block.next) for (const one of states) leave(next, one);
  }

  /** True if the instruction ends the block by itself. */
  #flow(
    graph: FunctionGraph,
    instruction: Instruction,
    states: readonly Outcome[],
    leave: Leave,
  ): boolean {
    const { address, flow } = instruction;
    const block = [address + 4];
    switch (flow.kind) {
      case 'return':
        for (const one of states) leave('return', one);
        return true;
      case 'stop':
        return true;
      case 'computed':
        return false;
      case 'branch':
        for (const one of states) {
          for (const isTaken of [true, false]) {
            const state = onWay(one.state, flow.test, isTaken);
            if (state !== undefined)
              leave(isTaken ? flow.target : block[0], { state, cost: one.cost });
          }
        }
        return true;
      case 'jump':
        if (flow.target >= graph.start && flow.target < graph.end) return false;
        for (const one of this.#call(graph, flow.target, states)) leave('return', one);
        return true;
      default:
        return false;
    }
  }

  #call(graph: FunctionGraph, target: number, states: readonly Outcome[]): Outcome[] {
    const outcomes = this.#facts.call(graph, target, this.summary(target));
    const table: Table = new Map();
    for (const before of states) {
      const kept = forget(
        before.state,
        CALL_WRITES.map(({ register }) => register),
      );
      for (const { state, cost } of outcomes) {
        const values = new Map([...kept.values, ...state.values]);
        add(table, { state: { values }, cost: plus(before.cost, within(cost, target)) });
      }
    }
    return [...table.values()];
  }

  /** Forgets what nothing behind `block` looks at. */
  #narrow(graph: FunctionGraph, block: number, state: State): State {
    const tested = this.#tested.get(graph.start)?.get(block) ?? 0;
    const values = new Map(
      [...state.values].filter(([at]) => at === RAN || ((tested >>> at) & 1) === 1),
    );
    const first = graph.blocks
      .get(block)
      ?.instructions.find(({ flow, compare }) => flow.kind !== 'next' || compare);
    const usesFlags = first?.flow.kind === 'branch' && 'condition' in first.flow.test;
    return { values, flags: usesFlags ? state.flags : undefined };
  }
}

const tableOf = (outcomes: readonly Outcome[]): Table => {
  const table: Table = new Map();
  for (const one of outcomes) add(table, one);
  return table;
};

/** At most STATES_MAXIMUM of them; else all become one for each RAN. */
function limited(table: Table): Table {
  if (table.size <= STATES_MAXIMUM) return table;
  return tableOf(
    [...table.values()].map(({ state, cost }) => {
      const ran = state.values.get(RAN);
      return { state: { values: ran === undefined ? new Map() : new Map([[RAN, ran]]) }, cost };
    }),
  );
}

/** The blocks of `from` from which `end` can be reached. */
function leadingTo(graph: FunctionGraph, from: Iterable<number>, end: number): Set<number> {
  const blocks = [...from];
  const found = new Set<number>();
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const block of blocks) {
      const next = graph.blocks.get(block)?.next ?? [];
      if (next.some((one) => one === end || found.has(one))) found.add(block);
    }
  }
  return found;
}

function writtenIn(graph: FunctionGraph, loop: Loop): Set<number> {
  const written = new Set<number>();
  for (const block of loop.blocks) {
    for (const { writes } of graph.blocks.get(block)?.instructions ?? []) {
      for (const { register } of writes) written.add(register);
    }
  }
  return written;
}

/** For each block the registers, as bits, whose value there may decide a branch or be returned. */
function testedRegisters(graph: FunctionGraph): Map<number, number> {
  const tested = new Map<number, number>([...graph.blocks.keys()].map((start) => [start, 0]));
  for (let changed = true; changed;) {
    changed = false;
    for (const block of [...graph.blocks.values()].reverse()) {
      let bits = block.next.reduce((sum, next) => sum | (tested.get(next) ?? 0), 0);
      for (const instruction of [...block.instructions].reverse())
        bits = testedBefore(instruction, bits);
      if (bits === tested.get(block.start)) continue;
      tested.set(block.start, bits);
      changed = true;
    }
  }
  return tested;
}

function testedBefore({ flow, writes, compare }: Instruction, behind: number): number {
  let bits = behind;
  for (const { register, value } of writes) {
    const isUsed = ((behind >>> register) & 1) === 1;
    bits &= ~(1 << register);
    if (!isUsed || value === undefined) continue;
    if ('copyOf' in value) bits |= 1 << value.copyOf;
    if ('maskOf' in value) bits |= 1 << value.maskOf;
  }
  if (compare?.register !== undefined && compare.register < 31) bits |= 1 << compare.register;
  if (flow.kind === 'return') bits |= 1;
  if (flow.kind === 'branch' && 'register' in flow.test && flow.test.register < 31)
    bits |= 1 << flow.test.register;
  return bits;
}
