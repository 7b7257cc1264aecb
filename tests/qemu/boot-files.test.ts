// SPDX-License-Identifier: MIT
/**
 * What lies in the board's memory before its first instruction. Needs no QEMU.
 *
 * Addresses of TF-A's fields: its armstub header. Reserved memory, SPI, PCI domain: docs/board.md, "Memory".
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { InputError } from '../../cell-config/files.ts';
import { linuxBoardParameters } from '../../lab/qemu/linux-board.ts';
import { CpioArchive, cpioNames } from '../../scripts/linux-guest/cpio.ts';
import { buildInitramfs } from '../../scripts/qemu/boot/initramfs.ts';
import { readJailhouse } from '../../scripts/qemu/boot/jailhouse.ts';
import { type BootFiles, placeFiles } from '../../scripts/qemu/boot/memory.ts';
import { nodeAt, readTree, type TreeNode } from '../../scripts/qemu/boot/tree-read.ts';
import { CROSS_OBJCOPY } from '../../scripts/build/compilers.ts';
import { boot, root } from '../../scripts/deploy/card.ts';
import { describe, it } from '../skippable.ts';
import * as fixture from './boot-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const TREE_PATH = 'bcm2711-rpi-4-b.dtb';

/** An armstub: its magic at 0xf0 (TF-A, armstub8_header.S). */
function armstub(): Buffer {
  const bytes = Buffer.alloc(0x1000);
  bytes.writeUInt32LE(0x5afe570b, 0xf0);
  return bytes;
}

function files(changes: Partial<BootFiles> = {}): BootFiles {
  return {
    armstub: armstub(),
    kernel: fixture.kernelImage(),
    kernelBytes: 0x2000000,
    tree: { path: TREE_PATH, bytes: fixture.boardTree() },
    initramfs: Buffer.alloc(5_000_000),
    commandLine: 'console=ttyAMA0',
    ...changes,
  };
}

const words = (node: TreeNode | undefined, name: string): number[] => {
  const bytes = node?.properties.get(name) ?? Buffer.alloc(0);
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32BE(4 * index));
};
const text = (node: TreeNode | undefined, name: string): string | undefined =>
  node?.properties.get(name)?.toString('latin1').replace(/\0$/, '');

