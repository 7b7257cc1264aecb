// SPDX-License-Identifier: MIT
/**
 * A board by ssh: a stand-in for ssh runs the script it is given in a local shell, with the folder
 * of a card as the board's root.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { BOOT, Project, PROJECT, readTree, ROOT, writeTree } from './fixture.ts';
import type { Run } from './fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const project = new Project();
const tools = temporaryFolder();
let board = '';

/** Puts an `ssh` first on the PATH; `body` is its shell script. */
function fakeSsh(body: string): void {
  writeFileSync(join(tools, 'ssh'), `#!/bin/sh\n${body}\n`);
  chmodSync(join(tools, 'ssh'), 0o755);
}

function deploy(...parameters: string[]): Run {
  const environment = { PATH: `${tools}:${process.env.PATH}` };
  return project.deployWith(
    environment,
    '--host',
    'root@board',
    '--host-root',
    board,
    ...parameters,
  );
}

beforeEach(() => {
  board = temporaryFolder();
  const { lib: _, ...rest } = ROOT;
  writeTree(board, { ...rest, 'lib/ld.so': '' });
  writeTree(join(board, 'boot'), BOOT);
  // The arguments of ssh: --, the host, and the command for the shell there.
  fakeSsh('[ "$1 $2 $3" = "-- root@board sh -s" ] || exit 99\nexec sh -c "$3"');
});

describe('deploy to a board by ssh', () => {
  it('writes files with their modes, makes folders, edits config.txt', () => {
    const { status, text } = deploy('--yes');
    assert.equal(status, 0, text);
    const image = join(board, 'usr/share/jailhouse/inmates/canwarden.bin');
    assert.ok(readFileSync(image).equals(PROJECT['build/canwarden.bin'] as Buffer));
    assert.equal(statSync(image).mode & 0o777, 0o644);
    assert.equal(statSync(join(board, 'usr/bin/canwarden')).mode & 0o777, 0o755);
    assert.match(
      readFileSync(join(board, 'boot/config.txt'), 'utf8'),
      /^#canwarden# dtoverlay=mcp2515/m,
    );
    assert.match(text, /Cells: revision 13/);
    assert.match(text, /Next: ssh root@board reboot/);
  });

  it('refuses a file of 1 GiB in the place of config.txt, before it comes over the line', () => {
    truncateSync(join(board, 'boot/config.txt'), 2 ** 30);
    const { status, text } = deploy('--yes');
    assert.equal(status, 2, text);
    assert.match(text, /boot\/config\.txt on the card has 1073741824 bytes/);
  });

  it('changes nothing the second time, and undo gives the board back as it was', () => {
    const before = readTree(board);
    deploy('--yes');
    const deployed = readTree(board);
    const second = deploy('--yes');
    assert.match(second.text, /nothing to change/, second.text);
    assert.deepEqual(readTree(board), deployed);
    const { status, text } = deploy('--undo', '--yes');
    assert.equal(status, 0, text);
    assert.deepEqual(readTree(board), before);
  });

  it('writes nothing with --dry-run', () => {
    const before = readTree(board);
    assert.equal(deploy('--dry-run').status, 0);
    assert.deepEqual(readTree(board), before);
  });

  it('finds the boot partition under boot/firmware too, and refuses a board without one', () => {
    const other = temporaryFolder();
    writeTree(other, ROOT);
    board = other;
    assert.match(deploy('--yes').text, /there is no config\.txt in .*\/boot or .*\/boot\/firmware/);
    writeTree(join(other, 'boot/firmware'), BOOT);
    const { status, text } = deploy('--yes');
    assert.equal(status, 0, text);
    assert.ok(existsSync(join(other, 'boot/firmware/overlays/canwarden.dtbo')));
  });

  it('says that the board cannot be reached, status 2', () => {
    fakeSsh('echo "ssh: connect to host board port 22: No route to host" >&2\nexit 255');
    const { status, text } = deploy('--yes');
    assert.equal(status, 2);
    assert.match(
      text,
      /cannot reach root@board by ssh: .*No route to host\. Next: ssh root@board true/,
    );
  });

  it('says what the shell there complained of when writing fails, status 1', () => {
    // Reading works; the write script begins with set -eu.
    fakeSsh(
      'script=$(cat)\ncase $script in set*) echo "disk full" >&2; exit 3;; esac\nprintf "%s" "$script" | sh',
    );
    const before = readTree(board);
    const { status, text } = deploy('--yes');
    assert.equal(status, 1);
    assert.match(text, /ended with status 3: disk full/);
    assert.deepEqual(readTree(board), before);
  });

  it('takes no host name that ssh would read as an option', () => {
    const { status, text } = project.deploy('--host=-oProxyCommand=x', '--yes');
    assert.equal(status, 2);
    assert.match(text, /expected USER@NAME/);
  });
});
