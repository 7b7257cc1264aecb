// SPDX-License-Identifier: MIT
/**
 * The longest path of a step as a linear program: how often each way between two points is gone, so that what comes in
 * goes out, a function is left as often as it is entered, and loops go round as often as is declared.
 *
 * Source: Li and Malik, "Performance analysis of embedded software using implicit path enumeration", 1995. Each
 * function stands in the program once, whoever calls it.
 * Does not: know which loop is which, or tasks.
 */
import { LinearProgram, type Optimum, type Sum } from './linear.ts';
import type { FunctionGraph } from './program.ts';
import type { StepLimits } from './step-limits.ts';
import { OUT, pointsOf, type Code, type Points, type Way } from './points.ts';
import { longestOnce, ownBlocks } from './loop-ways.ts';
import { depthFirst, loopsIn, partsOf, type Loop } from './regions.ts';

/** What holds the rounds of a loop. */
export type Limit =
  /** Edges to its head, for each time that the loop `outermost` is entered. */
  | {
      readonly times: number;
      readonly outermost: Loop;
      /** Rounds in a step of it, and of all copies of `name`. */
      readonly aStep?: { readonly name: string; readonly times: number };
    }
  /** All that is in it. */
  | { readonly nanos: number }
  /** A byte on SPI for each write to a device in it. */
  | { readonly by: 'byte' }
  /** So many of all loops of the function for each call of it from that address. */
  | { readonly calledAt: (address: number) => number };

export interface Facts extends Omit<Code, 'outcomes'> {
  readonly graph: (start: number) => FunctionGraph | undefined;
  readonly limit: (loop: Loop, graph: FunctionGraph, loops: readonly Loop[]) => Limit;
  /**
   * How often the call at `address` is made at most, with all that have the same `name`, for each time that its function
   * is entered.
   */
  readonly called: (
    address: number,
  ) => { readonly name: string; readonly times: number } | undefined;
  readonly isDeviceWrite: (address: number) => boolean;
  /** Functions that a step enters `times` times at most in all. */
  readonly entered: readonly { readonly starts: readonly number[]; readonly times: number }[];
}

/** What is asked of one step. */
export interface Question {
  /** A way that the step does not go. */
  readonly isBarred: (way: Way, from: FunctionGraph) => boolean;
  /** One of these calls is made. */
  readonly isWanted: (way: Way, from: FunctionGraph) => boolean;
  /** All bytes, and those of the task that works. */
  readonly spiBytes: number;
  readonly ownBytes: number;
  readonly limits: StepLimits;
  /** Clocks of a byte. */
  readonly byteNanos: number;
}

/** A function as often as the longest path enters it, and the time in its own instructions. */
export interface Share {
  readonly start: number;
  readonly entries: number;
  readonly nanos: number;
}

interface Copying {
  readonly rounds: readonly string[];
  readonly limit: Extract<Limit, { calledAt: unknown }>;
}

interface Member {
  readonly points: Points;
  readonly loops: readonly Loop[];
}

export class Flow {
  readonly #facts: Facts;
  readonly #members = new Map<number, Member | 'open'>();
  readonly #root: Member;
  readonly #rootStart: number;

  /** From `entry` in the function at `start`; the path ends where that leads to `end`, or returns. */
  constructor(facts: Facts, start: number, entry: number, end?: number) {
    this.#facts = facts;
    this.#rootStart = start;
    const graph = facts.graph(start);
    if (graph === undefined) throw new Error(`no function begins at ${start.toString(16)}`);
    this.#root = this.#expand(graph, entry, end);
    this.#members.set(start, this.#root);
  }

