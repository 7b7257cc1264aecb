// SPDX-License-Identifier: MIT
/**
 * What a user can name wrongly in `npm run qemu -- boot`: each is refused in one line with its cure, before
 * anything is fetched or started. Needs no QEMU.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InputError } from '../../cell-config/files.ts';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import { compileRules } from '../../rules/compile.ts';
import { CpioArchive } from '../../scripts/linux-guest/cpio.ts';
import { QemuCache } from '../../scripts/qemu/cache.ts';
import { type BootOptions, prepareBoot } from '../../scripts/qemu/boot/prepare.ts';
import { readBusWish } from '../../scripts/qemu/boot/bus.ts';
import { readRootArchive } from '../../scripts/qemu/boot/initramfs.ts';
import { checkAgainstKernel, readJailhouse } from '../../scripts/qemu/boot/jailhouse.ts';
import { KERNEL_OPTIONS, missingOptions, readKernel } from '../../scripts/qemu/boot/kernel.ts';
import { describe, it } from '../skippable.ts';
import * as fixture from './boot-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const BUS = 'lab/demo/demo.log';

async function refused(run: () => unknown, says: RegExp): Promise<void> {
  await assert.rejects(
    async () => void (await run()),
    (error: Error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, says);
      assert.match(error.message, /\. Next: \S/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    },
  );
}

describe('the kernel of a boot', () => {
  const folder = temporaryFolder();
  const file = (name: string, bytes: Uint8Array): string => fixture.writeFile(folder, name, bytes);

  it('is read, plain and gzipped', () => {
    const image = fixture.kernelImage();
    for (const bytes of [image, gzipSync(image)]) {
      const kernel = readKernel(file('Image', bytes));
      assert.equal(kernel.release, fixture.RELEASE);
      assert.equal(kernel.memoryBytes, 0x100000);
    }
  });

  it('is refused if it is another file', async () => {
    const x86 = Buffer.alloc(1024);
    x86.writeUInt16LE(0xaa55, 510);
    const table: [string, Uint8Array, RegExp][] = [
      ['vmlinux', fixture.moduleFile(), /an ELF file \(vmlinux\?\), no arm64 kernel image/],
      ['bzImage', x86, /x86 kernel, no arm64 kernel image/],
      ['short', Buffer.from('ARM'), /3 bytes, no arm64 kernel image/],
      ['cut.gz', gzipSync(fixture.kernelImage()).subarray(0, 40), /cannot be unpacked/],
      ['nameless', fixture.kernelImage().subarray(0, 64), /does not say its version/],
    ];
    for (const [name, bytes, says] of table)
      await refused(() => readKernel(file(name, bytes)), says);
    await refused(() => readKernel(join(folder, 'none')), /there is no such file/);
  });

  it('says which options it lacks, if it carries its configuration', () => {
    const all = KERNEL_OPTIONS.map((name) => `CONFIG_${name}=y\n`).join('');
    const lacks = (config: string): string[] | undefined =>
      missingOptions({ image: fixture.kernelImage({ config }) });
    assert.deepEqual(lacks(all), []);
    assert.deepEqual(lacks(all.replace('CONFIG_OF_OVERLAY=y', '# CONFIG_OF_OVERLAY is not set')), [
      'OF_OVERLAY',
    ]);
    // The bridge's way may be a module; what Jailhouse needs of the kernel may not.
    assert.deepEqual(lacks(all.replace('UIO_IVSHMEM=y', 'UIO_IVSHMEM=m')), []);
    assert.deepEqual(lacks(all.replace('HOTPLUG_CPU=y', 'HOTPLUG_CPU=m')), ['HOTPLUG_CPU']);
    assert.equal(missingOptions({ image: fixture.kernelImage() }), undefined);
  });
});

describe('the Jailhouse folder of a boot', () => {
  it('is read: a built tree, and an installed one', () => {
    const tree = fixture.jailhouseTree(temporaryFolder(), { revision: 13 });
    assert.equal(readJailhouse(tree).revision, 13);
    assert.equal(readJailhouse(tree).version, fixture.JAILHOUSE_VERSION);
    const root = temporaryFolder();
    const { module, hypervisor, tool } = readJailhouse(tree);
    const place = `lib/modules/${fixture.RELEASE}/extra/driver/jailhouse.ko`;
    fixture.writeFile(root, place, module);
    fixture.writeFile(root, 'lib/firmware/jailhouse.bin', hypervisor);
    fixture.writeFile(root, 'usr/local/sbin/jailhouse', tool);
    assert.equal(readJailhouse(root, 14).revision, 14);
  });

  it('is refused: none, incomplete, mixed, for another processor, of another revision', async () => {
    const tree = (wishes: Parameters<typeof fixture.jailhouseTree>[1]): string =>
      fixture.jailhouseTree(temporaryFolder(), wishes);
    await refused(() => readJailhouse('/nowhere'), /no such folder/);
    await refused(() => readJailhouse(temporaryFolder()), /no built Jailhouse/);
    const part = temporaryFolder();
    fixture.writeFile(part, 'driver/jailhouse.ko', fixture.moduleFile());
    await refused(() => readJailhouse(part), /without jailhouse\.bin and the command jailhouse/);
    await refused(
      () => readJailhouse(tree({ module: fixture.moduleFile({ machine: 62 }) })),
      /another processor \(ELF machine 62\)/,
    );
    await refused(
      () => readJailhouse(tree({ module: fixture.moduleFile({ version: 'v0.11' }) })),
      /the module is of Jailhouse v0\.11, the hypervisor is not/,
    );
    await refused(() => readJailhouse(tree({ revision: 12 })), /revision 12; .* 13 and 14/);
    await refused(() => readJailhouse(tree({ stock: 13 })), /has revision 14, .* 13: the tree/);
    await refused(() => readJailhouse(tree({}), 13), /has revision 14\. Next: leave --revision 13/);
    const silent = tree({});
    fixture.writeFile(silent, 'include/jailhouse/cell-config.h', '');
    fixture.writeFile(silent, 'configs/arm64/rpi4.cell', '');
    await refused(() => readJailhouse(silent), /add --revision 13/);
    fixture.writeFile(silent, 'driver/jailhouse.ko', fixture.moduleFile().subarray(0, 200));
    await refused(() => readJailhouse(silent, 14), /jailhouse\.ko: cut off: the section/);
    // The last section header, its size: more than the file has.
    const far = fixture.moduleFile();
    far.writeBigUInt64LE(1n << 40n, far.length - 64 + 32);
    fixture.writeFile(silent, 'driver/jailhouse.ko', far);
    await refused(() => readJailhouse(silent, 14), /jailhouse\.ko: cut off: the section/);
  });

  it('is refused with a kernel that cannot load its module', async () => {
    const jailhouse = readJailhouse(fixture.jailhouseTree(temporaryFolder()));
    const against = (wishes: fixture.KernelWishes): void => {
      const path = fixture.writeFile(temporaryFolder(), 'Image', fixture.kernelImage(wishes));
      checkAgainstKernel(jailhouse, readKernel(path), path);
    };
    against({});
    // The linker keeps one string for both names.
    against({ names: ['vprintk', 'ioremap_page_range', '__hyp_stub_vectors'] });
    await refused(
      () => against({ names: ['printk', 'ioremap_page_ranges'] }),
      /does not export ioremap_page_range, __hyp_stub_vectors, which jailhouse\.ko needs/,
    );
    await refused(
      () => against({ release: '6.6.1' }),
      /is Linux 6\.6\.1; jailhouse\.ko was built for 6\.1\.99-test/,
    );
  });
});

it('the other end of the bus is refused: no log, a busy port, a port that is none, no such interface, two at once', async () => {
  await refused(() => readBusWish({ bus: '/nowhere.log' }), /no such file/);
  await refused(
    () => readBusWish({ bus: BUS, busPort: '70000' }),
    /no port: 70000\. Next: --bus-port/,
  );
  await refused(() => readBusWish({ bus: BUS, busHost: 'nocan9' }), /no interface nocan9/);
  await refused(() => readBusWish({ bus: BUS, busHost: '../x' }), /no interface/);
  await refused(() => readBusWish({ bus: BUS, busHost: 'a', busPort: '1' }), /are two ways/);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    await refused(
      () => readBusWish({ bus: BUS, busPort: String(port) }),
      /another program listens there\. Next: --bus-port/,
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  assert.deepEqual(await readBusWish({ bus: BUS, busPort: String(port) }), {
    kind: 'port',
    port,
  });
});

describe("the user's root file system", () => {
  const folder = temporaryFolder();
  const archive = (...names: string[]): Buffer => {
    const made = new CpioArchive();
    for (const name of names) made.addFile(name, Buffer.from(name));
    return made.finish();
  };
  const read = (bytes: Uint8Array) =>
    readRootArchive(fixture.writeFile(folder, 'rootfs.cpio', bytes));

  it('is read, gzipped or not, also two in a row', () => {
    const [one, two] = [archive('bin/sh'), archive('lib/x.ko')];
    for (const bytes of [one, gzipSync(one)]) assert.ok(read(bytes).names.has('bin/sh'));
    const both = read(Buffer.concat([one, Buffer.alloc(512), two])).names;
    assert.deepEqual([...both], ['bin', 'bin/sh', 'lib', 'lib/x.ko']);
  });

  it('is refused: no archive, a cut one, one without a shell', async () => {
    const xz = Buffer.from('fd377a585a000004', 'hex');
    await refused(() => read(xz), /no whole cpio archive .*unpack it \(xz -d/);
    await refused(() => read(archive('bin/sh').subarray(0, 200)), /no whole cpio archive/);
    // Without its last entry: a header of 110, "TRAILER!!!" and a zero, padded.
    await refused(() => read(archive('bin/sh').subarray(0, -124)), /no whole cpio archive/);
    await refused(() => read(gzipSync(archive('bin/sh')).subarray(0, 30)), /cannot be unpacked/);
    await refused(() => read(archive('bin/true')), /has no \/bin\/sh/);
  });
});

describe('a boot', () => {
  it('looks at all of these before it fetches or writes', async () => {
    const folder = temporaryFolder();
    const options: BootOptions = {
      kernel: fixture.writeFile(folder, 'Image', fixture.kernelImage()),
      jailhouse: fixture.jailhouseTree(join(folder, 'jailhouse')),
      bus: BUS,
    };
    // A cache in which nothing can be made: whoever fetches fails with another error.
    const place = { cache: new QemuCache('/proc/nowhere'), folder: '/proc/nowhere', say: () => {} };
    const boot = (changes: Partial<BootOptions>) => () =>
      prepareBoot({ ...options, ...changes }, place);
    await refused(boot({}), /no device tree beside the kernel: .*Next: make dtbs/);
    fixture.writeFile(folder, 'bcm2711-rpi-4-b.dtb', fixture.boardTree());
    await refused(boot({ revision: '12' }), /no revision of this project: 12/);
    await refused(boot({ bus: '/nowhere.log' }), /no such file/);
    await refused(boot({ dtb: '/nowhere.dtb' }), /no such file/);
    const bare = fixture.kernelImage({ names: fixture.EXPORTS });
    fixture.writeFile(folder, 'Image', bare);
    await refused(boot({}), /has no uio_ivshmem, so nothing would reach vcan0/);
    const config = fixture.kernelImage({ config: 'CONFIG_MODULES=y\n' });
    fixture.writeFile(folder, 'Image', config);
    await refused(boot({}), /its configuration lacks HOTPLUG_CPU, OF_OVERLAY/);
  });

  it('makes its files of what is right, with the settings for this counter and the rules named', async () => {
    const folder = temporaryFolder();
    fixture.writeFile(folder, 'bcm2711-rpi-4-b.dtb', fixture.boardTree());
    const cache = new QemuCache(join(folder, 'cache'));
    const stub = Buffer.alloc(0x1000);
    stub.writeUInt32LE(0x5afe570b, 0xf0);
    for (const name of [
      'busybox',
      'candump',
      'cansend',
      'cangen',
      'ld-linux-aarch64.so.1',
      'libc.so.6',
    ]) {
      fixture.writeFile(cache.folder, `arm64/${name}`, name);
    }
    fixture.writeFile(cache.folder, 'arm64/bl31.bin', stub);
    const prepared = await prepareBoot(
      {
        kernel: fixture.writeFile(folder, 'Image', fixture.kernelImage()),
        jailhouse: fixture.jailhouseTree(join(folder, 'jailhouse'), { revision: 13 }),
        bus: BUS,
        rules: 'examples/echo/rules.yaml',
        append: 'quiet',
      },
      { cache, folder: join(folder, 'boot'), say: () => {} },
    );
    const read = (name: string): Buffer => readFileSync(join(folder, 'boot', name));
    const names = prepared.files.map(({ path }) => basename(path));
    assert.deepEqual(names, ['bl31.bin', 'start.bin', 'kernel', 'tree.dtb', 'initramfs']);
    const initramfs = read('initramfs');
    const has = (bytes: Uint8Array | string): boolean =>
      initramfs.includes(Buffer.from(bytes as string));
    // QEMU's counter is 2.9 % fast (docs/qemu.md), and osc=auto takes 2 %.
    const settings = (osc: string): boolean =>
      has(`\nCANWARDEN_CELL_OPTIONS="bitrate=500000 osc=${osc} `);
    assert.deepEqual([settings('12000000'), settings('auto')], [true, false]);
    const rules = 'examples/echo/rules.yaml';
    const { image } = compileRules(readFileSync(rules, 'utf8'), rules);
    assert.deepEqual([has(image), has(rpi4Files(13, 'driver')[0].bytes)], [true, true]);
    assert.match(read('tree.dtb').toString('latin1'), /console=ttyAMA0,115200 [^\0]* quiet\0/);
  });
});
