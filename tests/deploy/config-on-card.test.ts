// SPDX-License-Identifier: MIT
/**
 * config.txt of a whole card: prefixes decide where the overlay goes, included files and command lines
 * are read, and what does not fit is said.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DirectoryCard } from '../../scripts/deploy/cards/directory.ts';
import { readConfig } from '../../scripts/deploy/config/on-card.ts';
import { encodeOverlay } from '../../scripts/deploy/overlay.ts';
import { BOOT, Project, readTree, ROOT, writeTree } from './fixture.ts';
import type { Tree } from './fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

function makeCard(config: string, more: Tree = {}): string {
  const folder = temporaryFolder();
  writeTree(join(folder, 'rootfs'), ROOT);
  writeTree(join(folder, 'boot'), { ...BOOT, 'config.txt': config, ...more });
  return folder;
}

async function look(config: string, more: Tree = {}) {
  const card = new DirectoryCard(join(makeCard(config, more), 'rootfs'));
  const { notes, overlays } = await readConfig(card, 'canwarden.dtbo');
  return { notes, overlays: overlays.map(({ path }) => path) };
}

const TRYBOOT = '[all]\nkernel=vmlinuz\nos_prefix=current/\n[tryboot]\nos_prefix=new/\n[all]\n';

describe('the prefixes in config.txt', () => {
  it('are in force for overlays only where a README lies beside them', async () => {
    const config = 'os_prefix=current/\n';
    assert.deepEqual((await look(config, { 'current/vmlinuz': '' })).overlays, [
      '/overlays/canwarden.dtbo',
    ]);
    assert.deepEqual((await look(config, { 'current/overlays/README': '' })).overlays, [
      '/overlays/canwarden.dtbo',
      '/current/overlays/canwarden.dtbo',
    ]);
  });

  it('count also under a filter that need not hold; a system that is not there yet is named', async () => {
    const both = { 'current/overlays/README': '', 'new/overlays/README': '' };
    assert.deepEqual((await look(`${TRYBOOT}arm_64bit=1\n`, both)).overlays, [
      '/overlays/canwarden.dtbo',
      '/current/overlays/canwarden.dtbo',
      '/new/overlays/canwarden.dtbo',
    ]);
    const { notes } = await look(TRYBOOT, { 'current/overlays/README': '' });
    assert.equal(notes.length, 1);
    assert.match(
      notes[0],
      /^os_prefix=new\/: .*\/overlays\/.* to \/new\/overlays\/canwarden\.dtbo/,
    );
  });

  it('are put before the name as they are, folder or not', async () => {
    assert.deepEqual((await look('overlay_prefix=ov/rpi-\n')).overlays, ['/ov/rpi-canwarden.dtbo']);
    const { overlays } = await look('os_prefix=test-\n', { 'test-overlays/README': '' });
    assert.ok(overlays.includes('/test-overlays/canwarden.dtbo'));
    const upstream = { 'upstream/overlays/README': '' };
    assert.ok(
      (await look('upstream_kernel=1\n', upstream)).overlays.includes(
        '/upstream/overlays/canwarden.dtbo',
      ),
    );
  });

  it('are refused where they lead out of the partition', async () => {
    await assert.rejects(look('os_prefix=../../etc/\n'), /config\.txt line 1: .*out of the boot/);
  });

  it('make deploy write the overlay there, and undo take it away', () => {
    const card = makeCard(TRYBOOT, { 'current/overlays/README': '', 'new/overlays/README': '' });
    const before = readTree(card);
    const project = new Project();
    const root = join(card, 'rootfs');
    const { status, text } = project.deploy('--rootfs', root, '--yes');
    assert.equal(status, 0, text);
    for (const place of ['overlays', 'current/overlays', 'new/overlays']) {
      const found = readFileSync(join(card, 'boot', place, 'canwarden.dtbo'));
      assert.ok(found.equals(encodeOverlay()), place);
    }
    assert.equal(project.deploy('--rootfs', root, '--undo', '--yes').status, 0);
    assert.deepEqual(readTree(card), before);
  });
});

describe('the files that config.txt includes', () => {
  const usercfg =
    'dtparam=spi=on\ndtoverlay=mcp2515-can0,oscillator=8000000,interrupt=25\ncore_freq=250\n';

  it('are read, and the lines that matter are named with file and number', async () => {
    const { notes } = await look('enable_uart=1\ninclude usercfg.txt\n', {
      'usercfg.txt': usercfg,
    });
    const named = notes.map((note) => note.split(': ').slice(0, 2).join(': ')).sort();
    assert.deepEqual(named, [
      'usercfg.txt line 1: dtparam=spi=on',
      'usercfg.txt line 2: dtoverlay=mcp2515-can0,oscillator=8000000,interrupt=25',
      'usercfg.txt line 3: core_freq=250',
    ]);
  });

  it('count under the filters above them, and leave theirs to what follows', async () => {
    const file = { 'usercfg.txt': usercfg };
    assert.deepEqual((await look('[pi3]\ninclude usercfg.txt\n', file)).notes, []);
    const card = makeCard('include filter.txt\ndtparam=spi=on\n', { 'filter.txt': '[pi3]\n' });
    const { after } = await readConfig(new DirectoryCard(join(card, 'rootfs')), 'canwarden.dtbo');
    assert.match(after.bytes.toString(), /^dtparam=spi=on$/m);
  });

  it('may include each other, or not be there', async () => {
    const round = { 'a.txt': 'include b.txt\n', 'b.txt': 'include a.txt\ndtparam=spi\n' };
    const { notes } = await look('include a.txt\ninclude missing.txt\n', round);
    assert.match(notes[0], /^b\.txt line 2: dtparam=spi: /);
  });
});

describe('contiguous memory beside the reservation', () => {
  // The firmware puts the device tree and the initramfs below 0x2f000000: 576 MiB above the reservation.
  // Boards without it were seen with 512 MiB from 0xec00000, and from 0xe000000 beside 16 MB of initramfs.
  it('that does not fit is said with the sizes', async () => {
    const { notes } = await look('[pi4]\ndtoverlay=cma,cma-size=629145600\n[all]\n');
    assert.equal(notes.length, 1);
    assert.match(notes[0], /^config\.txt line 2 asks for 600 MiB .*16 MiB.*0x0a000000.*576 MiB/);
    assert.match(notes[0], /512 MiB at most, for example dtoverlay=vc4-kms-v3d,cma-512$/);
  });

  for (const [config, cmdline, size] of [
    ['dtoverlay=cma,cma-size=536875008\n', '', 512],
    ['dtoverlay=vc4-kms-v3d,cma-256\n[gpio4=1]\ndtoverlay=cma,cma-768\n', '', 768],
    ['dtoverlay=vc4-kms-v3d\ndtparam=cma-size=805306368\n', '', 768],
    ['a=1\n', 'console=tty1 cma=600M root=/dev/mmcblk0p2\n', 600],
    ['a=1\n', 'cma=1G\n', 1024],
  ] as const) {
    it(`${size} MiB of "${(config + cmdline).trim()}" do not`, async () => {
      const { notes } = await look(config, { 'cmdline.txt': cmdline });
      assert.match(notes[0] ?? '', new RegExp(` asks for ${size} MiB `));
    });
  }

  for (const config of [
    '[pi4]\ndtoverlay=vc4-kms-v3d-pi4,cma-512\n[all]\n',
    'dtoverlay=vc4-kms-v3d\n',
    'dtoverlay=vc4-fkms-v3d\n',
    'dtoverlay=cma,cma-size=536870912\n',
    'dtoverlay=vc4-kms-v3d\ndtparam=cma-256\n',
    'dtoverlay=vc4-kms-v3d,cma-default\n',
    'dtoverlay=cma,cma-768\ndtoverlay=cma,cma-128\n',
    '[pi3]\ndtoverlay=cma,cma-768\n',
    'dtparam=audio=on\n',
  ]) {
    it(`what "${config.trim()}" asks for does`, async () => {
      assert.deepEqual((await look(config, { 'cmdline.txt': 'cma=64M' })).notes, []);
    });
  }
});

it('clocks that deploy cannot simply set are said: 4K at 60 Hz goes, force_turbo is left out beside over_voltage', async () => {
  const { notes } = await look('hdmi_enable_4kp60=1\nover_voltage=2\n');
  assert.match(notes[0], /^config\.txt line 1: hdmi_enable_4kp60=1 is taken back: .*550 MHz/);
  assert.match(notes[1], /^config\.txt line 2: over_voltage=2: force_turbo=1 is left out/);
});
