// SPDX-License-Identifier: MIT
/**
 * Runs modules of src/ in Node. AssemblyScript has the syntax of TypeScript, so code that declares numbers and orders
 * can be asked for them.
 *
 * Does not: have AssemblyScript's integers or memory. Ask only for sums of numbers that a double holds.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { PROJECT } from './command.ts';

type Exports = Record<string, unknown>;

/** What AssemblyScript has without an import. */
const GLOBALS: Readonly<Record<string, unknown>> = {
  ...{ final: (type: unknown) => type, unmanaged: (type: unknown) => type },
  ...{ min: Math.min, max: Math.max },
};

/** Stands for a module that is not run: each of its names is a class without members. */
const STAND_IN: unknown = new Proxy({}, { get: () => class {} });

/**
 * What the modules export, by their paths from the project's folder, without suffix. What they import besides each
 * other is a stand-in.
 */
export function runSources(paths: readonly string[]): (path: string) => Exports {
  const loaded = new Map<string, Exports>();
  const load = (path: string): Exports => {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const exports: Exports = {};
    loaded.set(path, exports);
    const { outputText } = ts.transpileModule(readFileSync(`${PROJECT}${path}.ts`, 'utf8'), {
      compilerOptions: {
        ...{ module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
        experimentalDecorators: true,
      },
    });
    const require = (specifier: string): unknown => {
      const target = posix.join(posix.dirname(path), specifier);
      return paths.includes(target) ? load(target) : STAND_IN;
    };
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    const body = new Function('exports', 'require', ...Object.keys(GLOBALS), outputText) as (
      ...values: readonly unknown[]
    ) => void;
    body(exports, require, ...Object.values(GLOBALS));
    return exports;
  };
  return load;
}
