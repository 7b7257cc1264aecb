// SPDX-License-Identifier: MIT
/**
 * A card image goes through deploy: read back with mtools and debugfs it holds what the manifest
 * says, a second run changes nothing, undo gives the same file byte for byte, and what is not such
 * an image is refused with the reason.
 */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { before, describe, it } from '../skippable.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { RPI4_CANWARDEN_WFI } from '../../cell-config/rpi4-canwarden-wfi.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import type { CardPath } from '../../scripts/deploy/card.ts';
import { MANIFEST } from '../../scripts/deploy/manifest.ts';
import {
  BOOT,
  CONFIG,
  makeCardImage,
  NEEDS_TOOLS,
  Project,
  PROJECT,
  ROOT,
  tool,
} from './fixture.ts';
import type { CardImage } from './fixture.ts';

/** A file of the FAT partition, by mtools. */
function readBoot(card: CardImage, path: string): Buffer {
  return tool('mcopy', '-i', `${card.path}@@${card.bootOffset}`, '-n', `::${path}`, '-');
}

/** What debugfs answers about the ext4 partition. */
function askRoot(card: CardImage, request: string): string {
  return tool('debugfs', '-R', request, `${card.path}?offset=${card.rootOffset}`).toString(
    'latin1',
  );
}

/** A file of the ext4 partition with permission bits and owner. */
function readRoot(card: CardImage, path: string): { bytes: Buffer; mode: number; owner: string } {
  const state = askRoot(card, `stat ${path}`);
  return {
    bytes: tool('debugfs', '-R', `cat ${path}`, `${card.path}?offset=${card.rootOffset}`),
    mode: Number.parseInt(/Mode:\s+(\d+)/.exec(state)?.[1] ?? '', 8),
    owner: /User:\s+(\d+)\s+Group:\s+(\d+)/.exec(state)?.slice(1).join(':') ?? '',
  };
}

/** What the manifest's sources are in the stand-in project; cells in revision 13, the card's. */
function expectedFiles(): { at: CardPath; bytes: Buffer; mode: number }[] {
  return MANIFEST.flatMap(({ source, to, mode }) => {
    const file = (path: string, at = to): { at: CardPath; bytes: Buffer; mode: number }[] =>
      path in PROJECT ? [{ at, bytes: Buffer.from(PROJECT[path]), mode }] : [];
    if (source.kind === 'file') return file(source.path);
    if (source.kind === 'cell') {
      const bytes: Record<string, Buffer> = {
        'rpi4-root.cell': encodeSystem(RPI4_ROOT, { revision: 13 }),
        'rpi4-canwarden.cell': encodeCell(RPI4_CANWARDEN, { revision: 13 }),
        'rpi4-canwarden-wfi.cell': encodeCell(RPI4_CANWARDEN_WFI, { revision: 13 }),
      };
      return [{ at: to, bytes: bytes[source.name], mode }];
    }
    if (source.kind !== 'folder') return [];
    return Object.keys(PROJECT)
      .filter((path) => dirname(path) === source.path)
      .filter((path) => source.suffixes.some((suffix) => path.endsWith(suffix)))
      .flatMap((path) => file(path, { ...to, path: `${to.path}/${path.split('/').at(-1)}` }));
  });
}