describe('the memory of a boot', () => {
  const placed = placeFiles(files());
  const find = (name: string) => placed.find((one) => one.name === name)!;

  it('has TF-A at 0, told where kernel and tree are', () => {
    const { address, bytes } = find('bl31.bin');
    assert.equal(address, 0);
    assert.equal(bytes.readUInt32LE(0xf0), 0, 'the magic, which says: not told');
    assert.equal(bytes.readUInt32LE(0xf8), find('tree.dtb').address);
    assert.equal(bytes.readUInt32LE(0xfc), find('kernel').address);
    // 2 MiB: booting.rst.
    assert.equal(find('kernel').address % 0x200000, 0);
    assert.throws(() => placeFiles(files({ armstub: Buffer.alloc(0x1000) })), /magic/);
  });

  it('begins with the pins, and then with TF-A', () => {
    const { address, bytes, isStart } = find('start.bin');
    assert.ok(isStart === true && address % 4 === 0);
    const file = fixture.writeFile(temporaryFolder(), 'start.bin', bytes);
    const { stdout } = spawnSync(CROSS_OBJCOPY.replace('objcopy', 'objdump'), [
      ...['-D', '-b', 'binary', '-m', 'aarch64', file],
    ]);
    const code = [...stdout.toString().matchAll(/^ +\w+:\t\w+ \t(.*)$/gm)].map(([, text]) =>
      text.replace(/\s+/g, ' ').replace(/ \/\/.*/, ''),
    );
    // GPFSEL0 bits 24 to 29: ALT0 (4) twice. GPFSEL1 bits 0 to 5 the same, 12 to 17: ALT5 (2) twice.
    const [first, second] = [(4 << 24) | (4 << 27), 4 | (4 << 3) | (2 << 12) | (2 << 15)];
    assert.deepEqual(code, [
      ...['mov x0, #0xfe200000', `mov w1, #0x${first.toString(16)}`, 'str w1, [x0]'],
      `mov w1, #0x${(second & 0xffff).toString(16)}`,
      `movk w1, #0x${(second >> 16).toString(16)}, lsl #16`,
      ...['str w1, [x0, #4]', 'mov x0, #0x0', 'br x0'],
    ]);
  });

  it('keeps the pieces apart, and the memory of the cells free', () => {
    const ends = { kernel: 0x2000000, 'tree.dtb': 0x100000 } as Record<string, number>;
    const pieces = [
      ...placed.map(({ name, address, bytes }) => [
        address,
        address + Math.max(bytes.length, ends[name] ?? 0),
      ]),
      [0x0a000000, 0x0b000000],
    ].sort(([left], [right]) => left - right);
    pieces.slice(1).forEach(([start], index) => assert.ok(pieces[index][1] <= start));
    // The VideoCore has the rest of the first gigabyte.
    assert.ok(pieces.at(-1)![1] <= 0x3b400000);
  });

  it('refuses what does not fit', () => {
    const isInput = (says: RegExp) => (error: Error) =>
      error instanceof InputError && says.test(error.message) && /\. Next: /.test(error.message);
    const huge = Buffer.alloc(0);
    Object.defineProperty(huge, 'length', { value: 0x40000000 });
    assert.throws(
      () => placeFiles(files({ kernelBytes: 0x9e00001 })),
      isInput(/fit below the cells/),
    );
    assert.throws(() => placeFiles(files({ initramfs: huge })), isInput(/a smaller --rootfs/));
    const other = { path: 'x.dtb', bytes: fixture.boardTree('brcm,bcm2837') };
    assert.throws(
      () => placeFiles(files({ tree: other })),
      isInput(/another board \(brcm,bcm2837\)/),
    );
    const none = { path: 'x.dtb', bytes: Buffer.from('none') };
    assert.throws(() => placeFiles(files({ tree: none })), isInput(/x\.dtb: no device tree/));
    const cut = { path: 'x.dtb', bytes: fixture.boardTree().subarray(0, 120) };
    assert.throws(() => placeFiles(files({ tree: cut })), isInput(/cut short or damaged/));
  });

  it("has the kernel's tree with the overlay, and without what QEMU has not", () => {
    const tree = readTree(TREE_PATH, find('tree.dtb').bytes);
    const cells = nodeAt(tree, '/reserved-memory/canwarden@a000000');
    assert.deepEqual(words(cells, 'reg'), [0, 0x0a000000, 0x01000000]);
    assert.ok(cells?.properties.has('no-map'));
    assert.equal(text(nodeAt(tree, '/soc/spi@7e204000'), 'status'), 'disabled');
    // Of a device that QEMU has not, the first access would end Linux.
    assert.equal(text(nodeAt(tree, '/soc/interrupt-controller@7ef00100'), 'status'), 'disabled');
    assert.equal(text(nodeAt(tree, '/soc/serial@7e201000'), 'status'), 'okay');
    assert.equal(text(nodeAt(tree, '/soc/firmware'), 'status'), undefined);
    const pcie = nodeAt(tree, '/scb/pcie@7d500000');
    assert.deepEqual(words(pcie, 'linux,pci-domain'), [0]);
    assert.equal(text(pcie, 'status'), 'disabled');
    assert.equal(nodeAt(tree, '/soc/serial@7e201000/bluetooth'), undefined);
    assert.deepEqual(words(nodeAt(tree, '/memory@0'), 'reg'), [
      0,
      0,
      0x3b400000,
      0,
      2 ** 30,
      2 ** 30,
    ]);
    const chosen = nodeAt(tree, '/chosen');
    assert.equal(text(chosen, 'bootargs'), 'console=ttyAMA0');
    const { address, bytes } = find('initramfs');
    assert.deepEqual(words(chosen, 'linux,initrd-start'), [address]);
    assert.deepEqual(words(chosen, 'linux,initrd-end'), [address + bytes.length]);
  });
});

