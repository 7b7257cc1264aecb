// SPDX-License-Identifier: MIT
/**
 * Firmware variants: the sources with a few lines changed on purpose, built in build/bench/variants/NAME from
 * copies of the sources and the build scripts.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { counted } from '../../cell-config/plural.ts';
import type * as Image from '../build/image.ts';
import type * as Wasm from '../build/wasm.ts';
import { PROJECT } from '../build/command.ts';

/** In `file`, replaces `from`, which must occur once, by `to`. */
export interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const COPIED = [
  ...['src', 'bsp', 'formats', 'cell-config', 'scripts/build'],
  ...['package.json', 'asconfig.json', 'tsconfig.json'],
];
const SHARED_ARTIFACTS = [
  'bridge.wasm',
  'rpi4-canwarden.cell',
  'rpi4-canwarden-wfi.cell',
  'rpi4-root.cell',
];

/** Builds a variant. Returns the folder with its built files, laid out like build/. */
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

/** Makes `folder` anew: the paths of the tree with the changes, node_modules, and an empty build/. */
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
