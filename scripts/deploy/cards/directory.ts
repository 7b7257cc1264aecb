// SPDX-License-Identifier: MIT
/**
 * A mounted card: the folder of its root file system and the folder of its boot partition.
 *
 * Links on the card are resolved inside the card: `/lib -> /usr/lib` must not lead to this machine's
 * /usr/lib.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { InputError } from '../../../cell-config/files.ts';
import { formatPath, refuseLarge } from '../card.ts';
import type { Card, CardPath, Change, ChangeSet, Content, Found } from '../card.ts';

/** Mount points of the boot partition inside the root file system. */
const BOOT_FOLDERS = ['boot', 'boot/firmware'];
/** Names that desktops give its folder beside the root file system's. */
const BOOT_SIBLINGS = ['boot', 'BOOT', 'bootfs', 'boot-raspberrypi', 'system-boot'];
const LINKS_MOST = 40;

export class DirectoryCard implements Card {
  readonly title: string;
  readonly undoKind = 'files';
  readonly isWhole = true;
  readonly #folders: Readonly<Record<CardPath['volume'], string>>;

  constructor(rootFolder: string, bootFolder?: string) {
    const root = resolve(rootFolder);
    if (!existsSync(root) || !lstatSync(root).isDirectory()) {
      throw new InputError(
        `${rootFolder} is not a folder. Next: mount the card and name its root; a card image: --image`,
      );
    }
    const boot = bootFolder === undefined ? findBoot(root) : resolve(bootFolder);
    this.#folders = { root, boot };
    this.title = `the card mounted at ${root} (boot partition: ${boot})`;
  }

  look(places: readonly CardPath[]): Promise<Found[]> {
    return Promise.resolve(places.map((place) => this.#look(place)));
  }

  exists(places: readonly CardPath[]): Promise<boolean[]> {
    return Promise.resolve(places.map((place) => this.#look(place, false).kind !== 'missing'));
  }

  apply({ makeFolders, changes, removeFolders }: ChangeSet): Promise<void> {
    for (const place of makeFolders) {
      const path = this.#real(place);
      mkdirSync(path, { recursive: true });
      if (place.volume === 'root') own(path, 0o755);
    }
    for (const change of changes) this.#write(change);
    for (const place of removeFolders) {
      const path = this.#real(place);
      if (existsSync(path) && readdirSync(path).length === 0) rmdirSync(path);
    }
    return Promise.resolve();
  }

  #look(place: CardPath, content = true): Found {
    const path = this.#real(place);
    try {
      const state = lstatSync(path);
      if (state.isDirectory()) return { kind: 'folder' };
      if (state.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
      if (!state.isFile()) return { kind: 'other' };
      if (content) refuseLarge(formatPath(place), state.size);
      const bytes = content ? readFileSync(path) : Buffer.alloc(0);
      return { kind: 'file', bytes, mode: state.mode & 0o7777 };
    } catch (error) {
      if (error instanceof InputError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
      throw explain(path, error);
    }
  }

  #write({ at, before, after }: Change): void {
    const path = this.#real(at);
    try {
      if (after === undefined) {
        if (before !== undefined) rmSync(path);
        return;
      }
      const temporary = join(dirname(path), `.${basename(path)}.canwarden-new`);
      rmSync(temporary, { force: true });
      if (after.kind === 'link') symlinkSync(after.target, temporary);
      else writeFile(temporary, after, at.volume);
      renameSync(temporary, path);
    } catch (error) {
      throw explain(path, error);
    }
  }

  /** The path on this machine. Every folder of it is resolved inside the volume. */
  #real({ volume, path }: CardPath): string {
    const top = this.#folders[volume];
    return join(resolveInside(top, posix.dirname(path)), posix.basename(path));
  }
}

/** Follows links as the card itself would, with `top` as its root folder. */
function resolveInside(top: string, path: string): string {
  let rest = path.split('/').filter((part) => part !== '');
  let done: string[] = [];
  for (let links = 0; rest.length > 0;) {
    const [part, ...later] = rest;
    rest = later;
    if (part === '.') continue;
    if (part === '..') {
      done = done.slice(0, -1);
      continue;
    }
    const here = join(top, ...done, part);
    const target = linkTarget(here);
    if (target === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > LINKS_MOST) throw new InputError(`${here}: symbolic links go round in a circle`);
    if (target.startsWith('/')) done = [];
    rest = [...target.split('/').filter((one) => one !== ''), ...rest];
  }
  return join(top, ...done);
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function writeFile(
  path: string,
  content: Content & { kind: 'file' },
  volume: CardPath['volume'],
): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, content.bytes);
    // A card may be pulled out early: the bytes must be on it before the name points to them.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    own(path, content.mode);
  } catch (error) {
    // FAT has no modes and reports an error. A boot folder that is not FAT has modes.
    if (volume === 'root') throw error;
  }
}

/** Gives a file to the card's root user, if this process is root. */
function own(path: string, mode: number): void {
  chmodSync(path, mode);
  if (process.getuid?.() === 0) chownSync(path, 0, 0);
}

function findBoot(root: string): string {
  const beside = BOOT_SIBLINGS.map((name) => join(dirname(root), name));
  const inside = BOOT_FOLDERS.map((name) => join(root, name));
  const found = [...inside, ...beside].find((path) => existsSync(join(path, 'config.txt')));
  if (found !== undefined) return found;
  throw new InputError(
    `${root}: no boot partition with a config.txt is in its boot folder or beside it. ` +
      'Next: mount the first partition of the card and name it with --boot DIR',
  );
}

function explain(path: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return new InputError(
      `${path}: permission denied. The files of a card belong to root. Next: the same command with sudo`,
    );
  }
  if (code === 'EROFS') return new InputError(`${path}: the card is mounted read-only`);
  if (code === 'ENOSPC') return new InputError(`${path}: the partition is full`);
  return new Error(`${path}: ${message}`);
}
