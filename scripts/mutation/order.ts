// SPDX-License-Identifier: MIT
/**
 * What a mutation run compiles, as a file of JSON that its processes share; and what they tell each other.
 *
 * Does not: know how a mutant is made or killed (tests/mutation), or which test meets which mutant (play.ts).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { nodeTool, PROJECT } from '../build/command.ts';

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
  /** All that is made is here. */
  readonly folder: string;
  /** The mutants by name; absent: `count` of them, drawn by `seed`. */
  readonly names?: readonly string[];
  readonly seed?: number;
  readonly count?: number;
  readonly planted: readonly Planted[];
  readonly modules: readonly Module[];
  /** Test files whose cases are killers of what the specs leave alive. */
  readonly cases: readonly string[];
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

/** The specs are played first, then the cases. */
export type Phase = 'specs' | 'cases';

/** A test that may kill, and what it did without a mutant. */
export interface Scouted {
  /** A spec's file; a case's file and name. */
  readonly killer: string;
  /** What it takes of the processor. */
  readonly millis: number;
  /** Rounds of loops and places that it runs through. */
  readonly usual: number;
  /** The mutants whose places it reaches. */
  readonly reached: readonly number[];
}

/** What a player is asked: what the tests of a file reach, or whether a test notices a mutant. */
export type Asked =
  | { readonly scout: string }
  | { readonly mutant: number; readonly killer: string; readonly usual: number };

/** Its answer. */
export interface Answer {
  readonly scouted?: readonly Scouted[];
  /** The file to be scouted fails without a mutant. */
  readonly failure?: string;
  /** The test that noticed. */
  readonly failed?: string;
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

/** The file of JSON of an order. */
export function orderFile({ folder }: Pick<Order, 'folder'>): string {
  return `${folder}/order.json`;
}

/** Compiles the modules of an order that are not there as they would become. Returns the mutants. */
export async function compileOrder(order: Order): Promise<readonly Mutant[]> {
  mkdirSync(`${PROJECT}${order.folder}`, { recursive: true });
  writeFileSync(`${PROJECT}${orderFile(order)}`, JSON.stringify(order, null, 1));
  await nodeTool('../tests/mutation/compile.js', [orderFile(order)]);
  const list = readFileSync(`${PROJECT}${order.folder}/list.json`, 'utf8');
  return (JSON.parse(list) as { mutants: Mutant[] }).mutants;
}
