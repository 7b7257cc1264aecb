// SPDX-License-Identifier: MIT
/**
 * AssemblyScript to WebAssembly: the module of one asconfig.json target.
 *
 * Output: `build/<target>.wasm`, for the twin's wasm engine and wasm2c. Of the cell also the same module with the
 * names of its functions, and the source map that leads from its offsets to the source (`npm run bound`).
 */
import { copyFile, mkdir, readFile } from 'node:fs/promises';

import { generateFormats } from './formats.ts';
import { nodeTool, PROJECT } from './command.ts';

/** The module of the cell with names, and its source map. The code is that of build/cell.wasm. */
export const NAMED_MODULE = 'build/wasm/cell.named.wasm';
export const SOURCE_MAP = 'build/wasm/cell.named.wasm.map';

/** The host ABI's wasm modules (src/abi). A module may import from these only. */
const ALLOWED_IMPORT_MODULES = new Set(['bsp', 'socket']);

/**
 * Compiles `src/image/<target>.ts` and optimises it with binaryen.
 *
 * @throws CommandFailed if a tool fails, Error if the module imports something outside the host ABI
 * (an array bound check, an allocation at run time, a floating point helper).
 */
export async function buildWasm(target: 'cell' | 'selftest' | 'bridge' | 'bench'): Promise<string> {
  generateFormats();
  await mkdir(`${PROJECT}build/wasm`, { recursive: true });
  const raw = `build/wasm/${target}.raw.wasm`;
  const output = `build/${target}.wasm`;
  const isNamed = target === 'cell';
  const optimised = isNamed ? NAMED_MODULE : output;
  await nodeTool('assemblyscript/bin/asc.js', [
    `src/image/${target}.ts`,
    '--config',
    'asconfig.json',
    '--target',
    target,
    ...(isNamed ? ['--debug', '--sourceMap'] : []),
  ]);
  await nodeTool('binaryen/bin/wasm-opt', [
    '-O2',
    '--converge',
    ...(isNamed
      ? ['--debuginfo', '--input-source-map', `${raw}.map`, '--output-source-map', SOURCE_MAP]
      : ['--strip-debug']),
    '--enable-bulk-memory',
    '--enable-mutable-globals',
    '--enable-sign-ext',
    '--enable-nontrapping-float-to-int',
    raw,
    '-o',
    optimised,
  ]);
  if (isNamed) {
    await copyFile(PROJECT + NAMED_MODULE, PROJECT + output);
    await nodeTool('wabt/bin/wasm-strip', [output]);
  }
  const module = await WebAssembly.compile(await readFile(PROJECT + output));
  for (const wanted of WebAssembly.Module.imports(module)) {
    if (!ALLOWED_IMPORT_MODULES.has(wanted.module)) {
      throw new Error(
        `${output} imports ${wanted.module}.${wanted.name}, which is not in src/abi. ` +
          `Likely cause: a checked array access or a throw; use load/store or unchecked().`,
      );
    }
  }
  return output;
}
