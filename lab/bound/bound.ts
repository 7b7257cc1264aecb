// SPDX-License-Identifier: MIT
/**
 * The longest path of a step of each task in the linked image, as acts and as time of the model.
 *
 * A step begins where the last one ended. Tasks above the one that works are asked and refuse, each by its longest
 * way. Bytes on SPI cost what the task declares for them: their clocks, and the longest handling of one.
 * Does not: count the start, the end and the traps of the cell, or what the source marks as not counted.
 */
import type { TimingModel } from '../../twin/machine/timing-model.ts';
import { HVC, HVC_MASK, isGuestAccess, READ_COUNTER } from './arm64.ts';
import type { Watched } from './counts.ts';
import type { ImageCode } from './image-code.ts';
import type { Line } from './lines.ts';
import { LongestPaths, type Outcome, type Rounds } from './longest.ts';
import type { CLoop, Origins, Place } from './origins.ts';
import {
  actNanos,
  ACTS,
  costOf,
  longer,
  NOTHING,
  stepsOf,
  times,
  type Act,
  type Cost,
} from './path-cost.ts';
import { plainName } from './names.ts';
import type { FunctionGraph } from './program.ts';
import { depthFirst, loopsIn, partsOf, type Loop } from './regions.ts';
import { sourceLoopOf, type SourceFile, type SourceLoop } from './source-loops.ts';
import { isNamed, RUN_OVERDUE, TASKS, type TaskEntry } from './tasks.ts';
import { RAN, type Known } from './values.ts';

/** Everything that a bound is made of. */
export interface Inputs {
  readonly code: ImageCode;
  readonly lines: ReadonlyMap<number, readonly Line[]>;
  readonly origins: Origins;
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** Text of bsp/rpi4/abi.h. */
  readonly abi: string;
  readonly timing: TimingModel;
  /** What the clocks of a byte on SPI take. */
  readonly wireNanos: number;
}

export interface TaskBound {
  readonly name: string;
  /** Without the bytes on SPI. */
  readonly path: Cost;
  /** What a byte on SPI costs beyond its clocks. */
  readonly byteNanos: number;
}

const C_FILE = 'cell.wasm.c';
/** Lines of bsp/rpi4/cell.c. A larger number belongs to the file that it includes, which addr2line may mix up. */
const CELL_C_LINES = 200;
/** Share of a loop's instructions that the smallest loop of the C file has; if none has it, that of the most. */
const SHARE = 0.6;
/** memory.c: at most what the longest copy or fill of a step has (src/virtio/open-requests.ts). */
export const MEMORY_BYTES = 256;

/** A cycle that no loop of the source made: the compiler shares code between two ways. It goes round once at most. */
export const CYCLE_ROUNDS = 1;

