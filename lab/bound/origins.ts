// SPDX-License-Identifier: MIT
/**
 * Where the loops and calls of the C that wasm2c made come from in the AssemblyScript source.
 *
 * wasm2c keeps the order of things in a function: its n-th label of a loop is the module's n-th `loop`, its n-th call,
 * copy or fill is the module's. The module's offsets lead to the source by the source map.
 * Does not: know the image.
 */

/** A place in a source file; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface CLoop {
  /** Lines of the C file: the label, and the last jump to it. */
  readonly from: number;
  readonly to: number;
  /** The source of what stands in it but not in a loop inside it. */
  readonly places: readonly Place[];
}

export interface Origins {
  readonly loops: readonly CLoop[];
  /** Place of each call, and of each copy or fill of memory, by its line in the C file. */
  readonly calls: ReadonlyMap<number, Place>;
  /** Name in the source of each function, by its number in the module. */
  readonly names: ReadonlyMap<number, string>;
  /** First line of each function in the C file, in order. */
  readonly functions: readonly { readonly line: number; readonly number: number }[];
}

interface WasmLoop {
  readonly places: Place[];
}

interface WasmFunction {
  readonly loops: WasmLoop[];
  readonly calls: (Place | undefined)[];
}

/** `disassembly` is that of wasm-objdump -d; `map` the module's source map. */
export function originsOf(cText: string, disassembly: string, map: string): Origins {
  const places = readSourceMap(map);
  const { functions: modules, names } = readModule(disassembly, places);
  const loops: CLoop[] = [];
  const calls = new Map<number, Place>();
  const functions: { line: number; number: number }[] = [];
  const lines = cText.split('\n');
  let current:
    | { number: number; labels: Map<string, number>; ends: Map<string, number>; calls: number }
    | undefined;
  const finish = (): void => {
    if (current === undefined) return;
    const wasm = modules.get(current.number);
    if (
      wasm === undefined ||
      wasm.loops.length !== current.labels.size ||
      wasm.calls.length !== current.calls
    ) {
      throw new Error(
        `function ${current.number} of the C file is not that of the module: build again`,
      );
    }
    [...current.labels].forEach(([label, from], index) => {
      loops.push({ from, to: current?.ends.get(label) ?? from, places: wasm.loops[index].places });
    });
  };
  lines.forEach((text, index) => {
    const line = index + 1;
    const start = /^(?:static )?\S+ (w2c_cell_(?:f(\d+)|\w+))\(.*\) \{$/.exec(text);
    if (start !== null) {
      finish();
      const number = start[2] === undefined ? exportNumber(start[1], names) : Number(start[2]);
      current =
        number === undefined ? undefined : { number, labels: new Map(), ends: new Map(), calls: 0 };
      if (number !== undefined) functions.push({ line, number });
    } else if (current !== undefined) {
      const label = /^\s*(var_L\d+):/.exec(text);
      if (label !== null) current.labels.set(label[1], line);
      for (const [, to] of text.matchAll(/goto (var_L\d+);/g)) current.ends.set(to, line);
      for (const _ of text.matchAll(/w2c_(?:bsp|cell)_\w+\(|memory_(?:copy|fill)\(/g)) {
        const place = modules.get(current.number)?.calls[current.calls];
        current.calls += 1;
        if (place !== undefined) calls.set(line, place);
      }
      if (text === '}') {
        finish();
        current = undefined;
      }
    }
  });
  return { loops, calls, names, functions };
}

const EXPORT_PREFIX = 'w2c_cell_';

/** An export is a function `NAME_0`, and `NAME` that calls it. */
function exportNumber(name: string, names: ReadonlyMap<number, string>): number | undefined {
  const plain = /^(.*)_0$/.exec(name.slice(EXPORT_PREFIX.length))?.[1];
  for (const [number, full] of names) if (full === `src/image/cell/${plain}`) return number;
  return undefined;
}

function readModule(
  disassembly: string,
  places: (offset: number) => Place | undefined,
): { functions: Map<number, WasmFunction>; names: Map<number, string> } {
  const functions = new Map<number, WasmFunction>();
  const names = new Map<number, string>();
  let current: WasmFunction | undefined;
  let open: (WasmLoop | undefined)[] = [];
  for (const text of disassembly.split('\n')) {
    const start = /^[0-9a-f]+ func\[(\d+)\](?: <(.*)>)?:$/.exec(text);
    if (start !== null) {
      current = { loops: [], calls: [] };
      open = [];
      functions.set(Number(start[1]), current);
      names.set(Number(start[1]), start[2] ?? '');
      continue;
    }
    const act = /^ ([0-9a-f]+):[^|]*\| +(\S+)(?: (.*))?$/.exec(text);
    if (act === null || current === undefined) continue;
    const [, offset, name] = act;
    const place = places(parseInt(offset, 16));
    if (name === 'loop') {
      const loop: WasmLoop = { places: [] };
      current.loops.push(loop);
      open.push(loop);
    } else if (name === 'block' || name === 'if') open.push(undefined);
    else if (name === 'end') open.pop();
    else if (/^(?:call|memory\.copy|memory\.fill)$/.test(name)) current.calls.push(place);
    const inside = open.findLast((one) => one !== undefined);
    if (inside !== undefined && place !== undefined) inside.places.push(place);
  }
  return { functions, names };
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The place of an offset of the module: of the nearest mapping at or before it (source map revision 3). */
function readSourceMap(text: string): (offset: number) => Place | undefined {
  const { sources, mappings } = JSON.parse(text) as { sources: string[]; mappings: string };
  const offsets: number[] = [];
  const found: (Place | undefined)[] = [];
  let [offset, source, line, column] = [0, 0, 0, 0];
  for (const segment of mappings.split(',')) {
    const fields = readNumbers(segment);
    offset += fields[0];
    if (fields.length >= 4) {
      source += fields[1];
      line += fields[2];
      column += fields[3];
    }
    offsets.push(offset);
    found.push(fields.length >= 4 ? { file: sources[source], line: line + 1, column } : undefined);
  }
  return (wanted) => {
    let [low, high] = [0, offsets.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (offsets[middle] <= wanted) low = middle + 1;
      else high = middle;
    }
    return found[low - 1];
  };
}

function readNumbers(segment: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    numbers.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
