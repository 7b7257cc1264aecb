// SPDX-License-Identifier: MIT
/**
 * QEMU's source, by apt: the newest of the series that Debian's stable release carries.
 *
 * apt gets lists and settings of its own in the cache folder, so those of the machine stay as they are. It
 * checks Debian's signature as always.
 * Does not: patch; see patches.ts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../cell-config/files.ts';
import type { QemuCache } from './cache.ts';
import { hasMeson } from './machine.ts';

/** The release, and the series that the patches are for. */
export const SUITES = ['trixie', 'trixie-updates', 'trixie-security'];
const QEMU_SERIES = '10.0.';
const FALLBACK_MIRROR = 'http://deb.debian.org/debian/';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const LINES_SHOWN = 8;

/** The mirror from which this machine has its packages, if it is a Debian. */
export function mirror(): string {
  const format = ['--format', '$(ORIGIN) $(REPO_URI) $(CODENAME)'];
  const { stdout } = spawnSync('apt-get', ['indextargets', ...format], { encoding: 'utf8' });
  const own = /^Debian (\S+) [a-z]+$/m.exec(stdout ?? '')?.[1];
  return own !== undefined && !own.includes('security') ? own : FALLBACK_MIRROR;
}

/** Options that make apt use the folder instead of the machine's lists. */
function aptOptions(folder: string): string[] {
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': join(folder, 'sources'),
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': '',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Runs apt-get with the folder's lists. Throws InputError with the end of its output. */
export function apt(folder: string, parameters: readonly string[], inFolder = folder): string {
  const { status, stdout, stderr } = spawnSync('apt-get', [...aptOptions(folder), ...parameters], {
    cwd: inFolder,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    maxBuffer: 64 << 20,
  });
  const words = `${stdout ?? ''}${stderr ?? ''}`;
  if (status === 0 && !/^(E|Err):/m.test(words)) return stdout;
  const end = words.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n  ');
  throw new InputError(
    `apt-get ${parameters.join(' ')} failed:\n  ${end}\nNext: see that this machine reaches a mirror of ` +
      "Debian with source packages (deb-src), and try again; the machine's own lists are not used",
  );
}

/** Makes a folder that apt can use instead of the machine's lists. */
export function prepareApt(folder: string): void {
  for (const part of ['sources', 'state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, 'status'), '');
}

/** A paragraph of a .sources file. */
export function sourcesEntry(types: string, uri: string, suites: readonly string[]): string {
  return [
    `Types: ${types}`,
    `URIs: ${uri}`,
    `Suites: ${suites.join(' ')}`,
    'Components: main',
    `Signed-By: ${KEYRING}`,
    '',
  ].join('\n');
}

/** Fetches the lists. Reaching them is the proof that deb-src works here. */
export function updateLists(cache: QemuCache): void {
  const { apt: folder } = cache;
  prepareApt(folder);
  const [stable, ...others] = SUITES;
  const uri = mirror();
  const plain = others.filter((suite) => !suite.endsWith('security'));
  const entries = [sourcesEntry('deb-src', uri, [stable, ...plain])];
  // The machine's meson may be too old; Debian's newer one is a package without a compiled part.
  if (!hasMeson()) entries.push(sourcesEntry('deb', uri, [stable]));
  writeFileSync(join(folder, 'sources/canwarden.sources'), entries.join('\n'));
  apt(folder, ['update']);
}

/** The newest version of the series that the lists have, such as `1:10.0.2+ds-2`. */
export function newestVersion(cache: QemuCache): string {
  const { stdout } = spawnSync(
    'apt-cache',
    [...aptOptions(cache.apt), 'showsrc', '--only-source', 'qemu'],
    { encoding: 'utf8', maxBuffer: 64 << 20 },
  );
  const found = [...(stdout ?? '').matchAll(/^Version: (\S+)$/gm)].map(([, version]) => version);
  const fitting = found.filter((version) => version.replace(/^\d+:/, '').startsWith(QEMU_SERIES));
  fitting.sort((left, right) =>
    spawnSync('dpkg', ['--compare-versions', left, 'lt', right]).status === 0 ? -1 : 1,
  );
  const newest = fitting.at(-1);
  if (newest !== undefined) return newest;
  throw new InputError(
    `Debian carries no QEMU ${QEMU_SERIES}x any more, only ${found.join(', ') || 'none'}. ` +
      'Next: carry qemu/patches over to a newer one (qemu/README.md)',
  );
}

/** Unpacks the source of `version` into the cache. */
export function fetchSource(cache: QemuCache, version: string): void {
  const place = join(cache.folder, 'fetched');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  apt(cache.apt, ['source', `qemu=${version}`], place);
  const unpacked = readdirSync(place, { withFileTypes: true }).find((entry) => entry.isDirectory());
  if (unpacked === undefined) throw new Error(`apt-get source left no folder in ${place}`);
  rmSync(cache.source, { recursive: true, force: true });
  rmSync(cache.applied, { recursive: true, force: true });
  renameSync(join(place, unpacked.name), cache.source);
  rmSync(place, { recursive: true, force: true });
}

/** Environment in which a meson that is new enough runs: the machine's, or Debian's newer one. */
export function mesonEnvironment(cache: QemuCache): NodeJS.ProcessEnv {
  if (hasMeson()) return process.env;
  const root = join(cache.folder, 'meson');
  if (!existsSync(join(root, 'usr/bin/meson'))) {
    mkdirSync(root, { recursive: true });
    apt(cache.apt, ['download', 'meson'], root);
    const file = readdirSync(root).find((name) => name.endsWith('.deb'));
    const { status } = spawnSync('dpkg-deb', ['-x', join(root, file ?? ''), root]);
    if (status !== 0) throw new Error(`dpkg-deb could not unpack ${file} in ${root}`);
  }
  return {
    ...process.env,
    PATH: `${join(root, 'usr/bin')}:${process.env.PATH}`,
    PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
  };
}
