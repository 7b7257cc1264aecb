// SPDX-License-Identifier: MIT
/** The archive, judged by the system's own tar: members, modes, owner, and the same bytes twice. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hashOf, Project, PROJECT, readTree, tool } from './fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

describe('deploy to an archive', () => {
  const project = new Project();
  const path = join(project.folder, 'canwarden.tar');

  it('holds every file at its place, with modes, owned by root', () => {
    const { status, text } = project.deploy('--tar', path, '--yes');
    assert.equal(status, 0, text);
    assert.match(text, /Next, on the board: tar -C \/ -xf .*include canwarden\.txt/);
    const list = tool('tar', '--numeric-owner', '-tvf', path).toString();
    assert.match(
      list,
      /^-rw-r--r-- 0\/0 +9000 .* usr\/share\/jailhouse\/inmates\/canwarden\.bin$/m,
    );
    assert.match(list, /^-rwxr-xr-x 0\/0 .* usr\/bin\/canwarden$/m);
    assert.match(list, /^lrwxrwxrwx 0\/0 .*canwarden-cell\.service -> \/etc\/systemd/m);
    assert.match(list, / boot\/overlays\/canwarden\.dtbo$/m);
    assert.doesNotMatch(list, /config\.txt/);
    const folder = temporaryFolder();
    tool('tar', '-C', folder, '-xf', path);
    const tree = readTree(folder);
    const image = hashOf(PROJECT['build/canwarden.bin'] as Buffer);
    assert.equal(tree['usr/share/jailhouse/inmates/canwarden.bin'], `644 ${image}`);
    assert.match(
      readFileSync(join(folder, 'boot/canwarden.txt'), 'utf8'),
      /^dtoverlay=canwarden$/m,
    );
  });

  it('refuses a folder in its place', () => {
    const { status, text } = project.deploy('--tar', project.folder, '--dry-run');
    assert.equal(status, 2, text);
    assert.match(text, /cannot read .*: this is a folder/);
  });

  it('keeps a link of the card such as /lib when it is unpacked there', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'usr/lib'), { recursive: true });
    tool('ln', '-s', 'usr/lib', join(folder, 'lib'));
    tool('tar', '-C', folder, '-xf', path);
    assert.ok(existsSync(join(folder, 'usr/lib/firmware/canwarden/rules.bin')));
  });

  it('changes nothing the second time', () => {
    const first = readFileSync(path);
    assert.match(project.deploy('--tar', path, '--yes').text, /nothing to change/);
    assert.ok(readFileSync(path).equals(first));
  });

  it('is taken back: a newer one becomes the first again, the first is removed', () => {
    const first = readFileSync(path);
    writeFileSync(join(project.folder, 'build/rules.bin'), 'newer');
    assert.equal(project.deploy('--tar', path, '--yes').status, 0);
    assert.ok(!readFileSync(path).equals(first));
    assert.equal(project.deploy('--tar', path, '--undo', '--yes').status, 0);
    assert.ok(readFileSync(path).equals(first));
    assert.equal(project.deploy('--tar', path, '--undo', '--yes').status, 0);
    assert.ok(!existsSync(path));
  });

  it('refuses to write over an archive that is not its own', () => {
    const other = join(project.folder, 'other.tar');
    tool('tar', '-C', project.folder, '-cf', other, 'agl');
    const before = readFileSync(other);
    const { status, text } = project.deploy('--tar', other, '--yes');
    assert.equal(status, 2);
    assert.match(text, /exists and is not an archive that deploy wrote/);
    assert.ok(readFileSync(other).equals(before));
  });
});
