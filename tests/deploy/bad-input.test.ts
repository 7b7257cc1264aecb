// SPDX-License-Identifier: MIT
/**
 * Files that are none of their kind: each is refused in one line that names it, before it is in memory.
 * mtools and e2fsprogs make the file systems; nothing large is written to the disk.
 */
import assert from 'node:assert/strict';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InputError } from '../../cell-config/files.ts';
import { readBackup } from '../../scripts/deploy/block-backup.ts';
import { boot } from '../../scripts/deploy/card.ts';
import { DirectoryCard } from '../../scripts/deploy/cards/directory.ts';
import { Ext4Volume } from '../../scripts/deploy/cards/ext4.ts';
import { FatVolume } from '../../scripts/deploy/cards/fat.ts';
import { ImageCard } from '../../scripts/deploy/cards/image.ts';
import { BOOT, NEEDS_TOOLS, ROOT, tool, writeTree } from './fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const GIB = 2 ** 30;

/** Runs what must be refused; the sentence is one line. */
function refused(run: () => unknown, says: RegExp): void {
  const before = process.memoryUsage().rss;
  assert.throws(run, (error: Error) => {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, says);
    assert.match(error.message, /\. Next: \S/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.ok(process.memoryUsage().rss - before < 200 << 20, 'memory');
}

/** A file of 1 GiB that takes no room. */
function huge(path: string): string {
  writeFileSync(path, '');
  truncateSync(path, GIB);
  return path;
}

describe('an image that is none', () => {
  const folder = temporaryFolder();

  it('is refused: a folder, an empty file, 1 GiB of nothing, one that cannot be read', () => {
    const empty = join(folder, 'empty.img');
    writeFileSync(empty, '');
    refused(() => new ImageCard(folder), /is not a file\. .*--rootfs FOLDER$/);
    refused(() => new ImageCard(empty), /empty\.img: the file is empty/);
    refused(() => new ImageCard(huge(join(folder, 'huge.img'))), /huge\.img .* no partition table/);
    // Opens for everybody, root as well, and its first byte cannot be read (proc(5)).
    refused(() => new ImageCard('/proc/self/mem'), /^cannot read \/proc\/self\/mem: /);
    refused(() => new ImageCard(join(folder, 'none.img')), /none\.img: there is no such file/);
  });
});

describe('an undo file that is none', () => {
  const folder = temporaryFolder();

  it('is refused: a folder, an empty file, 1 GiB of nothing, a damaged one', () => {
    mkdirSync(join(folder, 'folder'));
    refused(() => readBackup(join(folder, 'folder')), /this is a folder/);
    writeFileSync(join(folder, 'empty'), '');
    refused(() => readBackup(join(folder, 'empty')), /the file is empty/);
    refused(() => readBackup(huge(join(folder, 'huge'))), /1073741824 bytes; .* at most 512 MiB/);
    writeFileSync(join(folder, 'damaged'), 'canwarden-undo 1\n{"imageBytes":1,\n');
    refused(() => readBackup(join(folder, 'damaged')), /damaged, so undo cannot be trusted/);
    writeFileSync(join(folder, 'other'), 'canwarden-redo 1\n{}\n');
    refused(() => readBackup(join(folder, 'other')), /not an undo file of deploy/);
    const header = JSON.stringify({ imageBytes: GIB, blocks: [0] });
    writeFileSync(join(folder, 'cut'), `canwarden-undo 1\n${header}\nhalf`);
    refused(() => readBackup(join(folder, 'cut')), /cut off, so undo cannot be trusted/);
  });
});

it('a mounted card that is none is refused: a file, a folder that is not there', () => {
  const folder = temporaryFolder();
  refused(() => new DirectoryCard(huge(join(folder, 'huge'))), /huge is not a folder/);
  refused(() => new DirectoryCard(join(folder, 'none')), /none is not a folder/);
});

describe('a file of 1 GiB on the card', () => {
  it('is refused on a mounted card', async () => {
    const folder = temporaryFolder();
    writeTree(join(folder, 'rootfs'), ROOT);
    writeTree(join(folder, 'boot'), BOOT);
    huge(join(folder, 'boot/config.txt'));
    const card = new DirectoryCard(join(folder, 'rootfs'));
    refused(
      () => void card.look([boot('/config.txt')]),
      /boot:\/config\.txt on the card has 1073741824 bytes; deploy reads files of 64 MiB/,
    );
    assert.deepEqual(await card.exists([boot('/config.txt')]), [true]);
  });

  it('is refused in the ext4 partition of an image', NEEDS_TOOLS, () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'tree'));
    huge(join(folder, 'tree/large'));
    const image = join(folder, 'root.ext4');
    tool('mke2fs', '-q', '-t', 'ext4', '-d', join(folder, 'tree'), image, '16384k');
    const volume = new Ext4Volume(image, 0);
    refused(() => volume.look(['/large']), /root:\/large on the card has 1073741824 bytes/);
    assert.deepEqual(volume.exists(['/large']), [true]);
  });

  it('is refused in the FAT partition of an image', NEEDS_TOOLS, () => {
    const folder = temporaryFolder();
    const image = join(folder, 'boot.fat');
    tool('mformat', '-i', image, '-C', '-T', String((80 << 20) / 512), '::');
    const file = join(folder, 'config.txt');
    writeFileSync(file, '');
    truncateSync(file, 65 << 20);
    tool('mcopy', '-i', image, file, '::/');
    const volume = new FatVolume(image, 0);
    refused(() => volume.look('/config.txt'), /boot:\/config\.txt on the card has 68157440 bytes/);
    assert.ok(volume.exists('/config.txt'));
  });
});
