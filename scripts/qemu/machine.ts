// SPDX-License-Identifier: MIT
/**
 * What `npm run qemu -- build` needs of this machine, and the one line that brings what is missing.
 *
 * Does not: install anything.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Source 360 MB, its archive 40 MB, the build 400 MB; and room. */
const DISK_MEGABYTES = 2000;
/** QEMU 10.0 asks for these (its configure and meson.build). */
const GLIB_LEAST = '2.66.0';
const PYTHON_LEAST = '3.8';
const MESON_LEAST = [1, 5];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

interface Need {
  readonly what: string;
  readonly package: string;
  readonly isThere: () => boolean;
}

function runs(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}

const NEEDS: readonly Need[] = [
  { what: 'a C compiler', package: 'gcc', isThere: () => runs('cc', '--version') },
  {
    what: 'the C library',
    package: 'libc6-dev',
    isThere: () => existsSync('/usr/include/stdio.h'),
  },
  { what: 'dpkg-source', package: 'dpkg-dev', isThere: () => runs('dpkg-source', '--version') },
  { what: 'patch', package: 'patch', isThere: () => runs('patch', '--version') },
  { what: 'ninja', package: 'ninja-build', isThere: () => runs('ninja', '--version') },
  { what: 'pkg-config', package: 'pkg-config', isThere: () => runs('pkg-config', '--version') },
  {
    what: `GLib ${GLIB_LEAST}`,
    package: 'libglib2.0-dev',
    isThere: () => runs('pkg-config', `--atleast-version=${GLIB_LEAST}`, 'glib-2.0'),
  },
  {
    what: 'libfdt',
    package: 'libfdt-dev',
    isThere: () => existsSync('/usr/include/libfdt.h'),
  },
  {
    what: `Python ${PYTHON_LEAST} with venv`,
    package: 'python3-venv',
    isThere: () =>
      runs(SYSTEM_PYTHON, '-c', `import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 8))`),
  },
  { what: "Debian's keys", package: 'debian-archive-keyring', isThere: () => existsSync(KEYRING) },
];

/** Debian's own, because meson comes as a package for it. */
export const SYSTEM_PYTHON = '/usr/bin/python3';

/** What the machine lacks for a build in `folder`. Empty: nothing. */
export function missingForBuild(folder: string, free = freeMegabytes(folder)): string[] {
  if (!runs('apt-get', '--version')) {
    return ['apt-get is missing: QEMU comes from Debian by apt. Next: use Debian 12 or newer'];
  }
  const missing = NEEDS.filter((need) => !need.isThere());
  const problems: string[] = [];
  if (missing.length > 0) {
    const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
    const names = missing.map((need) => need.what).join(', ');
    const packages = missing.map((need) => need.package).join(' ');
    problems.push(
      `missing: ${names}. Next: ${sudo}apt-get install --no-install-recommends ${packages}`,
    );
  }
  if (free < DISK_MEGABYTES) {
    problems.push(
      `${folder}: ${free} MB free, a build needs ${DISK_MEGABYTES}. Next: make room, or --cache FOLDER elsewhere`,
    );
  }
  return problems;
}

/** Whether the machine's own meson will do. */
export function hasMeson(): boolean {
  const { stdout } = spawnSync('meson', ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').split('.').map(Number);
  return major > MESON_LEAST[0] || (major === MESON_LEAST[0] && minor >= MESON_LEAST[1]);
}

function freeMegabytes(folder: string): number {
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  return Math.floor((bavail * bsize) / 1e6);
}
