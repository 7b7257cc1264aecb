// SPDX-License-Identifier: MIT
/**
 * The files of the project, for the contract tests that read them as text.
 *
 * Does not: load or run any of them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = ['node_modules', 'build', '.git'];

/** Paths below `folder` (all of the project for ''), relative to the root, that pass the filter. */
export function listFiles(
  folder: string,
  filter: (path: string) => boolean = () => true,
): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.includes(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(path, filter);
    return filter(path) ? [path] : [];
  });
}

/** The text of a file of the project. */
export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** 1-based line of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
