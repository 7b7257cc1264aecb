// SPDX-License-Identifier: MIT
/**
 * The acceptance cases (tests/cases) on the twin's wasm engine as killers, in one process.
 *
 * The twin is not changed: it compiles the bytes of build/, and gets the module with mutants instead, because this
 * process has another `WebAssembly.Module`. Needs collect-loader.js.
 * Does not: run cases of the ARM64 image, which has no mutants, or what needs another process.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { takeCollected } from './collect.ts';
import { Killer } from './killer.ts';
import { Switch } from './switch.ts';

const control = new Switch();

/** From now on `build/NAME` is the module at `mutated`. */
export function replaceModules(modules: readonly { built: string; mutated: string }[]): void {
  const known = modules.map(({ built, mutated }) => ({
    bytes: readFileSync(built),
    module: new WebAssembly.Module(readFileSync(mutated)),
  }));
  const { Module, Instance } = WebAssembly;
  WebAssembly.Module = new Proxy(Module, {
    construct: (target, [bytes]: [Uint8Array<ArrayBuffer>]) =>
      known.find((one) => one.bytes.equals(bytes))?.module ?? new target(bytes),
  });
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) =>
      new target(module, { ...imports, ...control.imports }),
  });
}

/** The cases of a file. */
export async function loadCases(file: string): Promise<Killer[]> {
  takeCollected();
  await import(pathToFileURL(file).href);
  return takeCollected()
    .filter(({ name }) => !/ARM64 image|on the image/.test(name))
    .map(({ name, run }) => {
      return new Killer({ file, name: `${file}: ${name}` }, control, () => whatFails(run));
    });
}

async function whatFails(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return String((error as Error).message)
      .split('\n')[0]
      .slice(0, 100);
  }
}
