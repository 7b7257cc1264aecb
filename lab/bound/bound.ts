// SPDX-License-Identifier: MIT
/**
 * The longest path of a step of each task in the linked image, as time of the model.
 *
 * A step begins where the last one ended. Tasks above the one that works are asked and refuse, each by its longest
 * way. A byte on SPI costs its clocks and its handling, as many times as the task declares.
 * Does not: count the start, the end and the traps of the cell, or what the source marks as not counted.
 */
import type { TimingModel } from '../../twin/machine/timing-model.ts';
import { HVC, HVC_MASK, isGuestAccess, READ_COUNTER } from './arm64.ts';
import type { Watched } from './counts.ts';
import { Flow, type Limit, type Question, type Share } from './flow.ts';
import { C_FILE, ImageSource, type EnteredFunctions, type SourceInputs } from './image-source.ts';
import { plainName } from './names.ts';
import type { Refusal, Way } from './points.ts';
import type { FunctionGraph } from './program.ts';
import type { Loop } from './regions.ts';
import type { Step, StepFunctions } from './step-entries.ts';
import { limitsOf, type StepLimits } from './step-limits.ts';
import { isNamed, RUN_OVERDUE, STEP_ENDED, TASKS, type TaskEntry } from './tasks.ts';

/** Everything that a bound is made of. */
export interface Inputs extends SourceInputs {
  /** Text of bsp/rpi4/abi.h. */
  readonly abi: string;
  readonly timing: TimingModel;
  /** What the clocks of a byte on SPI take. */
  readonly wireNanos: number;
}

export interface TaskBound {
  readonly name: string;
  readonly nanos: number;
  /** The functions of the path, the longest first. */
  readonly shares: readonly Share[];
}

/** Where the line of INT is not wired, `receive` looks by READ STATUS, instruction and answer, before it refuses. */
const POLL_BYTES = 2;

/** A cycle that no loop of the source made: the compiler shares code between two ways. It goes round once at most. */
export const CYCLE_ROUNDS = 1;

