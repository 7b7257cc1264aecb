// SPDX-License-Identifier: MIT
/**
 * `node transpile.js PROJECT FOLDER`: removes the types from every file of host code below PROJECT
 * whose code in FOLDER is missing or old, with the map of lines at the end of the code. The module
 * hooks use it for one file, so it is JavaScript.
 *
 * Does not: check types (`types-host` does), or say anything of a file that cannot be read: whoever
 * loads that file is told.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { isCurrent } from './hooks.js';

/** The folders of host code. The AssemblyScript of src and tests/unit is none. */
const FOLDERS = ['formats', 'cell-config', 'rules', 'twin', 'lab', 'web', 'scripts', 'tests'];
const NOT_HOST = /^tests\/unit\/|\.d\.ts$/;

/** The code of a file. */
export async function transpile(path) {
  const { code } = await transform(readFileSync(path, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    // Beside the source, whose address the module has.
    sourcefile: basename(path),
    sourcemap: 'inline',
    sourcesContent: false,
    // An import of types alone still loads its module, as tsconfig.json says.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return code;
}

async function transpileAll(project, folder) {
  const paths = FOLDERS.flatMap((top) =>
    readdirSync(join(project, top), { recursive: true, encoding: 'utf8' })
      .map((name) => join(top, name))
      .filter((path) => path.endsWith('.ts') && !NOT_HOST.test(path)),
  );
  const one = async (path) => {
    const [source, made] = [join(project, path), join(folder, `${path}.js`)];
    if (isCurrent(made, source)) return;
    const code = await transpile(source).catch(() => undefined);
    if (code === undefined) return;
    mkdirSync(dirname(made), { recursive: true });
    writeFileSync(made, code);
  };
  await Promise.all(paths.map(one));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [project, folder] = process.argv.slice(2);
  await transpileAll(project, folder);
}
