// SPDX-License-Identifier: MIT
/**
 * A card image (.wic, .img), whose partitions are found and written without mounting and without root.
 *
 * All work is done on a copy, which takes the image's name after everything was written, read back and
 * checked. So an interrupted run leaves the image unchanged. The undo file stands beside it.
 * Does not: unpack compressed images, or write to block devices.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { fileError, InputError } from '../../../cell-config/files.ts';
import { counted } from '../../../cell-config/plural.ts';
import {
  compareImages,
  hashFile,
  mergeBackups,
  NO_UNDO,
  readBackup,
  restoreBlocks,
  writeBackup,
} from '../block-backup.ts';
import type { BlockBackup } from '../block-backup.ts';
import { isSame } from '../card.ts';
import type { Card, CardPath, ChangeSet, Found, Volume } from '../card.ts';
import { mustRun } from '../commands.ts';
import { findPartitions } from '../partitions.ts';
import type { Partition } from '../partitions.ts';
import { Ext4Volume } from './ext4.ts';
import { FatVolume } from './fat.ts';

const SIGNATURES: readonly (readonly [string, string, string])[] = [
  ['\xfd7zXZ', 'xz', 'xz -dk'],
  ['\x1f\x8b', 'gzip', 'gzip -dk'],
  ['BZh', 'bzip2', 'bzip2 -dk'],
  ['\x28\xb5\x2f\xfd', 'zstd', 'zstd -dk'],
  ['PK\x03\x04', 'zip', 'unzip'],
];

interface Layout {
  readonly boot: Partition;
  readonly root: Partition;
}

export class ImageCard implements Card {
  readonly title: string;
  readonly undoKind = 'own';
  readonly isWhole = true;
  readonly #path: string;
  readonly #layout: Layout;

  constructor(path: string) {
    this.#path = openable(path);
    this.#layout = chooseLayout(path, this.#path);
    const { boot, root } = this.#layout;
    this.title = `${path} (boot: partition ${boot.number}, FAT; root: partition ${root.number}, ext4)`;
  }

  look(places: readonly CardPath[]): Promise<Found[]> {
    return Promise.resolve(lookIn(this.#volumes(this.#path), places));
  }

  exists(places: readonly CardPath[]): Promise<boolean[]> {
    const { fat, ext4 } = this.#volumes(this.#path);
    const rootPaths = ofVolume(places, 'root');
    const onRoot = new Map(ext4.exists(rootPaths).map((is, index) => [rootPaths[index], is]));
    return Promise.resolve(
      places.map(({ volume, path }) =>
        volume === 'boot' ? fat.exists(path) : onRoot.get(path) === true,
      ),
    );
  }

  apply(changes: ChangeSet): Promise<void> {
    const copy = `${this.#path}.canwarden-new`;
    try {
      const options = ['--reflink=auto', '--sparse=always', '--preserve=mode,ownership'];
      mustRun('cannot copy the image', 'cp', [...options, '--', this.#path, copy]);
      const volumes = this.#volumes(copy);
      refuseDamage(volumes.ext4, 'is damaged already; repair it first');
      volumes.fat.apply(onVolume(changes, 'boot'));
      volumes.ext4.apply(onVolume(changes, 'root'));
      refuseDamage(volumes.ext4, 'is not consistent after writing; the image is as it was');
      verify(volumes, changes);
      const earlier = this.#usableBackup();
      const backup = compareImages(this.#path, copy);
      writeBackup(this.#undoPath, earlier === undefined ? backup : mergeBackups(earlier, backup));
      renameSync(copy, this.#path);
    } finally {
      rmSync(copy, { force: true });
    }
    return Promise.resolve();
  }

  describeUndo(): Promise<string[]> {
    const backup = readBackup(this.#undoPath);
    if (backup === undefined) return Promise.resolve([]);
    if (hashFile(this.#path) !== backup.sha256) {
      throw new InputError(
        `${this.#path} was changed since the deployment (booted, or written by something else): ` +
          'its old blocks no longer fit it. Next: take a fresh copy of the image',
      );
    }
    return Promise.resolve([
      `undo gives back ${counted(backup.blocks.length, 'block')} of 4096 bytes; the image is then ` +
        'byte for byte the one before deploy',
    ]);
  }

  undo(): Promise<void> {
    const backup = readBackup(this.#undoPath);
    if (backup === undefined)
      throw new InputError(`${this.#undoPath}: there is no such file. ${NO_UNDO}`);
    const copy = `${this.#path}.canwarden-new`;
    try {
      const options = ['--reflink=auto', '--sparse=always', '--preserve=mode,ownership'];
      mustRun('cannot copy the image', 'cp', [...options, '--', this.#path, copy]);
      restoreBlocks(copy, backup);
      renameSync(copy, this.#path);
    } finally {
      rmSync(copy, { force: true });
    }
    rmSync(this.#undoPath, { force: true });
    return Promise.resolve();
  }

  get #undoPath(): string {
    return `${this.#path}.canwarden-undo`;
  }

  /** The undo file of an earlier deployment, if the image is unchanged since. */
  #usableBackup(): BlockBackup | undefined {
    const backup = readBackup(this.#undoPath);
    if (backup === undefined) return undefined;
    if (hashFile(this.#path) === backup.sha256) return backup;
    // It fits no image any more. Keep it, because it may hold the only copy of an original.
    renameSync(this.#undoPath, `${this.#undoPath}.old`);
    return undefined;
  }

  #volumes(image: string): Volumes {
    return {
      fat: new FatVolume(image, this.#layout.boot.start),
      ext4: new Ext4Volume(image, this.#layout.root.start),
    };
  }
}

interface Volumes {
  readonly fat: FatVolume;
  readonly ext4: Ext4Volume;
}

function lookIn({ fat, ext4 }: Volumes, places: readonly CardPath[]): Found[] {
  const rootPaths = ofVolume(places, 'root');
  const found = ext4.look(rootPaths);
  const onRoot = new Map(found.map((one, index) => [rootPaths[index], one]));
  return places.map(({ volume, path }) =>
    volume === 'boot' ? fat.look(path) : (onRoot.get(path) ?? { kind: 'missing' }),
  );
}

function refuseDamage(volume: Ext4Volume, what: string): void {
  const damage = volume.findDamage();
  if (damage !== undefined) throw new Error(`the root partition ${what} (${damage})`);
}

/** Reads every changed file back, because the tools do not report all failures. */
function verify(volumes: Volumes, { changes }: ChangeSet): void {
  const found = lookIn(
    volumes,
    changes.map(({ at }) => at),
  );
  changes.forEach(({ at, after }, index) => {
    const there = found[index];
    const right = after === undefined ? there.kind === 'missing' : isSame(at.volume, there, after);
    if (right) return;
    throw new Error(
      `${at.volume}:${at.path}: reading back gave something else; is the partition full?`,
    );
  });
}

function ofVolume(places: readonly CardPath[], wanted: Volume): string[] {
  return places.filter(({ volume }) => volume === wanted).map(({ path }) => path);
}

function onVolume(changes: ChangeSet, wanted: Volume): ChangeSet {
  const here = (at: CardPath): boolean => at.volume === wanted;
  return {
    makeFolders: changes.makeFolders.filter(here),
    changes: changes.changes.filter(({ at }) => here(at)),
    removeFolders: changes.removeFolders.filter(here),
  };
}

const NEXT =
  'Next: name the .wic or .img that is written to a card; of a mounted card --rootfs FOLDER';

/** The real path of a plain uncompressed file; otherwise InputError. */
function openable(path: string): string {
  if (!existsSync(path)) throw new InputError(`${path}: there is no such file. ${NEXT}`);
  const kind = statSync(path);
  if (kind.isBlockDevice()) {
    throw new InputError(`${path} is a device, not an image file. Next: mount it and use --rootfs`);
  }
  if (!kind.isFile()) throw new InputError(`${path} is not a file. ${NEXT}`);
  const start = readImage(path, 0, 8).toString('latin1');
  if (start === '') throw new InputError(`${path}: the file is empty. ${NEXT}`);
  for (const [magic, name, command] of SIGNATURES) {
    if (!start.startsWith(magic)) continue;
    throw new InputError(`${path} is compressed (${name}). Next: ${command} ${path}`);
  }
  return realpathSync(path);
}

function chooseLayout(shown: string, path: string): Layout {
  const no = (reason: string): InputError =>
    new InputError(`${shown} is not an image of a Raspberry Pi card: ${reason}. ${NEXT}`);
  const partitions = findPartitions(
    (offset, size) => readImage(path, offset, size),
    statSync(path).size,
  );
  if (partitions === undefined) {
    throw no('it has no partition table, or the file is cut off before its first partition ends');
  }
  const boot = partitions.find(({ fileSystem }) => fileSystem.kind === 'fat');
  if (boot === undefined) throw no(`of its ${counted(partitions.length, 'partition')} none is FAT`);
  const roots = partitions.filter(({ fileSystem, start }) => {
    return (
      fileSystem.kind === 'ext' &&
      new Ext4Volume(path, start).exists(['/etc', '/usr']).every(Boolean)
    );
  });
  if (roots.length === 0) {
    const others = partitions.flatMap(({ number, fileSystem }) =>
      fileSystem.kind === 'unknown' ? [`partition ${number} is ${fileSystem.what}`] : [],
    );
    throw no(['none of its partitions is ext4 with /etc and /usr', ...others].join('; '));
  }
  if (roots.length > 1) {
    const numbers = roots.map(({ number }) => number).join(' and ');
    throw no(`partitions ${numbers} both hold a root file system`);
  }
  const [chosen] = roots;
  if (chosen.fileSystem.kind === 'ext' && !chosen.fileSystem.clean) {
    throw new InputError(
      `${shown}: partition ${chosen.number} was not unmounted cleanly; its journal must be replayed ` +
        `first. Next: e2fsck -p '${path}?offset=${chosen.start}'`,
    );
  }
  return { boot, root: chosen };
}

function readImage(path: string, offset: number, size: number): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(size);
      return buffer.subarray(0, readSync(file, buffer, 0, size, offset));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new InputError(`${fileError(`cannot read ${path}`, error).message}. ${NEXT}`);
  }
}