export class StepBounds {
  readonly #inputs: Inputs;
  readonly #nanos: readonly number[];
  readonly #instruction: Cost;
  readonly #rest: number | undefined;
  readonly #abiNames: readonly string[];
  readonly #costs = new Map<number, Cost | undefined>();
  readonly #nests = new Map<number, ReadonlyMap<number, number>>();
  readonly #innerRounds = new Map<number, Cost>();
  readonly #sources = new Map<string, SourceLoop | undefined>();
  readonly #loops: ReadonlyMap<string, readonly SourceLoop[]>;
  /** Loops of which no bound is known, as places. */
  readonly undeclared = new Set<string>();
  /** Loops of the image that were asked for, for the count in the emulated run. */
  readonly asked = new Map<number, Watched>();
  /** Instructions of what is not counted. */
  readonly uncounted = new Set<number>();

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
    this.#nanos = actNanos(inputs.timing);
    this.#instruction = this.#one();
    this.#rest = inputs.code.functions.find(({ name }) => name.startsWith('w2c_cell_rest'))?.start;
    this.#abiNames = namesByLine(inputs.abi);
    this.#loops = new Map([...inputs.sources].map(([file, { loops }]) => [file, loops]));
  }

  /** The bound of each task. */
  all(): TaskBound[] {
    return TASKS.map((task) => this.of(task));
  }

  of(task: TaskEntry): TaskBound {
    const { code } = this.#inputs;
    let byte = NOTHING;
    const paths = new LongestPaths({
      graph: (start) => code.graphs.get(start),
      cost: (address) => this.#cost(address),
      rounds: (loop, graph, round) => {
        const source = this.#sourceOf(loop, graph);
        if (source?.bound !== undefined && 'by' in source.bound && source.bound.by === 'byte')
          byte = longer(byte, round);
        return this.#rounds(loop, graph, source, round);
      },
      call: (from, target, outcomes) => this.#call(task, from, target, outcomes),
    });
    const main = [...code.graphs.values()].find(({ name }) => name === 'cell_main');
    if (main === undefined) throw new Error('the image has no cell_main');
    let path = NOTHING;
    paths.walk(
      main,
      code.stepBegins,
      (to, { state, cost }) => {
        if (to === code.stepBegins && state.values.get(RAN) === 1) path = longer(path, cost);
      },
      code.stepBegins,
    );
    if (path === NOTHING) throw new Error(`no step of "${task.name}" was found in the image`);
    return { name: task.name, path, byteNanos: byte.nanos };
  }

  /** Time of the bound with `bytes` on SPI. */
  nanosOf({ path, byteNanos }: TaskBound, bytes: number): number {
    return Math.ceil(path.nanos + bytes * (this.#inputs.wireNanos + byteNanos));
  }

  /** The name in the source of the function at `address`. */
  nameAt(address: number): string {
    const graph = [...this.#inputs.code.graphs.values()].find(
      ({ start, end }) => address >= start && address < end,
    );
    const number = /^w2c_cell_f(\d+)/.exec(graph?.name ?? '')?.[1];
    return (
      (number === undefined ? undefined : this.#inputs.origins.names.get(Number(number))) ??
      graph?.name ??
      '?'
    );
  }

  /** In the executive's own code, tasks that are not `task` refuse. */
  #call(
    task: TaskEntry,
    from: FunctionGraph,
    target: number,
    outcomes: readonly Outcome[],
  ): readonly Outcome[] {
    const isOverdue = isNamed(this.nameAt(from.start), RUN_OVERDUE);
    if (from.name !== 'cell_main' && !isOverdue) return outcomes;
    const name = this.nameAt(target);
    const asked = TASKS.find(({ run }) => isNamed(name, run));
    // The core rests after a step in which no task worked.
    if (asked === undefined) return target === this.#rest ? [] : outcomes;
    if (isOverdue && asked.isTimed !== true) return [];
    const withValues = (outcome: Outcome, ...values: [number, Known][]): Outcome => ({
      state: { values: new Map(values) },
      cost: outcome.cost,
    });
    const refuses = ({ state }: Outcome): boolean => state.values.get(0) === 0;
    if (asked === task) {
      return outcomes.map((one) =>
        asked.isAlways !== true && refuses(one)
          ? withValues(one, [0, 0])
          : withValues(one, [0, 1], [RAN, 1]),
      );
    }
    if (asked.isAlways === true) return [];
    return outcomes
      .filter((one) => refuses(one) || one.state.values.get(0) === undefined)
      .map((one) => withValues(one, [0, 0]));
  }

  #rounds(loop: Loop, graph: FunctionGraph, source: SourceLoop | undefined, round: Cost): Rounds {
    const nest = this.#nestOf(graph);
    const outermost = nest.get(loop.head);
    const heads = 1 + [...nest.values()].filter((head) => head === loop.head).length;
    const isNest = heads > 1 && source !== undefined;
    // A round of the source may pass each of the heads.
    const most = isNest ? heads * this.#timesOfNest(source) : undefined;
    this.asked.set(loop.head, { loop, graph, source, outermost, most });
    if (graph.name.startsWith('mem')) return MEMORY_BYTES;
    const bound = source?.bound;
    if (bound === undefined) {
      if (source === undefined) return CYCLE_ROUNDS;
      if (this.#standsUncounted(source)) return 0;
      this.undeclared.add(`${source.file}:${source.from}`);
      return 1;
    }
    if ('times' in bound) {
      if (outermost !== undefined) {
        const before = this.#innerRounds.get(outermost) ?? NOTHING;
        this.#innerRounds.set(outermost, longer(before, round));
        return 0;
      }
      const inner = this.#innerRounds.get(loop.head);
      if (inner === undefined) return bound.times;
      return times(longer(round, inner), most ?? bound.times);
    }
    return 'nanos' in bound ? this.#instructions(bound.nanos) : 0;
  }

  #instructions(nanos: number): Cost {
    return times(this.#instruction, Math.ceil(nanos / this.#nanos[0]));
  }

  #one(act?: Act): Cost {
    return costOf(
      ACTS.map((one) => (one === 'instructions' || one === act ? 1 : 0)),
      this.#nanos,
    );
  }

  #cost(address: number): Cost | undefined {
    if (!this.#costs.has(address)) this.#costs.set(address, this.#costAt(address));
    return this.#costs.get(address);
  }

  #costAt(address: number): Cost | undefined {
    const { code, origins } = this.#inputs;
    const word = code.word(address);
    const frames = this.#frames(address);
    const [line] = frames.filter(({ file }) => file === C_FILE).map((one) => one.line);
    if (line !== undefined && this.#isUncounted(address)) return undefined;
    if ((word & HVC_MASK) >>> 0 === HVC) return this.#one('hypercalls');
    if ((word & 0xffffffe0) >>> 0 === READ_COUNTER) return this.#one('counterReads');
    if (frames[0]?.file !== 'abi.h' || !isGuestAccess(word)) return this.#instruction;
    const name = this.#abiNames[frames[0].line] ?? '';
    if (!name.startsWith('mmio_')) return this.#instruction;
    const place: Place | undefined = line === undefined ? undefined : origins.imports.get(line);
    // The hypervisor emulates the registers of ivshmem and PCI, and the UART; the others are mapped.
    if (place?.file.startsWith('src/jailhouse/') === true) return this.#one('trapped');
    return this.#one(name.startsWith('mmio_read') ? 'reads' : 'writes');
  }

  #standsUncounted({ file, from, to }: SourceLoop): boolean {
    const ranges = this.#inputs.sources.get(file)?.uncounted ?? [];
    return ranges.some((range) => range.from <= from && range.to >= to);
  }

  /** The function of the C file that the instruction was made of stands under "path: not counted". */
  #isUncounted(address: number): boolean {
    const { origins, sources } = this.#inputs;
    const line = this.#frames(address).find(({ file }) => file === C_FILE)?.line ?? 0;
    const number = origins.functions.findLast((one) => one.line <= line)?.number;
    const name = number === undefined ? '' : (origins.names.get(number) ?? '');
    for (const [file, { uncounted }] of sources) {
      const start = file.replace(/\.ts$/, '/');
      if (!name.startsWith(start)) continue;
      if (uncounted.some((range) => range.name !== undefined && name.endsWith(`#${range.name}`))) {
        this.uncounted.add(address);
        return true;
      }
    }
    return false;
  }

  #frames(address: number): readonly Line[] {
    const frames = this.#inputs.lines.get(address) ?? [];
    return frames.map((one) =>
      one.file === 'cell.c' && one.line > CELL_C_LINES ? { ...one, file: C_FILE } : one,
    );
  }

  #sourceOf(loop: Loop, graph: FunctionGraph): SourceLoop | undefined {
    const key = `${graph.start} ${loop.head}`;
    if (!this.#sources.has(key)) this.#sources.set(key, this.#findSource(loop, graph));
    return this.#sources.get(key);
  }

  #findSource(loop: Loop, graph: FunctionGraph): SourceLoop | undefined {
    const inner = loopsIn(loop.parts);
    const own = [...loop.blocks].filter((block) => !inner.some(({ blocks }) => blocks.has(block)));
    const instructions = own.flatMap((block) => graph.blocks.get(block)?.instructions ?? []);
    const votes = new Map<CLoop, number>();
    for (const { address } of instructions) {
      const lines = this.#frames(address).filter(({ file }) => file === C_FILE);
      for (const one of this.#inputs.origins.loops) {
        if (lines.some(({ line }) => line >= one.from && line <= one.to))
          votes.set(one, (votes.get(one) ?? 0) + 1);
      }
    }
    const size = (one: CLoop): number => one.to - one.from;
    const ranked = [...votes].sort(
      ([left, many], [right, others]) => size(left) - size(right) || others - many,
    );
    const [first] = [
      ...ranked.filter(([, count]) => count >= SHARE * instructions.length),
      ...ranked.sort(([, many], [, others]) => others - many),
    ];
    return first === undefined ? undefined : sourceLoopOf(first[0].places, this.#loops);
  }

  /** Rounds of a nest of loops that were made of `source`: also those of the loop around it may pass. */
  #timesOfNest({ file, from, to, bound }: SourceLoop): number {
    const around = (this.#loops.get(file) ?? [])
      .filter((one) => one.from <= from && one.to >= to && (one.from < from || one.to > to))
      .sort((left, right) => left.to - left.from - (right.to - right.from))[0];
    const timesOf = (one: SourceLoop['bound']): number =>
      one !== undefined && 'times' in one ? one.times : 1;
    return timesOf(bound) * timesOf(around?.bound);
  }

  /**
   * Of the loops of a function that were made of one loop of the source and stand in each other: the outermost by the
   * head of each. Their rounds count together, as the compiler lets those of one pass the head of another.
   */
  #nestOf(graph: FunctionGraph): ReadonlyMap<number, number> {
    const known = this.#nests.get(graph.start);
    if (known !== undefined) return known;
    const nest = new Map<number, number>();
    const next = (block: number): readonly number[] => graph.blocks.get(block)?.next ?? [];
    const order = depthFirst(graph.start, next);
    for (const outer of loopsIn(partsOf(new Set(order.keys()), next, order))) {
      const source = this.#sourceOf(outer, graph);
      if (source === undefined) continue;
      for (const inner of loopsIn(outer.parts)) {
        if (this.#sourceOf(inner, graph) === source) nest.set(inner.head, outer.head);
      }
    }
    this.#nests.set(graph.start, nest);
    return nest;
  }
}

/** The import that each line of abi.h belongs to. */
function namesByLine(abi: string): string[] {
  const names = [''];
  let name = '';
  for (const line of abi.split('\n')) {
    name = /w2c_bsp_(\w+)\(struct/.exec(line)?.[1] ?? name;
    names.push(name);
  }
  return names;
}

/** The calls and loops of the path that cost at least `least`, each with what is in it. */
export function describePath(bounds: StepBounds, path: Cost, least: number, depth = 0): string[] {
  return stepsOf(path.trail).flatMap((step) => {
    if (step.cost.nanos < least) return [];
    const source = bounds.asked.get(step.at)?.source;
    const loop = source === undefined ? 'loop' : `loop ${source.file}:${source.from}`;
    const what =
      step.rounds === undefined ? plainName(bounds.nameAt(step.at)) : `${loop} x ${step.rounds}`;
    const line = `${'  '.repeat(depth)}${what}  ${Math.round(step.cost.nanos)} ns`;
    return [line, ...describePath(bounds, step.cost, least, depth + 1)];
  });
}