  #member(start: number): Member | undefined {
    const known = this.#members.get(start);
    if (known === 'open') throw new Error(`the function at ${start.toString(16)} calls itself`);
    if (known !== undefined) return known;
    const graph = this.#facts.graph(start);
    if (graph === undefined) return undefined;
    this.#members.set(start, 'open');
    const member = this.#expand(graph, start);
    this.#members.set(start, member);
    return member;
  }

  #expand(graph: FunctionGraph, entry: number, end?: number): Member {
    const code: Code = {
      nanos: (address) => this.#facts.nanos(address),
      outcomes: (target) => this.#member(target)?.points.outcomes ?? [],
      results: (from, target, outcome) => this.#facts.results(from, target, outcome),
      refusal: (from, target) => this.#facts.refusal(from, target),
    };
    const points = pointsOf(graph, entry, code, end);
    const next = (block: number): readonly number[] =>
      (graph.blocks.get(block)?.next ?? []).filter((one) => one !== end);
    const order = depthFirst(entry, next);
    return { points, loops: loopsIn(partsOf(new Set(order.keys()), next, order)) };
  }

  /** The longest path, and where its time is spent. */
  async longest(question: Question): Promise<{ nanos: number; shares: Share[] }> {
    const program = new LinearProgram();
    const members = this.#reached(question);
    const objective: [number, string][] = [];
    const entries = new Map<number, [number, string][]>();
    const exits = new Map<string, [number, string][]>();
    const wanted: [number, string][] = [];
    const bytes: [number, string][] = [];
    const bytesIn = new Map<number, [number, string][]>();
    const polls: [number, string][] = [];
    const ofPolls: [number, string][] = [];
    const copies = new Map<number, Copying>();
    const aStepRounds = new Map<string, [number, string][]>();
    const aStepTimes = new Map<string, number>();
    const calls = new Map<number, { at: number; column: string }[]>();
    for (const [start, { points, loops }] of members) {
      const limits = loops.map((loop) => this.#facts.limit(loop, points.graph, loops));
      const covered = loops.filter((_, index) => 'nanos' in limits[index]);
      const balance = Array.from({ length: points.count }, (): [number, string][] => []);
      balance[0].push([-1, nameOf(start)]);
      points.ways.forEach((way, index) => {
        if (question.isBarred(way, points.graph)) return;
        const column = nameOf(start, index);
        objective.push([way.nanos, column]);
        balance[way.from].push([1, column]);
        if (way.to !== OUT) balance[way.to].push([-1, column]);
        else if (way.outcome !== undefined) put(exits, `${start} ${way.outcome}`, [1, column]);
        if (question.isWanted(way, points.graph)) wanted.push([1, column]);
        const many = way.refused?.spiBytes ?? 0;
        if (many > 0) {
          bytes.push([many, column]);
          polls.push([1, column]);
          ofPolls.push([-many, column]);
          objective.push([many * question.byteNanos, column]);
        }
        if (way.call === undefined || covered.some(({ blocks }) => blocks.has(way.fromBlock)))
          return;
        put(entries, way.call.target, [-1, column]);
        put(calls, way.call.target, { at: way.at, column });
        put(exits, `${way.call.target} ${way.call.outcome}`, [-1, column]);
      });
      for (const sum of balance) program.add(sum, '=', 0);
      this.#addCalled(program, start, this.#waysOf(points, question));
      loops.forEach((loop, index) => {
        const limit = limits[index];
        const columns = (isOne: (way: Way) => boolean): string[] =>
          points.ways.flatMap((way, at) =>
            isOne(way) && !question.isBarred(way, points.graph) ? [nameOf(start, at)] : [],
          );
        const rounds = columns(
          ({ fromBlock, toBlock }) => toBlock === loop.head && loop.blocks.has(fromBlock),
        );
        if ('by' in limit) {
          const own = ownBlocks(loop);
          for (const [way, at] of this.#waysOf(points, question)) {
            const many = own.has(way.fromBlock) ? this.#bytesOn(way) : 0;
            if (many === 0) continue;
            bytes.push([many, nameOf(start, at)]);
            put(bytesIn, start, [many, nameOf(start, at)]);
            objective.push([many * question.byteNanos, nameOf(start, at)]);
          }
          return;
        }
        if ('calledAt' in limit) {
          const before = copies.get(start)?.rounds ?? [];
          copies.set(start, { limit, rounds: [...before, ...rounds] });
          return;
        }
        const { blocks } = 'times' in limit ? limit.outermost : loop;
        const isEntered = ({ fromBlock, toBlock }: Way): boolean =>
          toBlock !== undefined && blocks.has(toBlock) && !blocks.has(fromBlock);
        const isRoot = start === this.#rootStart;
        const isEntry = blocks.has(points.graph.start) && !isRoot;
        const from = [...columns(isEntered), ...(isEntry ? [nameOf(start)] : [])];
        if ('times' in limit) {
          // The way in is a round where it does not begin at the head.
          const inMiddle = new Set(
            columns((way) => isEntered(way) && way.toBlock !== limit.outermost.head),
          );
          const most = (one: string): number =>
            inMiddle.has(one) ? Math.max(1, limit.times) : limit.times;
          program.add([...ones(rounds), ...from.map((one) => [-most(one), one] as const)], '<=', 0);
          const { aStep } = limit;
          if (aStep === undefined) return;
          // A round of the source passes each head of a nest once.
          const isOuter = limit.outermost === loop;
          const name = isOuter ? aStep.name : `${aStep.name} ${loop.head}`;
          for (const column of rounds) put(aStepRounds, name, [1, column]);
          aStepTimes.set(name, aStep.times);
          return;
        }
        const inside = points.ways.flatMap((way, at): [number, string][] => {
          const isInside =
            blocks.has(way.fromBlock) && (way.toBlock === undefined || blocks.has(way.toBlock));
          return isInside && way.to !== OUT && way.nanos > 0
            ? [[way.nanos, nameOf(start, at)]]
            : [];
        });
        const most = limit.nanos + longestOnce(points, loop);
        program.add([...inside, ...from.map((one) => [-most, one] as const)], '<=', 0);
      });
    }
    for (const start of members.keys()) {
      if (start === this.#rootStart) program.add([[1, nameOf(start)]], '=', 1);
      else program.add([[1, nameOf(start)], ...(entries.get(start) ?? [])], '=', 0);
      const { outcomes } = (members.get(start) as Member).points;
      if (start === this.#rootStart) continue;
      outcomes.forEach((_, index) => {
        program.add(exits.get(`${start} ${index}`) ?? [], '=', 0);
      });
    }
    for (const [start, { rounds, limit }] of copies) {
      const most = (calls.get(start) ?? []).map(
        ({ at, column }) => [-limit.calledAt(at), column] as const,
      );
      program.add([...ones(rounds), ...most], '<=', 0);
    }
    for (const [name, rounds] of aStepRounds)
      program.add(rounds, '<=', aStepTimes.get(name) ?? Infinity);
    for (const { starts, times } of this.#facts.entered) {
      const reached = starts.filter((start) => members.has(start));
      program.add(ones(reached.map((start) => nameOf(start))), '<=', times);
    }
    this.#addLimits(program, question, members);
    for (const start of question.limits.withLine) {
      if (!members.has(start) || polls.length === 0) continue;
      program.whole(nameOf(start));
      for (const [, column] of polls) program.whole(column);
      // Polls are at most two, one of an overdue task's step: each of the two excludes all entries.
      for (const [, column] of polls)
        program.add(
          [
            [1, nameOf(start)],
            [ENTRIES_MOST, column],
          ],
          '<=',
          ENTRIES_MOST,
        );
    }
    program.add(wanted, '=', 1);
    program.add(bytes, '<=', question.spiBytes);
    for (const { start, spiBytes } of question.limits.bytesIn)
      program.add(bytesIn.get(start) ?? [], '<=', spiBytes);
    // What refuses clocks bytes of its own only.
    program.add([...bytes, ...ofPolls], '<=', question.ownBytes);
    for (const { starts, spiBytes } of question.limits.bytes) {
      const more = starts
        .filter((start) => members.has(start))
        .map((start) => [spiBytes - question.spiBytes, nameOf(start)] as const);
      program.add([...bytes, ...more], '<=', spiBytes);
      for (const [, column] of more) program.whole(column);
    }
    program.maximize(objective);
    const optimum = await program.solve();
    return { nanos: optimum.value, shares: sharesOf(members, optimum) };
  }

  #waysOf({ graph, ways }: Points, { isBarred }: Question): (readonly [Way, number])[] {
    return ways.flatMap((way, index) => (isBarred(way, graph) ? [] : [[way, index] as const]));
  }

  #bytesOn({ first, at }: Way): number {
    let bytes = 0;
    for (let one = first; one <= at; one += 4) if (this.#facts.isDeviceWrite(one)) bytes += 1;
    return bytes;
  }

  /** A round of the source makes each call once, wherever the compiler has put it. */
  #addCalled(program: LinearProgram, start: number, ways: (readonly [Way, number])[]): void {
    const made = new Map<string, [number, string][]>();
    const most = new Map<string, number>();
    for (const [way, index] of ways) {
      const called = way.call === undefined ? undefined : this.#facts.called(way.at);
      if (called === undefined) continue;
      put(made, called.name, [1, nameOf(start, index)]);
      most.set(called.name, called.times);
    }
    for (const [name, sum] of made)
      program.add([...sum, [-(most.get(name) ?? 0), nameOf(start)]], '<=', 0);
  }

  #addLimits(
    program: LinearProgram,
    { limits: { entries, alternatives, times: own, sums } }: Question,
    members: ReadonlyMap<number, Member>,
  ): void {
    const times = new Map(entries.map((one) => [one.start, one.times]));
    for (const [start, most] of times)
      if (members.has(start)) program.add([[1, nameOf(start)]], '<=', most);
    for (const { start, nanos } of own) {
      program.add(ownTime(members.get(start), start), '<=', nanos);
    }
    for (const { entries: weighted, nanosOf, most } of sums) {
      const counted = weighted.filter(({ start }) => members.has(start));
      for (const { start } of counted) program.whole(nameOf(start));
      program.add(
        [
          ...counted.map(({ start, weight }) => [weight, nameOf(start)] as const),
          ...nanosOf.flatMap((start) => ownTime(members.get(start), start)),
        ],
        '<=',
        most,
      );
    }
    for (const [ones, others] of alternatives) {
      const shareOf = (starts: readonly number[]): Sum =>
        starts
          .filter((start) => members.has(start) && times.get(start) !== 0)
          .map((start) => [1 / (times.get(start) ?? 1), nameOf(start)] as const);
      const sum = [...shareOf(ones), ...shareOf(others)];
      program.add(sum, '<=', 1);
      for (const [, column] of sum) program.whole(column);
    }
  }

  #reached({ isBarred }: Question): Map<number, Member> {
    const reached = new Map([[this.#rootStart, this.#root]]);
    for (const { points } of reached.values()) {
      for (const way of points.ways) {
        if (way.call === undefined || isBarred(way, points.graph)) continue;
        const member = this.#member(way.call.target);
        if (member !== undefined) reached.set(way.call.target, member);
      }
    }
    return reached;
  }
}

/** No step enters a function that has transactions more often. */
const ENTRIES_MOST = 20;

const nameOf = (start: number, way?: number): string =>
  way === undefined ? `f${start.toString(16)}` : `x${start.toString(16)}_${way}`;

/** What the own instructions of the function at `start` take. */
const ownTime = (member: Member | undefined, start: number): Sum =>
  (member?.points.ways ?? [])
    .map((way, at) => [way.nanos, nameOf(start, at)] as const)
    .filter(([cost]) => cost > 0);

const ones = (columns: readonly string[]): Sum => columns.map((one) => [1, one] as const);

function put<Key, Term>(map: Map<Key, Term[]>, key: Key, term: Term): void {
  const terms = map.get(key);
  if (terms === undefined) map.set(key, [term]);
  else terms.push(term);
}

function sharesOf(members: ReadonlyMap<number, Member>, { columns }: Optimum): Share[] {
  return [...members]
    .map(([start, { points }]) => ({
      start,
      entries: columns.get(nameOf(start)) ?? 0,
      nanos: points.ways.reduce(
        (sum, { nanos }, index) => sum + nanos * (columns.get(nameOf(start, index)) ?? 0),
        0,
      ),
    }))
    .filter(({ entries }) => entries > 0)
    .sort((left, right) => right.nanos - left.nanos);
}
