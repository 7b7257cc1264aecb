// SPDX-License-Identifier: MIT
/**
 * A function as points and ways between them. A point is an address with what is known of the registers there, so
 * that ways which exclude each other by a constant in a register do not meet.
 *
 * A call is a way from the point of the call to one behind it for each outcome of what is called. Its own cost is that
 * of the instructions before it.
 * Does not: know loops, or data in memory.
 */
import { CALL_WRITES, type Instruction } from './arm64.ts';
import type { FunctionGraph } from './program.ts';
import { after, forget, keyOf, onWay, UNKNOWN, type Known, type State } from './values.ts';

/** Where a way leads that leaves the function, or ends the step. */
export const OUT = -1;

export interface Way {
  readonly from: number;
  /** A point, or OUT. */
  readonly to: number;
  /** What the instructions from `from` to here take. */
  readonly nanos: number;
  /** Addresses of the first and the last of them. */
  readonly first: number;
  readonly at: number;
  readonly fromBlock: number;
  /** The block that it enters. Undefined: it stays in its block, or leaves the function. */
  readonly toBlock?: number;
  /** A call of `target` that ends by its outcome of that number. */
  readonly call?: { readonly target: number; readonly outcome: number };
  /** A task that refuses: what is called there, whose own ways the step does not go, and bytes on SPI. */
  readonly refused?: { readonly target: number; readonly spiBytes: number };
  /** What a call has said to the caller, as the caller takes it. */
  readonly result?: Known;
  /** Number of the function's own outcome, if `to` is OUT. */
  readonly outcome?: number;
}

export interface Points {
  readonly graph: FunctionGraph;
  readonly count: number;
  readonly ways: readonly Way[];
  /** What register 0 holds at the end: each outcome. */
  readonly outcomes: readonly (Known | undefined)[];
}

/** What the walk asks about the program. */
export interface Code {
  /** Nanoseconds of an instruction; undefined: no path that counts has it. */
  readonly nanos: (address: number) => number | undefined;
  /** What the function at `target` can return; none: it never does. */
  readonly outcomes: (target: number) => readonly (Known | undefined)[];
  /** What the caller `from` makes of an outcome: more than one where it is to be told apart. */
  readonly results: (
    from: FunctionGraph,
    target: number,
    outcome: Known | undefined,
  ) => readonly (Known | undefined)[];
  /** What it takes in all when `from` calls `target`, a task, and it refuses. Undefined: its own ways say. */
  readonly refusal: (from: FunctionGraph, target: number) => Refusal | undefined;
}

/** What a task that refuses takes at most, and the bytes on SPI, whose clocks are not in it. */
export interface Refusal {
  readonly nanos: number;
  readonly spiBytes: number;
}

/** What a task returns that refuses. */
const REFUSES = 0;

/** More states than this in one place become one that knows nothing. */
const STATES_MAXIMUM = 12;

interface Point {
  readonly address: number;
  readonly block: number;
  readonly state: State;
}

