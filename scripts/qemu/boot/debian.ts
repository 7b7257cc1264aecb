// SPDX-License-Identifier: MIT
/**
 * What a boot takes from Debian's arm64 packages: TF-A for the board, and for a root file system busybox,
 * can-utils and the C library. The packages are unpacked in the cache folder; nothing is installed.
 *
 * apt has lists of its own there, as for QEMU's source (source.ts).
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { QemuCache } from '../cache.ts';
import { apt, mirror, prepareApt, sourcesEntry, SUITES } from '../source.ts';

const PACKAGES = ['arm-trusted-firmware', 'busybox-static', 'can-utils', 'libc6'];
/** Place in a package, and in the guest. TF-A goes to no guest. */
const FILES = {
  'usr/lib/arm-trusted-firmware/rpi4/bl31.bin': undefined,
  'usr/bin/busybox': 'bin/busybox',
  'usr/bin/candump': 'usr/bin/candump',
  'usr/bin/cansend': 'usr/bin/cansend',
  'usr/bin/cangen': 'usr/bin/cangen',
  'usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1': 'lib/ld-linux-aarch64.so.1',
  'usr/lib/aarch64-linux-gnu/libc.so.6': 'lib/libc.so.6',
} as const;

export interface DebianParts {
  /** TF-A's BL31 for the Raspberry Pi 4. */
  readonly armstub: string;
  /** Files here, and their places in the guest. */
  readonly rootFiles: readonly { readonly from: string; readonly to: string }[];
}

/** Fetches what is not in the cache yet. Throws InputError if Debian cannot be reached. */
export function debianParts(cache: QemuCache, say: (line: string) => void): DebianParts {
  const folder = join(cache.folder, 'arm64');
  const place = (path: string): string => join(folder, basename(path));
  if (!Object.keys(FILES).every((path) => existsSync(place(path)))) {
    say(`Getting ${PACKAGES.join(', ')} for arm64 from Debian (4 MB, and 10 MB of lists) ...`);
    fetchInto(folder, place);
  }
  return {
    armstub: place('bl31.bin'),
    rootFiles: Object.entries(FILES).flatMap(([path, to]) =>
      to === undefined ? [] : [{ from: place(path), to }],
    ),
  };
}

function fetchInto(folder: string, place: (path: string) => string): void {
  const lists = join(folder, 'apt');
  prepareApt(lists);
  const [stable] = SUITES;
  const entry = sourcesEntry('deb', mirror(), [stable]);
  writeFileSync(join(lists, 'sources/canwarden.sources'), `${entry}Architectures: arm64\n`);
  const asArm64 = ['-o', 'APT::Architecture=arm64', '-o', 'APT::Architectures=arm64'];
  apt(lists, [...asArm64, 'update']);
  const packages = join(folder, 'packages');
  mkdirSync(packages, { recursive: true });
  apt(lists, [...asArm64, 'download', ...PACKAGES], packages);
  const root = join(folder, 'unpacked');
  for (const name of readdirSync(packages).filter((file) => file.endsWith('.deb'))) {
    const { status } = spawnSync('dpkg-deb', ['-x', join(packages, name), root]);
    if (status !== 0) throw new Error(`dpkg-deb could not unpack ${name} in ${packages}`);
  }
  for (const path of Object.keys(FILES)) copyFileSync(join(root, path), place(path));
  for (const rest of [lists, packages, root]) rmSync(rest, { recursive: true, force: true });
}
