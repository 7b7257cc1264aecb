/**
 * Firmware variants: the sources with a few lines changed on purpose, built in a folder of their own.
 *
 * Does not: touch src/ or build/: it copies the tree's sources and their build scripts to
 * build/bench/variants/NAME and runs the copied scripts there.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { counted } from '../../cell-config/plural.ts';
import type * as Image from '../build/image.ts';
import type * as Wasm from '../build/wasm.ts';
import { PROJECT } from '../build/command.ts';

/** In `file`, `from` (which must occur once) becomes `to`. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const COPIED = [
  ...['src', 'bsp', 'formats', 'scripts/build'],
  ...['package.json', 'asconfig.json', 'tsconfig.json'],
];
const SHARED_ARTIFACTS = [
  'bridge.wasm',
  'rpi4-canwarden.cell',
  'rpi4-canwarden-wfi.cell',
  'rpi4-root.cell',
];

/** Builds a variant; returns the folder that holds its built files, as build/ holds the others. */
export async function buildVariant(name: string, changes: readonly Change[]): Promise<string> {
  const folder = join(PROJECT, 'build/bench/variants', name);
  copyTree(folder, COPIED, changes);
  const load = (path: string): Promise<unknown> =>
    import(pathToFileURL(join(folder, 'scripts/build', path)).href);
  const { buildWasm } = (await load('wasm.ts')) as typeof Wasm;
  const { buildImage } = (await load('image.ts')) as typeof Image;
  await buildImage(await buildWasm('cell'));
  for (const artifact of SHARED_ARTIFACTS) {
    cpSync(join(PROJECT, 'build', artifact), join(folder, 'build', artifact));
  }
  return join(folder, 'build');
}

/** Makes `folder` anew: the paths of the tree, changed, node_modules, and an empty build/. */
export function copyTree(
  folder: string,
  paths: readonly string[],
  changes: readonly Change[],
): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'build'), { recursive: true });
  for (const path of paths) {
    cpSync(join(PROJECT, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  for (const change of changes) applyChange(folder, change);
}

function applyChange(folder: string, { file, from, to }: Change): void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(
      `${file} contains "${from}" ${counted(parts.length - 1, 'time')}, expected once. ` +
        'Likely cause: the source has changed; adapt the variant.',
    );
  }
  writeFileSync(path, parts.join(to));
}