/** From `entry` on through all that follows in the function. Ways to `end` lead out. */
export function pointsOf(graph: FunctionGraph, entry: number, code: Code, end?: number): Points {
  const tested = testedRegisters(graph);
  const points: Point[] = [];
  const numbers = new Map<string, number>();
  const states = new Map<number, number>();
  const ways: Way[] = [];
  const outcomes: (Known | undefined)[] = [];
  const pointAt = (address: number, block: number, wanted: State): number => {
    const kept = address === block ? narrowed(graph, tested, block, wanted) : wanted;
    const many = states.get(address) ?? 0;
    const known = numbers.get(`${address} ${keyOf(kept)}`);
    const state = known === undefined && many >= STATES_MAXIMUM ? UNKNOWN : kept;
    const key = `${address} ${keyOf(state)}`;
    const number = numbers.get(key) ?? points.push({ address, block, state }) - 1;
    if (!numbers.has(key)) states.set(address, many + 1);
    numbers.set(key, number);
    return number;
  };
  const outcomeOf = (value: Known | undefined): number => {
    const at = outcomes.indexOf(value);
    return at >= 0 ? at : outcomes.push(value) - 1;
  };
  const walk = (from: number): void => {
    const { address: first, block: fromBlock, state: entered } = points[from];
    const block = graph.blocks.get(fromBlock);
    if (block === undefined) return;
    let state = entered;
    let nanos = 0;
    const enter = (to: number, with_: State, at: number): void => {
      const base = { from, nanos, first, at, fromBlock, toBlock: to === end ? undefined : to };
      ways.push({ ...base, to: to === end ? OUT : pointAt(to, to, with_) });
    };
    const call = ({ address: at }: Instruction, target: number, isLast: boolean): void => {
      const kept = forget(
        state,
        CALL_WRITES.map(({ register }) => register),
      );
      const refusal = code.refusal(graph, target);
      if (refusal !== undefined && !isLast) {
        const values = new Map(kept.values).set(0, REFUSES);
        const base = { from, nanos: nanos + refusal.nanos, first, at, fromBlock, result: REFUSES };
        const to = pointAt(at + 4, at + 4, { values });
        ways.push({
          ...base,
          refused: { target, spiBytes: refusal.spiBytes },
          toBlock: at + 4,
          to,
        });
      }
      code.outcomes(target).forEach((value, outcome) => {
        for (const result of code.results(graph, target, value)) {
          if (refusal !== undefined && result === REFUSES) continue;
          const values = new Map(kept.values);
          if (result !== undefined) values.set(0, result);
          const base = { from, nanos, first, at, fromBlock, result, call: { target, outcome } };
          if (isLast) ways.push({ ...base, to: OUT, outcome: outcomeOf(result) });
          else ways.push({ ...base, toBlock: at + 4, to: pointAt(at + 4, at + 4, { values }) });
        }
      });
    };
    for (const instruction of block.instructions) {
      const { address: at, flow } = instruction;
      if (at < first) continue;
      const cost = code.nanos(at);
      if (cost === undefined) return;
      nanos += cost;
      if (flow.kind === 'stop') return;
      if (flow.kind === 'return') {
        const outcome = outcomeOf(state.values.get(0));
        ways.push({ from, nanos, first, at, fromBlock, to: OUT, outcome });
        return;
      }
      if (flow.kind === 'branch') {
        for (const isTaken of [true, false]) {
          const next = onWay(state, flow.test, isTaken);
          if (next !== undefined) enter(isTaken ? flow.target : at + 4, next, at);
        }
        return;
      }
      if (flow.kind === 'jump' && (flow.target < graph.start || flow.target >= graph.end)) {
        call(instruction, flow.target, true);
        return;
      }
      if (flow.kind === 'call') {
        call(instruction, flow.target, false);
        return;
      }
      if (flow.kind !== 'next') continue;
      const [only, ...others] = after(state, instruction);
      if (others.length === 0) {
        state = only;
        continue;
      }
      for (const one of [only, ...others])
        ways.push({ from, nanos, first, at, fromBlock, to: pointAt(at + 4, fromBlock, one) });
      return;
    }
    const last = block.instructions[block.instructions.length - 1].address;
    for (const next of block.next) enter(next, state, last);
  };
  pointAt(entry, entry, UNKNOWN);
  for (let next = 0; next < points.length; next += 1) walk(next);
  return { graph, count: points.length, ways, outcomes };
}

type Tested = ReadonlyMap<number, number>;

/** Forgets what nothing behind `block` looks at. */
function narrowed(graph: FunctionGraph, tested: Tested, block: number, state: State): State {
  const bits = tested.get(block) ?? 0;
  const values = new Map([...state.values].filter(([at]) => ((bits >>> at) & 1) === 1));
  const first = graph.blocks
    .get(block)
    ?.instructions.find(({ flow, compare }) => flow.kind !== 'next' || compare);
  const usesFlags = first?.flow.kind === 'branch' && 'condition' in first.flow.test;
  return { values, flags: usesFlags ? state.flags : undefined };
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