describe('deploy to a card image', NEEDS_TOOLS, () => {
  const project = new Project();
  let card: CardImage;
  let original: Buffer;
  let written: Buffer;

  before(() => {
    card = makeCardImage();
    original = readFileSync(card.path);
  });

  it('shows the differences and writes nothing with --dry-run', () => {
    const { status, text } = project.deploy('--image', card.path, '--dry-run');
    assert.equal(status, 0, text);
    assert.match(text, /boot: partition 1, FAT; root: partition 2, ext4/);
    assert.match(text, /^\+ root:\/usr\/share\/jailhouse\/inmates\/canwarden\.bin {2}9000 bytes/m);
    assert.match(text, /^~ boot:\/config\.txt/m);
    assert.match(text, /^ {4}- dtparam=spi=on\n(.*\n)* {4}\+ #canwarden# dtparam=spi=on$/m);
    assert.match(text, /Nothing was written \(--dry-run\)/);
    assert.ok(readFileSync(card.path).equals(original));
    assert.deepEqual(
      readdirSync(dirname(card.path)).filter((name) => name.startsWith('card.wic')),
      ['card.wic'],
    );
  });

  it('does not write without --yes when there is nobody to ask, status 2', () => {
    const { status, text } = project.deploy('--image', card.path);
    assert.equal(status, 2);
    assert.match(text, /there is nobody to ask, so nothing was written\. Next: --yes to write/);
    assert.ok(readFileSync(card.path).equals(original));
  });

  it('holds afterwards exactly what the manifest says, read back with mtools and debugfs', () => {
    const { status, text } = project.deploy('--image', card.path, '--yes');
    assert.equal(status, 0, text);
    assert.match(text, /Cells: revision 13, as the card's own Jailhouse/);
    written = readFileSync(card.path);
    const files = expectedFiles();
    assert.ok(files.length >= 9, `only ${files.length} files of the manifest have a source`);
    for (const { at, bytes, mode } of files) {
      const name = `${at.volume}:${at.path}`;
      if (at.volume === 'boot') {
        assert.ok(readBoot(card, at.path).equals(bytes), name);
        continue;
      }
      const found = readRoot(card, at.path);
      assert.ok(found.bytes.equals(bytes), name);
      assert.deepEqual([found.mode, found.owner], [mode, '0:0'], name);
    }
  });

  it('installs the overlay, the enabling link, and nothing that the manifest does not name', () => {
    assert.equal(readBoot(card, '/overlays/canwarden.dtbo').readUInt32BE(0), 0xd00dfeed);
    const link = askRoot(
      card,
      'stat /etc/systemd/system/multi-user.target.wants/canwarden-cell.service',
    );
    assert.match(link, /Fast link dest: "\/etc\/systemd\/system\/canwarden-cell\.service"/);
    assert.equal(askRoot(card, 'ls -p /usr/lib/canwarden').match(/notes\.md/), null);
  });

  it('edits config.txt: the block at the end, the chip’s overlay commented out', () => {
    const text = readBoot(card, '/config.txt').toString();
    assert.match(text, /^#canwarden# dtoverlay=mcp2515-can0,oscillator=8000000/m);
    assert.match(text, /\[pi4\]\n(.*\n)*armstub=bl31\.bin\n(.*\n)*enable_uart=1\n/);
  });

  it('keeps every file that was there', () => {
    assert.ok(readBoot(card, '/start4.elf').equals(BOOT['start4.elf'] as Buffer));
    assert.equal(
      readRoot(card, '/usr/lib/firmware/some.bin').bytes.toString(),
      ROOT['usr/lib/firmware/some.bin'],
    );
  });

  it('leaves a file system that e2fsck finds no fault in', () => {
    tool('e2fsck', '-f', '-n', `${card.path}?offset=${card.rootOffset}`);
  });

  it('changes nothing the second time', () => {
    const { status, text } = project.deploy('--image', card.path, '--yes');
    assert.equal(status, 0, text);
    assert.match(text, /nothing to change/);
    assert.ok(readFileSync(card.path).equals(written));
  });

  it('takes a later version in, and undo still leads back to the first image, byte for byte', () => {
    const later = new Project({ ...PROJECT, 'build/canwarden.bin': Buffer.alloc(20000, 9) });
    const second = later.deploy('--image', card.path, '--yes');
    assert.equal(second.status, 0, second.text);
    assert.match(second.text, /^~ root:.*canwarden\.bin {2}9000 bytes.* -> 20000 bytes/m);
    const { status, text } = project.deploy('--image', card.path, '--undo', '--yes');
    assert.equal(status, 0, text);
    assert.ok(readFileSync(card.path).equals(original));
    assert.ok(!existsSync(`${card.path}.canwarden-undo`));
  });

  it('has nothing to undo then, status 2', () => {
    const { status, text } = project.deploy('--image', card.path, '--undo', '--yes');
    assert.equal(status, 2);
    assert.match(text, /nothing to undo/);
  });

  it('refuses to undo an image that was changed since', () => {
    assert.equal(project.deploy('--image', card.path, '--yes').status, 0);
    const changed = readFileSync(card.path);
    changed[changed.length - 1] ^= 1;
    writeFileSync(card.path, changed);
    const { status, text } = project.deploy('--image', card.path, '--undo', '--yes');
    assert.equal(status, 2);
    assert.match(text, /was changed since the deployment/);
    assert.ok(readFileSync(card.path).equals(changed));
  });
});

describe('what is not an image of a Raspberry Pi 4 card', NEEDS_TOOLS, () => {
  const project = new Project();
  let good: CardImage;
  before(() => {
    good = makeCardImage();
  });

  function assertRefused(path: string, reason: RegExp): void {
    const existed = existsSync(path) ? readFileSync(path) : undefined;
    const { status, text } = project.deploy('--image', path, '--yes');
    assert.equal(status, 2, text);
    assert.match(text, reason);
    if (existed !== undefined) assert.ok(readFileSync(path).equals(existed));
  }

  function changed(change: (bytes: Buffer) => void): string {
    const path = join(project.folder, 'changed.img');
    const bytes = readFileSync(good.path);
    change(bytes);
    writeFileSync(path, bytes);
    return path;
  }

  it('is refused when it is not there', () => {
    assertRefused(join(project.folder, 'none.img'), /none\.img: there is no such file/);
  });

  it('is refused when it is a folder', () => {
    const { status, text } = project.deploy('--image', project.folder, '--yes');
    assert.equal(status, 2);
    assert.match(text, /is not a file\. .*--rootfs FOLDER/);
  });

  it('is refused when it has no partition table', () => {
    assertRefused(
      changed((bytes) => bytes.fill(0, 0, 512)),
      /it has no partition table/,
    );
  });

  it('is refused when it is cut off', () => {
    const path = join(project.folder, 'cut.img');
    copyFileSync(good.path, path);
    truncateSync(path, 20 * 2 ** 20);
    assertRefused(path, /none of its partitions is ext4/);
  });

  it('is refused when it is compressed, with the command that helps', () => {
    const path = join(project.folder, 'card.wic.xz');
    writeFileSync(path, Buffer.from('\xfd7zXZ\0 and so on', 'latin1'));
    assertRefused(path, /is compressed \(xz\)\. Next: xz -dk/);
  });

  it('is refused when no partition is FAT', () => {
    const path = changed((bytes) => bytes.fill(0, good.bootOffset, good.bootOffset + 512));
    assertRefused(path, /of its 2 partitions none is FAT/);
  });

  it('is refused when the root partition is of another kind, which is named', () => {
    const path = changed((bytes) => {
      bytes.fill(0, good.rootOffset, good.rootOffset + 4096);
      bytes.write('hsqs', good.rootOffset);
    });
    assertRefused(path, /partition 2 is squashfs/);
  });

  it('is refused when its journal must be replayed first', () => {
    // Feature INCOMPAT_RECOVER (0x4) of the ext4 superblock, which starts at 1024.
    const path = changed((bytes) => {
      bytes[good.rootOffset + 1024 + 0x60] |= 0x4;
    });
    assertRefused(path, /partition 2 was not unmounted cleanly.*Next: e2fsck -p/);
  });

  it('is refused when it is for an earlier model', () => {
    const { 'start4.elf': _, ...boot } = BOOT;
    assertRefused(makeCardImage(boot).path, /no start4\.elf, the firmware of the Raspberry Pi 4/);
  });

  it('is refused when it has no config.txt', () => {
    const { 'config.txt': _, ...boot } = BOOT;
    assertRefused(makeCardImage(boot).path, /no config\.txt/);
  });

  it('is refused without TF-A, and taken with --armstub', () => {
    const { 'bl31.bin': stub, ...boot } = BOOT;
    const card = makeCardImage({ ...boot, 'config.txt': CONFIG });
    assertRefused(card.path, /boot:\/bl31\.bin \(TF-A\) is not there.*--armstub/);
    const file = join(project.folder, 'bl31.bin');
    for (const wrong of [Buffer.from('# canwarden'), Buffer.from(stub as Buffer).fill(0)]) {
      writeFileSync(file, wrong);
      const refused = project.deploy('--image', card.path, '--armstub', file, '--yes');
      assert.equal(refused.status, 2, refused.text);
      assert.match(refused.text, /bl31\.bin: not an armstub.*0x5afe570b.*Nothing was written/);
    }
    writeFileSync(file, stub);
    const { status, text } = project.deploy('--image', card.path, '--armstub', file, '--yes');
    assert.equal(status, 0, text);
    assert.ok(readBoot(card, '/bl31.bin').equals(stub as Buffer));
  });

  it('is refused when its Jailhouse is of an unknown revision', () => {
    const stock = Buffer.from(ROOT['usr/share/jailhouse/cells/rpi4.cell']);
    stock.writeUInt16LE(12, 6);
    const card = makeCardImage(BOOT, { ...ROOT, 'usr/share/jailhouse/cells/rpi4.cell': stock });
    assertRefused(card.path, /its Jailhouse reads configuration revision 12/);
  });
});

describe('a project that is not built', NEEDS_TOOLS, () => {
  it('is told so, and the card is not touched', () => {
    const { 'build/canwarden.bin': _, 'build/rules.bin': __, ...rest } = PROJECT;
    const card = makeCardImage();
    const original = readFileSync(card.path);
    const { status, text } = new Project(rest).deploy('--image', card.path, '--yes');
    assert.equal(status, 2);
    assert.match(text, /build\/canwarden\.bin, build\/rules\.bin not there\. Next: npm run build/);
    assert.ok(readFileSync(card.path).equals(original));
  });
});
