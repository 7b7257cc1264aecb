// SPDX-License-Identifier: MIT
/**
 * What a mutation run compiles and plays, as a file of JSON that its processes share; and what they found.
 *
 * Does not: know how a mutant is made or killed (tests/mutation).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { nodeTool, PROJECT } from '../build/command.ts';
import { runCommand } from '../test/command.ts';
import { TYPESCRIPT } from '../test/typescript/words.ts';

/** A fault by hand: where `scope` of `file` has the text `from`, it becomes `to`. */
export interface Planted {
  readonly name: string;
  readonly file: string;
  readonly scope: string;
  readonly from: string;
  readonly to: string;
}

export interface Module {
  readonly output: string;
  /** The words of asc. */
  readonly parameters: readonly string[];
  /** The spec that it is; absent: an image. */
  readonly spec?: string;
  /** The image that it stands for in the twin. */
  readonly built?: string;
}

export interface Order {
  /** The mutants by name; absent: `count` of them, drawn by `seed`. */
  readonly names?: readonly string[];
  readonly seed?: number;
  readonly count?: number;
  readonly planted: readonly Planted[];
  readonly modules: readonly Module[];
  /** Test files whose cases are killers of what the specs leave alive. */
  readonly cases: readonly string[];
  readonly list: string;
  readonly results: string;
}

export interface Mutant {
  readonly number: number;
  readonly name: string;
  readonly file: string;
  readonly line?: number;
  readonly kind: string;
  /** Why it does not compile. */
  readonly refused?: string;
}

/** A line of the results. */
export interface Result {
  readonly number: number;
  readonly killedBy?: string;
  readonly reachedBy: number;
}

/** The module of a unit spec. */
export function specModule(folder: string, spec: string): Module {
  const output = `${folder}/${spec.replaceAll('/', '-').replace(/\.ts$/, '')}.wasm`;
  const config = ['--config', 'as-pect.asconfig.json', '--target', 'mutants'];
  return { output, spec, parameters: [spec, ...config] };
}

/** The module of an image, not optimised, so that it is there soon. */
export function imageModule(folder: string, target: 'cell' | 'bridge'): Module {
  const config = ['--config', 'asconfig.json', '--target', target];
  const plain = ['--optimizeLevel', '0', '--shrinkLevel', '0', '--textFile', ''];
  const output = `${folder}/${target}.wasm`;
  const parameters = [`src/image/${target}.ts`, ...config, ...plain];
  return { output, built: `build/${target}.wasm`, parameters };
}

/** Compiles the modules of an order. Returns the mutants. */
export async function compileOrder(folder: string, order: Order): Promise<readonly Mutant[]> {
  mkdirSync(`${PROJECT}${folder}`, { recursive: true });
  const file = `${folder}/order.json`;
  writeFileSync(`${PROJECT}${file}`, JSON.stringify(order, null, 1));
  writeFileSync(`${PROJECT}${order.results}`, '');
  await nodeTool('../tests/mutation/compile.js', [file]);
  return (JSON.parse(readFileSync(`${PROJECT}${order.list}`, 'utf8')) as { mutants: Mutant[] })
    .mutants;
}

/**
 * Plays the specs, then the cases. A process that hangs is ended, and its mutant has been noticed.
 *
 * @throws Error if the process fails by itself.
 */
export async function playOrder(folder: string, phase: 'specs' | 'cases'): Promise<void> {
  const loader = ['--import', './tests/mutation/collect-loader.js'];
  const words = [...TYPESCRIPT, ...loader, 'tests/mutation/run.ts', phase, `${folder}/order.json`];
  const run = await runCommand([process.execPath, ...words], { timeoutSeconds: 36_000 });
  if (run.status !== 0) throw new Error(`${run.stdout}\n${run.stderr}\n${run.problem}`);
}

/** The last result of each mutant. */
export function readResults({ results }: Pick<Order, 'results'>): ReadonlyMap<number, Result> {
  const path = `${PROJECT}${results}`;
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  const read = lines.map((line) => JSON.parse(line) as Result);
  return new Map(read.map((result) => [result.number, result]));
}

/** Mutants, and what has killed those that did not live. */
export interface Played {
  readonly mutants: readonly Mutant[];
  readonly killers: ReadonlyMap<number, string>;
}

export function killersOf(order: Pick<Order, 'results'>): ReadonlyMap<number, string> {
  const killed = [...readResults(order).values()].flatMap(({ number, killedBy }) =>
    killedBy === undefined ? [] : [[number, killedBy] as const],
  );
  return new Map(killed);
}
