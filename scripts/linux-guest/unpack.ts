// SPDX-License-Identifier: MIT
/**
 * Takes single files out of the distribution's packages without installing them.
 *
 * A package is downloaded by apt-get, unpacked, and deleted except for the wanted files: qemu-user of Debian
 * 13 would take 465 MB for the 17 MB of its AArch64 program. Needs no root.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A part is not available here. The message says why, and what would help. */
export class GuestUnavailable extends Error {}

const DOWNLOAD_MILLIS = 900_000;
const UNPACK_MILLIS = 300_000;
const MOST_BYTES = 256 << 20;

/** Runs a tool to its end. Returns its output. */
export function quiet(command: string, args: readonly string[], folder?: string): Buffer {
  const result = spawnSync(command, args, {
    cwd: folder,
    maxBuffer: MOST_BYTES,
    timeout: DOWNLOAD_MILLIS,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (result.status !== 0) {
    const words = [result.stdout, result.stderr, result.error?.message ?? ''].join('').trim();
    throw new GuestUnavailable(`${command} ${args.join(' ')} failed: ${words.slice(-400)}`);
  }
  return result.stdout;
}

/** Bytes that apt would download for these packages. */
export function downloadBytes(packages: readonly string[]): number {
  // Lines of: 'address' file size digest.
  const lines = quiet('apt-get', ['download', '--print-uris', '-q', ...packages]).toString();
  return [...lines.matchAll(/^'\S+' \S+ (\d+)/gm)].reduce((sum, [, size]) => sum + Number(size), 0);
}

/** A package's files in a folder, with names of a distribution with or without merged /usr. */
export class UnpackedPackages {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The whole path of a file such as "bin/busybox". Undefined: no package has it. */
  find(path: string): string | undefined {
    return [path, `usr/${path}`, path.replace(/^usr\//, '')]
      .map((name) => join(this.#root, name))
      .find((name) => existsSync(name));
  }

  /** As `find`. A missing file is an error. */
  get(path: string): string {
    const found = this.find(path);
    if (found === undefined) throw new Error(`the packages of this release have no ${path}`);
    return found;
  }

  list(path: string): string[] {
    const folder = this.find(path);
    return folder === undefined ? [] : readdirSync(folder).sort();
  }
}

/**
 * Downloads and unpacks `packages` beside `target`, lets `pick` write the wanted files to `target`, and
 * removes the rest. Afterwards `target` is complete or absent.
 */
export function takeFrom(
  packages: readonly string[],
  target: string,
  pick: (unpacked: UnpackedPackages, target: string) => void,
): void {
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(`${target}-`);
  try {
    const [root, made] = [join(work, 'root'), join(work, 'made')];
    mkdirSync(root);
    mkdirSync(made);
    quiet('apt-get', ['download', '-q', '-o', 'Acquire::Retries=3', ...packages], work);
    for (const name of readdirSync(work).filter((file) => file.endsWith('.deb'))) {
      unpackOne(join(work, name), root);
    }
    pick(new UnpackedPackages(root), made);
    // Another process may have made it meanwhile.
    if (!existsSync(target)) renameSync(made, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpackOne(file: string, root: string): void {
  const { status, stderr } = spawnSync('dpkg', ['-x', file, root], { timeout: UNPACK_MILLIS });
  if (status !== 0) throw new GuestUnavailable(`dpkg cannot unpack ${file}: ${String(stderr)}`);
}

/** Copies a kernel module, uncompressed: modules are .ko, .ko.xz (Debian 13) or .ko.zst (Ubuntu). */
export function copyModule(unpacked: UnpackedPackages, path: string, target: string): boolean {
  const plain = unpacked.find(path);
  if (plain !== undefined) {
    copyFileSync(plain, target);
    return true;
  }
  for (const [suffix, tool] of [
    ['.xz', 'xz'],
    ['.zst', 'zstd'],
  ] as const) {
    const packed = unpacked.find(path + suffix);
    if (packed === undefined) continue;
    writeFileSync(target, quiet(tool, ['-dc', packed]));
    return true;
  }
  return false;
}
