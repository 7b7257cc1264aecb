// SPDX-License-Identifier: MIT
/** `deploy --role`: the cells of one role, what belongs to that role alone, and changing it later. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { BOOT, Project, PROJECT, readTree, ROOT, writeTree } from './fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const CELLS = 'usr/share/jailhouse/cells';
const VCAN = 'etc/systemd/network/25-canwarden.netdev';
const project = new Project(PROJECT);
let card = '';
let root = '';

beforeEach(() => {
  card = temporaryFolder();
  root = join(card, 'root');
  writeTree(root, ROOT);
  writeTree(join(card, 'boot'), BOOT);
});

function deploy(...options: string[]): string {
  const { status, text } = project.deploy('--rootfs', root, '--yes', ...options);
  assert.equal(status, 0, text);
  return text;
}

/** The protocol of the link in one of the card's files; it is each file's first ivshmem device. */
function protocol(name: string): number {
  const file = decodeFile(readFileSync(join(root, CELLS, name)));
  const cell = file.kind === 'system' ? file.system.rootCell : file.cell;
  return cell.pciDevices[0].shmemProtocol;
}
const protocols = (): number[] =>
  ['rpi4-root.cell', 'rpi4-canwarden.cell', 'rpi4-canwarden-wfi.cell'].map(protocol);

// virtio over ivshmem: 0x8000 and the device type of CAN (36) for the front-end, 0xc000 the back-end.
const DRIVER = [0xc024, 0x8024, 0x8024];
const DEVICE = [0x8024, 0xc024, 0xc024];

describe('deploy --role', () => {
  it('installs the driver unless it is told otherwise', () => {
    assert.match(deploy(), /^Role: driver, /m);
    assert.deepEqual(protocols(), DRIVER);
    assert.ok(existsSync(join(root, VCAN)));
  });

  it('installs the device, without the virtual interface', () => {
    assert.match(deploy('--role', 'device'), /^Role: device, .*virtio_ivshmem/m);
    assert.deepEqual(protocols(), DEVICE);
    assert.ok(!existsSync(join(root, VCAN)));
  });

  it('keeps the role of the card when it is not named, and says when it changes', () => {
    deploy('--role', 'device');
    assert.match(deploy(), /^Role: device, .*\nEverything is there already|^Role: device/m);
    assert.deepEqual(protocols(), DEVICE);
    assert.match(deploy('--role', 'driver'), /^Role: driver, .*; the card had the role device$/m);
    assert.deepEqual(protocols(), DRIVER);
    assert.ok(existsSync(join(root, VCAN)));
  });

  it('takes away what only the other role has, and undo brings back the card of before', () => {
    const before = readTree(card);
    deploy();
    const text = deploy('--role', 'device');
    assert.match(text, /^- root:\/etc\/systemd\/network\/25-canwarden\.netdev {2}removed$/m);
    assert.ok(!existsSync(join(root, VCAN)));
    assert.match(deploy(), /nothing to change/);
    deploy('--undo');
    assert.deepEqual(readTree(card), before);
  });

  it('leaves a file of the other role that was changed on the board', () => {
    deploy();
    writeFileSync(join(root, VCAN), '[NetDev]\nName=vcan0\nKind=vcan\n');
    deploy('--role', 'device');
    assert.match(readFileSync(join(root, VCAN), 'utf8'), /vcan0/);
  });

  it('refuses a role that does not exist', () => {
    const { status, text } = project.deploy('--rootfs', root, '--yes', '--role', 'slave');
    assert.equal(status, 2);
    assert.match(text, /driver, device/);
  });
});
