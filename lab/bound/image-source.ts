// SPDX-License-Identifier: MIT
/**
 * What the source says of places in the image: names of functions, the loop that a loop was made of, how often a call is
 * made, how much is copied, what is not counted.
 *
 * Does not: compute a bound.
 */
import type { ImageCode } from './image-code.ts';
import type { Line } from './lines.ts';
import type { CLoop, Origins } from './origins.ts';
import type { FunctionGraph } from './program.ts';
import { loopsIn, type Loop } from './regions.ts';
import { sourceLoopOf, type SourceFile, type SourceLoop } from './source-loops.ts';

/** A function of the source in the image. */
export interface EnteredFunctions {
  readonly place: string;
  readonly starts: readonly number[];
  readonly times: number;
}

/** The lines of the image, and the source. */
export interface SourceInputs {
  readonly code: ImageCode;
  readonly lines: ReadonlyMap<number, readonly Line[]>;
  readonly origins: Origins;
  readonly sources: ReadonlyMap<string, SourceFile>;
}

export const C_FILE = 'cell.wasm.c';
/** Lines of bsp/rpi4/cell.c. A larger number belongs to the file that it includes, which addr2line may mix up. */
const CELL_C_LINES = 200;
/** Share of a loop's instructions that the smallest loop of the C file has; if none has it, that of the most. */
const SHARE = 0.6;
/** What a copy or fill has at most whose bytes are not known. */
const MEMORY_BYTES = 256;

export class ImageSource {
  readonly origins: Origins;
  readonly sources: ReadonlyMap<string, SourceFile>;
  readonly #code: ImageCode;
  readonly #lines: ReadonlyMap<number, readonly Line[]>;
  readonly #names = new Map<number, string>();
  readonly #nests = new Map<number, ReadonlyMap<number, Loop>>();
  readonly #sources = new Map<string, SourceLoop | undefined>();
  readonly #loops: ReadonlyMap<string, readonly SourceLoop[]>;

  constructor({ code, lines, origins, sources }: SourceInputs) {
    this.#code = code;
    this.#lines = lines;
    this.origins = origins;
    this.sources = sources;
    this.#loops = new Map([...sources].map(([file, { loops }]) => [file, loops]));
  }

  /** The name in the source of the function at `address`. */
  nameAt(address: number): string {
    const known = this.#names.get(address);
    if (known !== undefined) return known;
    const name = this.#findName(address);
    this.#names.set(address, name);
    return name;
  }

  #findName(address: number): string {
    const graph = [...this.#code.graphs.values()].find(
      ({ start, end }) => address >= start && address < end,
    );
    const number = /^w2c_cell_f(\d+)/.exec(graph?.name ?? '')?.[1];
    return (
      (number === undefined ? undefined : this.origins.names.get(Number(number))) ??
      graph?.name ??
      '?'
    );
  }

  /** By the loops of the source that the call stands in, of its own function and of those that it was inlined into. */
  called(address: number): { name: string; times: number } | undefined {
    const { origins } = this;
    const lines = this.frames(address).flatMap(({ file, line }) => (file === C_FILE ? [line] : []));
    let times = 1;
    for (const line of lines) {
      const place = origins.calls.get(line);
      for (const one of origins.loops) {
        if (line < one.from || line > one.to) continue;
        const source = sourceLoopOf(one.places, this.#loops);
        if (source?.bound === undefined || !('times' in source.bound)) return undefined;
        // Its condition is asked once more than it goes round.
        const isInside =
          place?.file === source.file && place.line > source.from && place.line <= source.to;
        times *= source.bound.times + (isInside ? 0 : 1);
      }
    }
    return { name: lines.join(' '), times };
  }

  entered(): EnteredFunctions[] {
    const graphs = [...this.#code.graphs.values()];
    return [...this.sources].flatMap(([file, { entered }]) =>
      entered.map(({ from, name = '', className, times }) => {
        const start = `${file.replace(/\.ts$/, '/')}${className ?? name}`;
        const starts = graphs.flatMap((graph) => {
          const full = this.nameAt(graph.start);
          const isOne = className === undefined ? full === start : full.endsWith(`#${name}`);
          return isOne && /^(?:$|[<#])/.test(full.slice(start.length)) && full.startsWith(start)
            ? [graph.start]
            : [];
        });
        return { place: `${file}:${from}`, starts, times };
      }),
    );
  }

  /** The most that the call of a memory function at `address` copies or fills. */
  bytesAt(address: number): number {
    const { origins, sources } = this;
    for (const { file, line } of this.frames(address)) {
      const place = file === C_FILE ? origins.calls.get(line) : undefined;
      const copies = place === undefined ? undefined : sources.get(place.file)?.copies;
      const bytes = copies?.find(
        ({ from, to }) => place !== undefined && place.line >= from && place.line <= to,
      )?.bytes;
      if (bytes !== undefined) return bytes;
    }
    return MEMORY_BYTES;
  }

  standsUncounted({ file, from, to }: SourceLoop): boolean {
    const ranges = this.sources.get(file)?.uncounted ?? [];
    return ranges.some((range) => range.from <= from && range.to >= to);
  }

  /** The function of the C file that the instruction was made of stands under "path: not counted". */
  isUncounted(address: number): boolean {
    const { origins, sources } = this;
    const line = this.frames(address).find(({ file }) => file === C_FILE)?.line ?? 0;
    const number = origins.functions.findLast((one) => one.line <= line)?.number;
    const name = number === undefined ? '' : (origins.names.get(number) ?? '');
    for (const [file, { uncounted }] of sources) {
      const start = file.replace(/\.ts$/, '/');
      if (!name.startsWith(start)) continue;
      if (uncounted.some((range) => range.name !== undefined && name.endsWith(`#${range.name}`))) {
        return true;
      }
    }
    return false;
  }

  frames(address: number): readonly Line[] {
    const frames = this.#lines.get(address) ?? [];
    return frames.map((one) =>
      one.file === 'cell.c' && one.line > CELL_C_LINES ? { ...one, file: C_FILE } : one,
    );
  }

  sourceOf(loop: Loop, graph: FunctionGraph): SourceLoop | undefined {
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
      const lines = this.frames(address).filter(({ file }) => file === C_FILE);
      for (const one of this.origins.loops) {
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
  timesOfNest({ file, from, to, bound }: SourceLoop): number {
    const around = (this.#loops.get(file) ?? [])
      .filter((one) => one.from <= from && one.to >= to && (one.from < from || one.to > to))
      .sort((left, right) => left.to - left.from - (right.to - right.from))[0];
    const timesOf = (one: SourceLoop['bound']): number =>
      one !== undefined && 'times' in one ? one.times : 1;
    return timesOf(bound) * timesOf(around?.bound);
  }

  /**
   * Of the loops of a function that were made of one loop of the source and stand in each other: the outermost by the
   * head of each. The compiler lets a round of the source go through the head of any of them, so each goes round as
   * often as the source for each time that the outermost is entered.
   */
  nestOf(graph: FunctionGraph, loops: readonly Loop[]): ReadonlyMap<number, Loop> {
    const known = this.#nests.get(graph.start);
    if (known !== undefined) return known;
    const nest = new Map<number, Loop>();
    for (const outer of loops) {
      const source = this.sourceOf(outer, graph);
      if (source === undefined) continue;
      for (const inner of loopsIn(outer.parts)) {
        if (this.sourceOf(inner, graph) === source) nest.set(inner.head, outer);
      }
    }
    this.#nests.set(graph.start, nest);
    return nest;
  }
}