export class StepBounds {
  readonly #inputs: Inputs;
  readonly #source: ImageSource;
  readonly #rest: number | undefined;
  readonly #abiNames: readonly string[];
  readonly #nanos = new Map<number, number | undefined>();
  readonly #flow: Flow;
  /** Loops of which no bound is known, as places. */
  readonly undeclared = new Set<string>();
  /** Loops of the image that were asked for, for the count in the emulated run. */
  readonly asked = new Map<number, Watched>();
  /** Instructions of what is not counted. */
  readonly uncounted = new Set<number>();
  /** Functions that a step enters so often at most. */
  readonly entered: readonly EnteredFunctions[];

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
    this.#source = new ImageSource(inputs);
    const { code } = inputs;
    this.#rest = code.functions.find(({ name }) => name.startsWith('w2c_cell_rest'))?.start;
    this.#abiNames = namesByLine(inputs.abi);
    this.entered = this.#source.entered();
    const main = [...code.graphs.values()].find(({ name }) => name === 'cell_main');
    if (main === undefined) throw new Error('the image has no cell_main');
    this.#flow = new Flow(
      {
        graph: (start) => code.graphs.get(start),
        nanos: (address) => this.#nanosAt(address),
        results: (from, target, outcome) => {
          if (this.#taskOf(from, target) === undefined) return [outcome];
          return outcome === undefined ? [0, 1] : [outcome];
        },
        refusal: (from, target) => {
          return this.#taskOf(from, target)?.refusal;
        },
        limit: (loop, graph, loops) => this.#limit(loop, graph, loops),
        isDeviceWrite: (address) =>
          this.#nanosAt(address) ===
          inputs.timing.nanosPerInstruction + inputs.timing.deviceWriteNanos,
        called: (address) => this.#source.called(address),
        entered: this.entered,
      },
      main.start,
      code.stepBegins,
      code.stepBegins,
    );
  }

  /** The name in the source of the function at `address`. */
  nameAt(address: number): string {
    return this.#source.nameAt(address);
  }

  /** The most that the call of a memory function at `address` copies or fills. */
  bytesAt(address: number): number {
    return this.#source.bytesAt(address);
  }

  /** What tells the steps of a run apart. */
  get stepFunctions(): StepFunctions {
    const all = [...this.#inputs.code.graphs.values()];
    const has = ({ start, end }: FunctionGraph, address: number): boolean =>
      address >= start && address < end;
    const own = all.filter((graph) => this.#isExecutive(graph));
    const named = (graph: FunctionGraph): string => this.nameAt(graph.start);
    return {
      functionOf: (address) => all.find((graph) => has(graph, address))?.start,
      isExecutive: (address) => own.some((graph) => has(graph, address)),
      tasks: new Map(
        TASKS.flatMap(({ name, run, works }) =>
          [run, works ?? run].flatMap((one) =>
            all.filter((graph) => isNamed(named(graph), one)).map(({ start }) => [start, name]),
          ),
        ),
      ),
      ended: all.find((graph) => isNamed(named(graph), STEP_ENDED))?.start,
      nanosAt: (address) => this.#nanosAt(address) ?? 0,
    };
  }

  /** What `task` takes at most when it refuses. Undefined: nothing is declared. */
  refusalOf(task: string): Refusal | undefined {
    return TASKS.find(({ name }) => name === task)?.refusal;
  }

  /** How often a step of `task` enters functions at most. */
  limitsOf(task: string): StepLimits {
    return limitsOf(task, [...this.#inputs.code.graphs.keys()], (start) => this.nameAt(start));
  }

  /** Where a step begins. */
  get stepBegins(): number {
    return this.#inputs.code.stepBegins;
  }

  /** The bound of a step of each of `tasks`. */
  async all(tasks: readonly { name: string; spiBytes: number }[]): Promise<TaskBound[]> {
    const bounds: TaskBound[] = [];
    for (const { name, spiBytes } of tasks) {
      const task = TASKS.find((one) => one.name === name);
      if (task === undefined) throw new Error(`lab/bound/tasks.ts has no task "${name}"`);
      bounds.push(await this.#of(task, spiBytes));
    }
    return bounds;
  }

  /** With `spiBytes` on SPI. */
  async #of(task: TaskEntry, spiBytes: number): Promise<TaskBound> {
    const question: Question = {
      isBarred: (way, from) => this.#isBarred(task, way, from),
      isWanted: (way, from) => this.#isWanted(task, way, from),
      spiBytes: task.name === 'receive' ? spiBytes : spiBytes + POLL_BYTES,
      ownBytes: spiBytes,
      byteNanos: this.#inputs.wireNanos,
      limits: this.limitsOf(task.name),
    };
    const { nanos, shares } = await this.#flow.longest(question);
    return { name: task.name, nanos: Math.ceil(nanos), shares };
  }

  #isWanted(task: TaskEntry, { call, result }: Way, from: FunctionGraph): boolean {
    if (call === undefined) return false;
    if (this.#isExecutive(from) && this.#workedAt(call.target) === task) return true;
    return this.#taskOf(from, call.target) === task && result !== 0;
  }

  /** The task that works if the executive's own code calls `target`. */
  #workedAt(target: number): TaskEntry | undefined {
    const name = this.#source.nameAt(target);
    return TASKS.find(({ works }) => works !== undefined && isNamed(name, works));
  }

  #isExecutive(graph: FunctionGraph): boolean {
    return graph.name === 'cell_main' || this.#isOverdue(graph);
  }

  /** The task that the executive's own code asks there. */
  #taskOf(from: FunctionGraph, target: number | undefined): TaskEntry | undefined {
    if (target === undefined || !this.#isExecutive(from)) return undefined;
    const name = this.#source.nameAt(target);
    return TASKS.find(({ run }) => isNamed(name, run));
  }

  #isOverdue(graph: FunctionGraph): boolean {
    return isNamed(this.#source.nameAt(graph.start), RUN_OVERDUE);
  }

  /** In the executive's own code, tasks that are not `task` refuse. */
  #isBarred(task: TaskEntry, { call, result, refused }: Way, from: FunctionGraph): boolean {
    const target = refused?.target ?? call?.target;
    if (target === undefined) return false;
    // The core rests after a step in which no task worked.
    if (target === this.#rest) return true;
    const working = this.#isExecutive(from) ? this.#workedAt(target) : undefined;
    if (working !== undefined) return working !== task;
    const asked = this.#taskOf(from, target);
    if (asked === undefined) return false;
    if (this.#isOverdue(from) && asked.isTimed !== true) return true;
    if (asked === task) return asked.isAlways === true && result === 0;
    return asked.isAlways === true || result !== 0;
  }

  #limit(loop: Loop, graph: FunctionGraph, loops: readonly Loop[]): Limit {
    const source = this.#source.sourceOf(loop, graph);
    const nest = this.#source.nestOf(graph, loops);
    const outermost = nest.get(loop.head) ?? loop;
    const isNest = [...nest.values()].includes(outermost) && source !== undefined;
    const most = isNest ? this.#source.timesOfNest(source) : undefined;
    this.asked.set(loop.head, { loop, graph, source, outermost, most });
    const times = (many: number): Limit => ({ times: many, outermost });
    if (graph.name.startsWith('mem')) return { calledAt: (address) => this.bytesAt(address) };
    const bound = source?.bound;
    if (bound === undefined) {
      if (source === undefined) return times(CYCLE_ROUNDS);
      if (this.#source.standsUncounted(source)) return times(0);
      this.undeclared.add(`${source.file}:${source.from}`);
      return times(1);
    }
    if ('times' in bound) {
      const { aStep } = bound;
      const name = `${source?.file}:${source?.from}`;
      const limit = { times: most ?? bound.times, outermost };
      return aStep === undefined ? limit : { ...limit, aStep: { name, times: aStep } };
    }
    if ('nanos' in bound) return bound;
    return bound.by === 'byte' ? { by: 'byte' } : times(0);
  }

  #nanosAt(address: number): number | undefined {
    if (!this.#nanos.has(address)) this.#nanos.set(address, this.#findNanos(address));
    return this.#nanos.get(address);
  }

  #findNanos(address: number): number | undefined {
    const { code, origins, timing } = this.#inputs;
    const word = code.word(address);
    const frames = this.#source.frames(address);
    const [line] = frames.filter(({ file }) => file === C_FILE).map((one) => one.line);
    if (line !== undefined && this.#source.isUncounted(address)) {
      this.uncounted.add(address);
      return undefined;
    }
    const own = timing.nanosPerInstruction;
    if ((word & HVC_MASK) >>> 0 === HVC) return own + timing.hypercallNanos;
    if ((word & 0xffffffe0) >>> 0 === READ_COUNTER) return own + timing.counterReadNanos;
    if (frames[0]?.file !== 'abi.h' || !isGuestAccess(word)) return own;
    const name = this.#abiNames[frames[0].line] ?? '';
    if (!name.startsWith('mmio_')) return own;
    const place = line === undefined ? undefined : origins.calls.get(line);
    // The hypervisor emulates the registers of ivshmem and PCI, and the UART; the others are mapped.
    if (place?.file.startsWith('src/jailhouse/') === true) return own + timing.trappedAccessNanos;
    const isRead = name.startsWith('mmio_read');
    return own + (isRead ? timing.deviceReadNanos : timing.deviceWriteNanos);
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

/** The functions of the path, or of the longest step that was `seen`, that take at least `least` nanoseconds. */
export function describePath(
  bounds: StepBounds,
  { shares }: TaskBound,
  seen: Step | undefined,
  least: number,
): string[] {
  const functions = new Map(shares.map((share) => [share.start, share]));
  for (const start of seen?.spent.keys() ?? [])
    if (!functions.has(start)) functions.set(start, { start, entries: 0, nanos: 0 });
  const cell = (nanos: number, entries: number): string =>
    `${Math.round(nanos).toString().padStart(9)} ns ${entries.toFixed(1).padStart(7)} x`;
  const head = `${'longest path'.padStart(22)}   ${'longest step seen'.padStart(22)}`;
  const rows = [...functions.values()]
    .map((path) => ({
      ...{ path, entries: seen?.entries.get(path.start) ?? 0 },
      nanos: seen?.spent.get(path.start) ?? 0,
    }))
    .filter(({ path, nanos }) => Math.max(path.nanos, nanos) >= least)
    .sort((one, other) => other.path.nanos - one.path.nanos)
    .map(({ path, entries, nanos }) => {
      const name = plainName(bounds.nameAt(path.start));
      return `${cell(path.nanos, path.entries)}   ${cell(nanos, entries)}  ${name}`;
    });
  return [head, ...rows];
}
