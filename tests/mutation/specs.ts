// SPDX-License-Identifier: MIT
/**
 * The unit specs as killers: each is a compiled module of as-pect that runs as often as there are mutants in it.
 */
import { readFileSync } from 'node:fs';
import { TestContext } from '@as-pect/core';
import { Killer } from './killer.ts';
import { Switch } from './switch.ts';

/** JavaScript of the specs' folder, which has no types. */
const FAKE_HOST = new URL('../unit/support/fake-host.js', import.meta.url).href;
const { createFakeHost } = (await import(FAKE_HOST)) as {
  createFakeHost: (memory: WebAssembly.Memory) => { readonly imports: WebAssembly.Imports };
};

const MEMORY_PAGES = 10;
/** The imports of a module by the names of their modules. */
type Imports = Record<string, Record<string, unknown>>;
const NOTHING = (): void => {};

/** A test that has failed ends the run of its file. */
class Failed extends Error {}

/** The spec of a file whose module was compiled to `output`. */
export function loadSpec(file: string, output: string): Killer {
  const module = new WebAssembly.Module(readFileSync(output));
  const control = new Switch();
  const run = (): Promise<string | undefined> => Promise.resolve(runSpec(module, control));
  return new Killer({ file, name: file }, control, run);
}

/** The name of the first test that fails. */
function runSpec(module: WebAssembly.Module, control: Switch): string | undefined {
  const context = new TestContext({
    reporter: {
      ...{ stdout: process.stdout, stderr: process.stderr },
      onEnter: NOTHING,
      onExit: (_, node) => {
        if (control.isExhausted) throw new Failed(`${node.name}: endless`);
        if (node.children.length === 0 && !node.pass) throw new Failed(node.name);
      },
      onFinish: NOTHING,
    },
  });
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES });
  const host = createFakeHost(memory);
  const given = { env: { memory }, ...control.imports, ...host.imports };
  const imports = context.createImports(given) as Imports;
  // Stack traces of each allocation and each expectation, which nobody reads here.
  for (const name of Object.keys(imports.rtrace)) imports.rtrace[name] = NOTHING;
  imports.__aspect.attachStackTraceToReflectedValue = NOTHING;
  try {
    const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    context.run({ exports: { ...exports, __getString: stringsOf(exports) } } as never);
    return context.pass ? undefined : 'a group of tests';
  } catch (error) {
    if (error instanceof Failed) return error.message;
    return `${(error as Error).constructor.name}: ${(error as Error).message}`;
  }
}

/** Reads strings of AssemblyScript: UTF-16, their size in bytes before them. */
function stringsOf({ memory }: WebAssembly.Exports): (pointer: number) => string {
  return (pointer) => {
    const { buffer } = memory as WebAssembly.Memory;
    const size = new DataView(buffer).getUint32(pointer - 4, true);
    return Buffer.from(buffer, pointer, size).toString('utf16le');
  };
}
