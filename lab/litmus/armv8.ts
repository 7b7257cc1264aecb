// SPDX-License-Identifier: MIT
/**
 * The Armv8 memory model for small programs: which values their loads can see. All executions are tried.
 *
 * Source: Arm ARM DDI 0487, B2.3 (internal and external visibility), as in Pulte et al., "Simplifying ARM concurrency",
 * POPL 2018: an execution is allowed if program order by location with rf, co, fr has no cycle, and neither has obs
 * with bob.
 * Does not: know dependencies between instructions, which only forbid more; accesses of mixed size; more than a few
 * events.
 */

export type Barrier = 'ish' | 'sy' | 'ishld' | 'ishst';

/** One instruction of a thread. A load puts what it sees into `register`. `order`: LDAR, STLR. */
export type Instruction =
  | {
      readonly kind: 'load';
      readonly at: string;
      readonly register: string;
      readonly isAcquire?: true;
    }
  | {
      readonly kind: 'store';
      readonly at: string;
      readonly value: number;
      readonly isRelease?: true;
    }
  | { readonly kind: 'barrier'; readonly barrier: Barrier };

export type Thread = readonly Instruction[];
/** What the registers hold in the end. */
export type Registers = Readonly<Record<string, number>>;

interface Access {
  readonly index: number;
  readonly thread: number;
  readonly place: number;
  readonly act: Exclude<Instruction, { kind: 'barrier' }>;
}

type Edge = readonly [number, number];

/** Whether an allowed execution of `threads` ends so that `isSeen`. `initial`: 0 where none is given. */
export function canSee(
  threads: readonly Thread[],
  isSeen: (registers: Registers) => boolean,
  initial: Readonly<Record<string, number>> = {},
): boolean {
  const accesses = accessesOf(threads);
  const ordered = barrierOrder(threads, accesses);
  const stores = accesses.filter(({ act }) => act.kind === 'store');
  const loads = accesses.filter(({ act }) => act.kind === 'load');
  const places = [...new Set(stores.map(({ act }) => act.at))];
  for (const coherence of product(
    places.map((at) => orders(stores.filter(({ act }) => act.at === at))),
  )) {
    const rank = new Map(
      coherence.flatMap((order) => order.map((store, index) => [store, index] as const)),
    );
    const sources = loads.map((load) => [
      undefined,
      ...stores.filter(({ act }) => act.at === load.act.at),
    ]);
    for (const from of product(sources)) {
      const registers = Object.fromEntries(
        loads.map(({ act }, index) => [
          act.kind === 'load' ? act.register : '',
          valueOf(from[index]?.act) ?? initial[act.at] ?? 0,
        ]),
      );
      if (!isSeen(registers)) continue;
      if (isAllowed(accesses, ordered, { loads, from, coherence, rank })) return true;
    }
  }
  return false;
}

const valueOf = (act: Access['act'] | undefined): number | undefined =>
  act?.kind === 'store' ? act.value : undefined;

interface Execution {
  readonly loads: readonly Access[];
  /** The store that each load reads; undefined: the initial value. */
  readonly from: readonly (Access | undefined)[];
  readonly coherence: readonly (readonly Access[])[];
  readonly rank: ReadonlyMap<Access, number>;
}

function isAllowed(
  accesses: readonly Access[],
  ordered: readonly Edge[],
  execution: Execution,
): boolean {
  const { loads, from, coherence, rank } = execution;
  const reads: [Access, Access][] = [];
  const overwritten: [Access, Access][] = [];
  loads.forEach((load, index) => {
    const source = from[index];
    if (source !== undefined) reads.push([source, load]);
    const order = coherence.find(([first]) => first.act.at === load.act.at) ?? [];
    const seen = source === undefined ? -1 : (rank.get(source) ?? -1);
    for (const store of order.slice(seen + 1)) overwritten.push([load, store]);
  });
  const replaced = coherence.flatMap((order) =>
    order.flatMap((store, index) =>
      order.slice(index + 1).map((later): [Access, Access] => [store, later]),
    ),
  );
  const communication = [...reads, ...overwritten, ...replaced];
  const edge = ([left, right]: [Access, Access]): Edge => [left.index, right.index];
  const sameLocation = accesses.flatMap((left) =>
    accesses
      .filter(
        (right) =>
          right.thread === left.thread && right.place > left.place && right.act.at === left.act.at,
      )
      .map((right): Edge => [left.index, right.index]),
  );
  if (hasCycle(accesses.length, [...sameLocation, ...communication.map(edge)])) return false;
  const external = communication.filter(([left, right]) => left.thread !== right.thread);
  return !hasCycle(accesses.length, [...ordered, ...external.map(edge)]);
}

function accessesOf(threads: readonly Thread[]): Access[] {
  const accesses: Access[] = [];
  threads.forEach((instructions, thread) => {
    instructions.forEach((act, place) => {
      if (act.kind !== 'barrier') accesses.push({ index: accesses.length, thread, place, act });
    });
  });
  return accesses;
}

/** Barrier-ordered-before. */
function barrierOrder(threads: readonly Thread[], accesses: readonly Access[]): Edge[] {
  const edges: Edge[] = [];
  for (const left of accesses) {
    for (const right of accesses) {
      if (left.thread !== right.thread || left.place >= right.place) continue;
      const between = threads[left.thread].slice(left.place, right.place);
      const isOrdered =
        between.some((one) => one.kind === 'barrier' && doesOrder(one.barrier, left, right)) ||
        (left.act.kind === 'load' && left.act.isAcquire === true) ||
        (right.act.kind === 'store' && right.act.isRelease === true);
      if (isOrdered) edges.push([left.index, right.index]);
    }
  }
  return edges;
}

function doesOrder(barrier: Barrier, left: Access, right: Access): boolean {
  if (barrier === 'ishld') return left.act.kind === 'load';
  if (barrier === 'ishst') return left.act.kind === 'store' && right.act.kind === 'store';
  return true;
}

function hasCycle(count: number, edges: readonly Edge[]): boolean {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) next[from].push(to);
  const state = new Uint8Array(count);
  const visit = (at: number): boolean => {
    state[at] = 1;
    for (const to of next[at]) {
      if (state[to] === 1 || (state[to] === 0 && visit(to))) return true;
    }
    state[at] = 2;
    return false;
  };
  return next.some((_, at) => state[at] === 0 && visit(at));
}

/** All orders of `items`. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    orders(items.filter((one) => one !== first)).map((rest) => [first, ...rest]),
  );
}

/** All ways to take one of each. */
function product<T>(choices: readonly (readonly T[])[]): T[][] {
  return choices.reduce<T[][]>(
    (sets, options) => sets.flatMap((set) => options.map((one) => [...set, one])),
    [[]],
  );
}