describe('the root file system of a boot', () => {
  const folder = temporaryFolder();
  const jailhouse = readJailhouse(fixture.jailhouseTree(join(folder, 'jailhouse')));
  const file = (bytes: string) => ({
    kind: 'file' as const,
    bytes: Buffer.from(bytes),
    mode: 0o644,
  });
  const parts = {
    contents: [
      { at: root('/usr/bin/canwarden'), content: file('x'), keep: false },
      { at: root('/etc/a.wants/b'), content: { kind: 'link' as const, target: '/c' }, keep: false },
      { at: boot('/overlays/canwarden.dtbo'), content: file('x'), keep: false },
    ],
    jailhouse,
    release: fixture.RELEASE,
    rootFiles: [{ from: fixture.writeFile(folder, 'busybox', 'b'), to: 'bin/busybox' }],
  };

  it('has what deploy installs, Jailhouse, busybox and an init', () => {
    const names = cpioNames(buildInitramfs({ ...parts, user: undefined }))!;
    // The kernel makes no folder that is not in the archive before what is in it.
    const ordered = [...names];
    for (const [index, name] of ordered.entries()) {
      const folder = dirname(name);
      assert.ok(folder === '.' || ordered.slice(0, index).includes(folder), name);
    }
    for (const name of [
      ...['usr/bin/canwarden', 'etc/a.wants/b', 'lib/firmware/jailhouse.bin', 'usr/sbin/jailhouse'],
      ...[`lib/modules/${fixture.RELEASE}/extra/jailhouse.ko`, 'bin/sh', 'bin/busybox'],
      'canwarden-init',
    ]) {
      assert.ok(names.has(name), name);
    }
    assert.ok(!names.has('overlays/canwarden.dtbo'), 'the boot volume is none of Linux');
  });

  it("leaves the user's links as they are, and takes no busybox then", () => {
    const theirs = new CpioArchive();
    theirs.addFile('usr/bin/sh', Buffer.from('sh'));
    theirs.addLink('lib', 'usr/lib');
    const bytes = theirs.finish();
    const all = buildInitramfs({ ...parts, user: { bytes, names: cpioNames(bytes)! } });
    assert.deepEqual(all.subarray(0, bytes.length), bytes);
    const own = cpioNames(all.subarray(bytes.length))!;
    const has = (...names: string[]): string[] => names.filter((name) => own.has(name));
    const ours = ['lib/firmware', 'lib/firmware/jailhouse.bin'];
    assert.deepEqual(has('lib', 'usr/bin', 'bin/busybox', ...ours), ours);
  });

  it('is a newc archive: magic, mode and sizes in hexadecimal digits', () => {
    const archive = new CpioArchive();
    archive.addFile('a', Buffer.from('12345'), 0o644);
    archive.addLink('b', 'a');
    const [file644, link] = [
      ...archive
        .finish()
        .toString('latin1')
        .matchAll(/070701.{104}/g),
    ];
    // Fields: inode, mode, uid, gid, links, mtime, size, ... (buffer-format.rst).
    assert.equal(file644[0].slice(14, 22), '000081a4');
    assert.equal(file644[0].slice(54, 62), '00000005');
    assert.equal(link[0].slice(14, 22), '0000a1ff');
  });
});

describe("QEMU's words for a boot", () => {
  const options = {
    files: [{ path: '/a,b/kernel', address: 0x200000, isStart: true }],
    bitrate: 500_000,
    oscillatorHertz: 12_000_000,
    terminal: 'own',
    hypervisorLog: 'h.log',
  } as const;
  const said = (bus: Parameters<typeof linuxBoardParameters>[0]['bus']): string =>
    linuxBoardParameters({ ...options, bus }).join(' ');

  it('load the files, and connect the bus with a socket, a port or an interface', () => {
    // QEMU's commas end a value; two are one.
    assert.match(said([]), /loader,file=\/a,,b\/kernel,addr=0x200000,force-raw=on/);
    assert.match(said([]), /loader,addr=0x200000,cpu-num=0/);
    assert.match(
      said([{ kind: 'socket', path: '/s' }]),
      /socket,id=bus0,path=\/s,server=on,wait=on/,
    );
    assert.match(
      said([{ kind: 'port', port: 99 }]),
      /host=127\.0\.0\.1,port=99,server=on,wait=off/,
    );
    assert.match(
      said([{ kind: 'host', name: 'vcan0' }]),
      /can-host-socketcan,.*if=vcan0,canbus=bus/,
    );
  });
});
