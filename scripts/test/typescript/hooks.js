// SPDX-License-Identifier: MIT
/**
 * Node's module hooks for TypeScript: the code of a file of the project is in the folder
 * CANWARDEN_TRANSPILED already. A file that is newer than its code, or of another folder, is
 * transpiled when it is loaded.
 *
 * A module keeps the address of its source, so `import.meta`, stack traces and counts are of it.
 */
import { readFileSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, URL } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
const FOLDER = process.env.CANWARDEN_TRANSPILED;

/** Whether the code at `made` is of the file at `source` as it is now. */
export function isCurrent(made, source) {
  const time = statSync(made, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return time > statSync(source).mtimeMs;
}

/** The code of the file at `path`, made before or now. */
async function codeOf(path) {
  const made = path.startsWith(PROJECT) ? `${FOLDER}/${path.slice(PROJECT.length)}.js` : undefined;
  if (made !== undefined && isCurrent(made, path)) return readFileSync(made, 'utf8');
  // Loaded only here, because few processes need the compiler.
  const { transpile } = await import('./transpile.js');
  return transpile(path);
}

export function resolve(specifier, context, next) {
  if (!specifier.endsWith('.ts') || !/^(\.|\/|file:)/.test(specifier)) {
    return next(specifier, context);
  }
  // An argument of node is a path of its own; an import is relative to the file that has it.
  const url = new URL(specifier, context.parentURL).href;
  return { url, format: 'module', shortCircuit: true };
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  return { format: 'module', source: await codeOf(fileURLToPath(url)), shortCircuit: true };
}
