// SPDX-License-Identifier: MIT
/** What is taken out of a distribution's packages for the guest, as Debian 12 and Debian 13 lay it out. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { pickGuestFiles } from '../../scripts/linux-guest/packages.ts';
import { UnpackedPackages } from '../../scripts/linux-guest/unpack.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

const CAN = 'kernel/net/can/can.ko';
const MODULES = [
  CAN,
  'kernel/drivers/net/can/dev/can-dev.ko',
  'kernel/net/can/can-raw.ko',
  'kernel/drivers/net/can/vcan.ko',
  'kernel/net/can/can-gw.ko',
  'kernel/net/can/can-bcm.ko',
  'kernel/net/can/can-isotp.ko',
];
const TOOLS = ['candump', 'cansend', 'cangen', 'cangw', 'canplayer', 'isotpsend', 'isotprecv'];
const HAS_XZ = spawnSync('xz', ['--version']).status === 0;

interface Layout {
  readonly version: string;
  /** Where a merged /usr puts it: '' or 'usr/'. */
  readonly prefix: string;
  readonly packed: boolean;
  readonly modules: readonly string[];
  readonly builtIn?: readonly string[];
}

/** A tree as the packages would leave it, each file with its own name as text. */
function layOut({ version, prefix, packed, modules, builtIn = [] }: Layout): UnpackedPackages {
  const root = mkdtempSync(join(folder, 'root-'));
  const write = (path: string, text = path): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write(`boot/vmlinuz-${version}`);
  write(`${prefix}bin/busybox`);
  for (const tool of TOOLS) write(`usr/bin/${tool}`);
  const where = `${prefix}lib/modules/${version}`;
  write(`${where}/modules.builtin`, builtIn.map((path) => `${path}\n`).join(''));
  for (const path of modules) {
    write(`${where}/${path}`, path);
    if (packed) assert.equal(spawnSync('xz', [join(root, where, path)]).status, 0);
  }
  return new UnpackedPackages(root);
}

function pick(layout: Layout): { target: string; modules: string[]; names: string[] } {
  const target = mkdtempSync(join(folder, 'target-'));
  pickGuestFiles(layOut(layout), target);
  const { names } = JSON.parse(readFileSync(join(target, 'guest.json'), 'utf8')) as {
    names: string[];
  };
  return { target, names, modules: readdirSync(join(target, 'modules')).sort() };
}

const NAMES = MODULES.map((path) => basename(path));
const DEBIAN_12 = { version: '6.1.0-38-amd64', prefix: '', packed: false };
const DEBIAN_13 = { version: '6.12.117+deb13-amd64', prefix: 'usr/', packed: true };

describe('the files of the guest', () => {
  it('are found as Debian 12 lays them out', () => {
    const { target, names } = pick({ ...DEBIAN_12, modules: MODULES });
    assert.deepEqual(names, NAMES);
    assert.equal(readFileSync(join(target, 'modules/can.ko'), 'utf8'), CAN);
    assert.equal(readFileSync(join(target, 'busybox'), 'utf8'), 'bin/busybox');
  });

  it(
    'are found as Debian 13 lays them out: merged /usr, modules packed with xz',
    { skip: HAS_XZ ? false : skipForSetup('no xz here') },
    () => {
      const { target, names } = pick({ ...DEBIAN_13, modules: MODULES });
      assert.deepEqual(names, NAMES);
      assert.equal(readFileSync(join(target, 'modules/can.ko'), 'utf8'), CAN);
      assert.equal(readFileSync(join(target, 'busybox'), 'utf8'), 'usr/bin/busybox');
    },
  );

  it('leave out a module that the kernel says is built in', () => {
    const { names } = pick({ ...DEBIAN_12, modules: MODULES.slice(1), builtIn: [CAN] });
    assert.deepEqual(names, NAMES.slice(1));
  });

  it('end with the name of what is neither a module nor built in', () => {
    assert.throws(
      () => pick({ ...DEBIAN_12, modules: MODULES.filter((path) => !path.includes('can-gw')) }),
      /6\.1\.0-38-amd64 has kernel\/net\/can\/can-gw\.ko neither as a module nor built in/,
    );
  });
});
