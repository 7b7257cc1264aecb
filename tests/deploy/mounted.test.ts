// SPDX-License-Identifier: MIT
/**
 * A mounted card: written inside its own folders whatever its links say, undone to the last byte,
 * refused when it is none.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { BOOT, CONFIG, Project, PROJECT, readTree, ROOT, writeTree } from './fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const RULES = 'usr/lib/firmware/canwarden/rules.bin';
const project = new Project();
let card = '';
let root = '';
let boot = '';

beforeEach(() => {
  card = temporaryFolder();
  root = join(card, 'rootfs');
  boot = join(card, 'boot');
  writeTree(root, ROOT);
  writeTree(boot, BOOT);
});

describe('deploy to a mounted card', () => {
  it('finds the boot partition beside the root, writes files and modes', () => {
    const { status, text } = project.deploy('--rootfs', root, '--yes');
    assert.equal(status, 0, text);
    const image = join(root, 'usr/share/jailhouse/inmates/canwarden.bin');
    assert.ok(readFileSync(image).equals(PROJECT['build/canwarden.bin'] as Buffer));
    assert.equal(statSync(join(root, 'usr/bin/canwarden')).mode & 0o777, 0o755);
    assert.ok(existsSync(join(root, RULES)), 'through the link /lib of the card');
    assert.ok(existsSync(join(boot, 'overlays/canwarden.dtbo')));
    const link = 'etc/systemd/system/multi-user.target.wants/canwarden-cell.service';
    assert.equal(readlinkSync(join(root, link)), '/etc/systemd/system/canwarden-cell.service');
  });

  it('changes nothing the second time', () => {
    project.deploy('--rootfs', root, '--yes');
    const first = readTree(card);
    const { status, text } = project.deploy('--rootfs', root);
    assert.equal(status, 0, text);
    assert.match(text, /nothing to change/);
    assert.deepEqual(readTree(card), first);
  });

  it('undoes two deployments in a row to the last byte, folders included', () => {
    const before = readTree(card);
    project.deploy('--rootfs', root, '--yes');
    const later = new Project({ ...PROJECT, 'build/rules.bin': Buffer.from('newer rules') });
    assert.equal(later.deploy('--rootfs', root, '--yes').status, 0);
    const { status, text } = project.deploy('--rootfs', root, '--undo', '--yes');
    assert.equal(status, 0, text);
    assert.deepEqual(readTree(card), before);
    assert.equal(project.deploy('--rootfs', root, '--undo', '--yes').status, 2);
  });

  it('gives back a file that it replaced, with its mode', () => {
    writeFileSync(join(root, 'usr/bin/canwarden'), 'an older helper', { mode: 0o700 });
    const before = readTree(card);
    const { text } = project.deploy('--rootfs', root, '--yes');
    assert.match(text, /^~ root:\/usr\/bin\/canwarden {2}15 bytes.* mode 700 -> /m);
    project.deploy('--rootfs', root, '--undo', '--yes');
    assert.deepEqual(readTree(card), before);
  });

  it('shows what undo would do with --dry-run and does not do it', () => {
    project.deploy('--rootfs', root, '--yes');
    const deployed = readTree(card);
    const { status, text } = project.deploy('--rootfs', root, '--undo', '--dry-run');
    assert.equal(status, 0);
    assert.match(text, /^- root:\/usr\/bin\/canwarden {2}removed$/m);
    assert.deepEqual(readTree(card), deployed);
  });

  it('keeps on undo what was added to config.txt since', () => {
    project.deploy('--rootfs', root, '--yes');
    const path = join(boot, 'config.txt');
    writeFileSync(path, `${readFileSync(path, 'utf8')}hdmi_drive=2\n`);
    const { text } = project.deploy('--rootfs', root, '--undo', '--yes');
    assert.match(text, /Changed since it was installed: boot:\/config\.txt/);
    assert.equal(readFileSync(path, 'utf8'), `${CONFIG}hdmi_drive=2\n`);
  });

  it('never overwrites settings that are there', () => {
    const withSettings = new Project({ ...PROJECT, 'agl/default': 'CANWARDEN_INTERFACE=vcan0\n' });
    writeTree(root, { 'etc/default/canwarden': 'CANWARDEN_INTERFACE=can7\n' });
    assert.equal(withSettings.deploy('--rootfs', root, '--yes').status, 0);
    const settings = readFileSync(join(root, 'etc/default/canwarden'), 'utf8');
    assert.equal(settings, 'CANWARDEN_INTERFACE=can7\n');
  });

  it('keeps rules that were changed on the board and says so, until it is told otherwise', () => {
    project.deploy('--rootfs', root, '--yes');
    writeFileSync(join(root, RULES), 'loaded on the board');
    const later = new Project({
      ...PROJECT,
      'build/rules.bin': Buffer.from('newer rules'),
      'build/canwarden.bin': 'newer image',
    });
    const { status, text } = later.deploy('--rootfs', root, '--yes');
    assert.equal(status, 0, text);
    assert.match(text, /^Kept: root:\/lib\/firmware\/canwarden\/rules\.bin .*--force-rules/m);
    assert.equal(readFileSync(join(root, RULES), 'utf8'), 'loaded on the board');
    const image = join(root, 'usr/share/jailhouse/inmates/canwarden.bin');
    assert.equal(readFileSync(image, 'utf8'), 'newer image');
    const again = later.deploy('--rootfs', root, '--yes');
    assert.match(again.text, /Kept: .*rules\.bin/);
    assert.match(again.text, /nothing to change/);

    const forced = later.deploy('--rootfs', root, '--yes', '--force-rules');
    assert.equal(forced.status, 0, forced.text);
    assert.doesNotMatch(forced.text, /Kept/);
    assert.equal(readFileSync(join(root, RULES), 'utf8'), 'newer rules');
  });

  it('goes by its own list on a card without a copy of the installed rules', () => {
    project.deploy('--rootfs', root, '--yes');
    rmSync(join(root, 'usr/share/canwarden/rules.bin'));
    const later = new Project({ ...PROJECT, 'build/rules.bin': Buffer.from('newer rules') });
    later.deploy('--rootfs', root, '--yes');
    assert.equal(readFileSync(join(root, RULES), 'utf8'), 'newer rules');
    rmSync(join(root, 'usr/share/canwarden/rules.bin'));
    writeFileSync(join(root, RULES), 'loaded on the board');
    assert.match(project.deploy('--rootfs', root, '--yes').text, /^Kept: /m);
    assert.equal(readFileSync(join(root, RULES), 'utf8'), 'loaded on the board');
  });

  it('keeps rules on a card that it has not written before', () => {
    writeTree(root, { [RULES]: 'from elsewhere' });
    const { text } = project.deploy('--rootfs', root, '--yes');
    assert.match(text, /^Kept: /m);
    assert.equal(readFileSync(join(root, RULES), 'utf8'), 'from elsewhere');
  });

  it('stays on the card when a link of it points to an absolute path', () => {
    const outside = temporaryFolder();
    const linked = temporaryFolder();
    const { lib: _, ...rest } = ROOT;
    // As the card means it, this is its own folder of that name; as this machine would, it is not.
    writeTree(join(linked, 'rootfs'), { ...rest, lib: `-> ${outside}`, [`${outside}/x`]: '' });
    writeTree(join(linked, 'boot'), BOOT);
    const { status, text } = project.deploy('--rootfs', join(linked, 'rootfs'), '--yes');
    assert.equal(status, 0, text);
    assert.deepEqual(readTree(outside), {});
    assert.ok(existsSync(join(linked, 'rootfs', outside, 'firmware/canwarden/rules.bin')));
  });

  it('takes the revision that is asked for, and warns when the card says another', () => {
    const { text } = project.deploy('--rootfs', root, '--revision', '14', '--yes');
    assert.match(text, /Careful: the card's own cells are revision 13, --revision says 14/);
    const cell = readFileSync(join(root, 'usr/share/jailhouse/cells/rpi4-canwarden.cell'));
    assert.equal(cell.toString('latin1', 0, 5), 'JHCLL');
  });
});

describe('a folder that is no Raspberry Pi 4 card', () => {
  function assertRefused(reason: RegExp, ...parameters: string[]): void {
    const before = readTree(card);
    const { status, text } = project.deploy(...parameters, '--yes');
    assert.equal(status, 2, text);
    assert.match(text, reason);
    assert.deepEqual(readTree(card), before);
  }

  it('is refused when there is no boot partition', () => {
    const alone = temporaryFolder();
    writeTree(alone, ROOT);
    assertRefused(/no boot partition with a config\.txt.*--boot DIR/, '--rootfs', alone);
  });

  it('is refused when the boot partition that is named is another board’s', () => {
    const other = join(card, 'other');
    writeTree(other, { 'config.txt': '', 'uEnv.txt': '' });
    assertRefused(/no start4\.elf/, '--rootfs', root, '--boot', other);
  });

  it('is refused when the root is not one', () => {
    const empty = join(card, 'empty');
    mkdirSync(empty);
    assertRefused(/no \/usr; its root partition has no \/etc\/os-release/, '--rootfs', empty);
  });

  it('is refused when a folder stands where a file goes', () => {
    mkdirSync(join(root, 'usr/bin/canwarden'));
    assertRefused(/root:\/usr\/bin\/canwarden on the card is a folder/, '--rootfs', root);
  });
});

describe('the options of deploy', () => {
  it('must name one card', () => {
    for (const parameters of [[], ['--rootfs', root, '--image', 'x.img']]) {
      const { status, text } = project.deploy(...parameters, '--yes');
      assert.equal(status, 2);
      assert.match(text, /name one card: --rootfs DIR, --image FILE, --tar FILE or --host/);
    }
  });

  it('must be known', () => {
    assert.equal(project.deploy('--rootsf', root).status, 2);
  });
});
