// SPDX-License-Identifier: MIT
/**
 * The cache folder of `npm run qemu`: QEMU's source, the patches applied to it, and what was built of it.
 *
 * Does not: hold anything of the project that cannot be made again.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PROJECT } from '../build/command.ts';

const PATCHES = join(PROJECT, 'qemu/patches');

/** One patch of the series. */
export interface Patch {
  readonly name: string;
  readonly text: string;
}

/** The patch series of qemu/, in the order of the names. */
export function readSeries(folder: string = PATCHES): Patch[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}

/** What distinguishes one series from another. */
export function seriesHash(series: readonly Patch[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of series) hash.update(`${name}\0${text}\0`);
  return hash.digest('hex').slice(0, 16);
}

/** The folders. Nothing is made before it is needed. */
export class QemuCache {
  readonly folder: string;

  /** Default: `canwarden/qemu` in $XDG_CACHE_HOME, or in ~/.cache. */
  constructor(folder?: string) {
    const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
    folder ??= process.env.CANWARDEN_QEMU ?? join(base, 'canwarden/qemu');
    this.folder = folder;
  }

  /** apt's lists and settings for the source, apart from the machine's own. */
  get apt(): string {
    return join(this.folder, 'apt');
  }

  /** The unpacked source with the patches. */
  get source(): string {
    return join(this.folder, 'source');
  }

  /** Copies of the patches that are in the source now. */
  get applied(): string {
    return join(this.folder, 'applied');
  }

  get buildFolder(): string {
    return join(this.folder, 'build');
  }

  get emulator(): string {
    return join(this.buildFolder, 'qemu-system-aarch64');
  }

  /** What the emulator was made of: version, then hash of the series. */
  get stamp(): string {
    return join(this.folder, 'built');
  }
}

/** The built emulator, or why there is none that can be used. */
export function findEmulator(
  cache = new QemuCache(),
): { readonly path: string; readonly version: string } | { readonly missing: string } {
  if (!existsSync(cache.stamp) || !existsSync(cache.emulator)) {
    return { missing: `QEMU was not built in ${cache.folder}. Next: npm run qemu -- build` };
  }
  const [version, hash] = readFileSync(cache.stamp, 'utf8').trim().split(' ');
  if (hash !== seriesHash(readSeries())) {
    return { missing: 'QEMU was built with other patches. Next: npm run qemu -- build' };
  }
  return { path: cache.emulator, version };
}
