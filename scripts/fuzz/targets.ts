// SPDX-License-Identifier: MIT
/**
 * The fuzz targets: what is built of each, and the inputs of the repository from which its corpus begins.
 *
 * C targets are libFuzzer's (Debian's clang); TypeScript targets are Jazzer.js', which is libFuzzer for Node.
 * Does not: run them for long; see scripts/soak/fuzz.ts.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { compileRules } from '../../rules/compile.ts';
import { BRIDGE_FLAGS } from '../build/bridge.ts';
import { command, nodeTool, PROJECT } from '../build/command.ts';

export interface Target {
  readonly name: string;
  readonly what: string;
  readonly kind: 'c' | 'typescript';
  /** Files beside the target itself. */
  readonly sources?: readonly string[];
  /** Makes what the target includes. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** Inputs to begin with, by name. */
  readonly seeds: () => ReadonlyMap<string, Uint8Array>;
  /** No input is longer. */
  readonly bytesMaximum: number;
}

/** Pages of the linear memory of the module `rules`, in bytes: 5, as the cell has. */
const TABLE_MEMORY = 0x50000;

export const TARGETS: readonly Target[] = [
  {
    ...{ name: 'rules', what: 'rules.bin, in the check of the cell', kind: 'c' },
    ...{ prepare: makeTable, seeds: exampleTables, bytesMaximum: 0x4000 },
  },
  {
    ...{ name: 'control', what: 'a question at the socket of the bridge', kind: 'c' },
    ...{ sources: ['bsp/linux/control-answer.c'], seeds: questions, bytesMaximum: 0x11000 },
  },
  {
    ...{ name: 'frame-text', what: 'a line of candump, in the bridge', kind: 'c' },
    ...{ sources: ['bsp/linux/frame-text.c'], seeds: frameLines, bytesMaximum: 4096 },
  },
  {
    ...{ name: 'candump', what: 'a candump log, in twin/', kind: 'typescript' },
    ...{ seeds: logs, bytesMaximum: 4096 },
  },
  {
    ...{ name: 'dbc', what: 'the text of a DBC file', kind: 'typescript' },
    ...{ seeds: databases, bytesMaximum: 8192 },
  },
];

/** Writes the seeds of a target to its corpus, beside what is there. Returns the corpus. */
export function seedCorpus({ name, seeds }: Target, corpora: string): string {
  const corpus = `${corpora}/${name}`;
  mkdirSync(corpus, { recursive: true });
  for (const [file, bytes] of seeds()) writeFileSync(`${corpus}/seed-${file}`, bytes);
  return corpus;
}

/** A program that plays files once (`compiler` cc), or libFuzzer's (clang). Returns its path. */
export async function buildC(
  { name, sources = [], prepare }: Target,
  folder: string,
  kind: 'replay' | 'fuzzer',
): Promise<string> {
  mkdirSync(`${PROJECT}${folder}`, { recursive: true });
  await prepare?.(folder);
  const output = `${folder}/${name}-${kind}`;
  const sanitizers = kind === 'fuzzer' ? 'fuzzer,address,undefined' : 'address,undefined';
  await command(kind === 'fuzzer' ? 'clang' : 'cc', [
    ...BRIDGE_FLAGS.filter((flag) => !flag.startsWith('-W')),
    ...['-w', '-O1', '-g', `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all'],
    ...[`-DWASM_RT_LINEAR_MEMORY_BYTES=${TABLE_MEMORY}`, `-I${folder}`, '-Ibsp/wasm-rt'],
    ...['-Ibsp/linux', '-Ibuild/bridge', '-Ibuild/generated'],
    ...[`bsp/fuzz/${name}.c`, ...sources],
    ...(kind === 'replay' ? ['bsp/fuzz/replay.c'] : []),
    ...['-o', output],
  ]);
  return output;
}

/** A module that Jazzer.js instruments: one file of JavaScript with the target's whole code. */
export async function buildJs({ name }: Target, folder: string): Promise<string> {
  const outfile = `${folder}/${name}.cjs`;
  const entryPoints = [`${PROJECT}tests/fuzz/${name}.ts`];
  await build({
    ...{ entryPoints, outfile: `${PROJECT}${outfile}`, bundle: true },
    ...{ platform: 'node', format: 'cjs', logLevel: 'error' },
  });
  return outfile;
}

async function makeTable(folder: string): Promise<void> {
  const wasm = `${folder}/table.wasm`;
  await nodeTool('assemblyscript/bin/asc.js', [
    'tests/unit/responder/hostile-table.ts',
    ...['--config', 'asconfig.json', '--target', 'cell', '-o', wasm, '--textFile', ''],
  ]);
  const output = `${folder}/table.wasm.c`;
  await nodeTool('wabt/bin/wasm2c', [wasm, '-n', 'table', '-o', output]);
}

/** The rules of each example, compiled. */
function exampleTables(): ReadonlyMap<string, Uint8Array> {
  const folders = readdirSync(`${PROJECT}examples`, { withFileTypes: true });
  const names = folders.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files = names.map((name) => [name, `${PROJECT}examples/${name}/rules.yaml`] as const);
  const all = [...files, ['project', `${PROJECT}rules.yaml`] as const];
  return new Map(
    all.map(([name, file]) => [name, compileRules(readFileSync(file, 'utf8'), file).image]),
  );
}

/** `struct ask_head` of bsp/linux/control-wire.h for each kind, with a payload; the rest is what the module says. */
function questions(): ReadonlyMap<string, Uint8Array> {
  const seeds = new Map<string, Uint8Array>();
  for (let kind = 1; kind <= 8; kind++) {
    for (const argument of [0, 1]) {
      const head = Buffer.alloc(16);
      head.write('CWA2', 'latin1');
      [kind, argument, 8].forEach((word, index) => head.writeUInt32LE(word, 4 + 4 * index));
      seeds.set(
        `${kind}-${argument}`,
        Buffer.concat([head, Buffer.alloc(40, 16 * kind + argument)]),
      );
    }
  }
  return seeds;
}

const LINES = [
  '123#',
  '123#1122334455667788_F',
  '(1.000000) can0 12345678#R8',
  '7FF#R',
  '20000004#0011223344556677',
];

function frameLines(): ReadonlyMap<string, Uint8Array> {
  return new Map(LINES.map((line, index) => [`${index}`, Buffer.from(line)]));
}

function logs(): ReadonlyMap<string, Uint8Array> {
  const demo = readFileSync(`${PROJECT}lab/demo/demo.log`, 'latin1').split('\n').slice(0, 12);
  const lines = LINES.map((line, index) => `(${index}.5) can0 ${line.split(' ').at(-1)}`);
  const screen = ' (001.000000)  can0  123   [8]  11 22 33 44 55 66 77 88';
  const texts = {
    demo: demo.join('\n'),
    lines: lines.join('\n'),
    screen,
    fd: '(1.0) can0 123##1AABB',
  };
  return new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(`${text}\n`)]));
}

function databases(): ReadonlyMap<string, Uint8Array> {
  const folder = `${PROJECT}tests/data`;
  const files = readdirSync(folder).filter((name) => name.endsWith('.dbc'));
  return new Map(files.map((name) => [basename(name), readFileSync(`${folder}/${name}`)]));
}
