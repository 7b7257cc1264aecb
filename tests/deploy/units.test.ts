// SPDX-License-Identifier: MIT
/** The unit that only deploy installs: systemd has nothing against it, and it comes before the bridge. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { MANIFEST } from '../../scripts/deploy/manifest.ts';
import { NEEDS_SYSTEMD, verified } from '../agl/systemd.ts';

const UNIT = 'canwarden-user.service';
const TEXT = readFileSync(`scripts/deploy/units/${UNIT}`, 'utf8');

const verify = (text: string): string =>
  verified({ [UNIT]: text }, ['usr/bin/systemd-sysusers', 'usr/bin/udevadm', 'bin/sh']);

describe('the unit that makes the user of the bridge', () => {
  it('is accepted by systemd-analyze verify without a word', NEEDS_SYSTEMD, () => {
    assert.equal(verify(TEXT), '');
    assert.match(verify(TEXT.replace('ExecStart=', 'ExecStrat=')), /Unknown key/);
  });

  it('runs before the cell and the bridge, and reads the file that the manifest installs', () => {
    assert.match(TEXT, /^Before=canwarden-cell\.service canwarden-bridge\.service$/m);
    const users = /^ExecStart=systemd-sysusers (\S+)$/m.exec(TEXT)?.[1];
    assert.ok(MANIFEST.some(({ to }) => to.volume === 'root' && to.path === users));
  });

  it('is wanted by the cell', () => {
    const link = MANIFEST.find(({ to }) =>
      to.path.endsWith(`/canwarden-cell.service.wants/${UNIT}`),
    );
    assert.deepEqual(link?.source, {
      kind: 'link',
      target: `/etc/systemd/system/${UNIT}`,
      with: `scripts/deploy/units/${UNIT}`,
    });
  });
});

it('the sources of the manifest exist in the project, but for what the build makes', () => {
  const sources = MANIFEST.flatMap(({ source }) => {
    if (source.kind === 'link') return [source.with];
    return source.kind === 'file' || source.kind === 'folder' ? [source.path] : [];
  });
  const listed = spawnSync('ls', ['-d', ...sources.filter((path) => !path.startsWith('build/'))]);
  assert.equal(listed.stderr.toString(), '');
});
