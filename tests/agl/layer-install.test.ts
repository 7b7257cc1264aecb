// SPDX-License-Identifier: MIT
/**
 * What the layer's recipes install, seen by running their tasks on the release, for each role and each
 * revision of Jailhouse. No bitbake runs here, and the bridge is not compiled: release.test.ts does that.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { Role } from '../../cell-config/roles.ts';
import { ROLES } from '../../cell-config/roles.ts';
import { MANIFEST } from '../../scripts/deploy/manifest.ts';
import { listParts } from '../../scripts/release/parts.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { helperVariables } from './helper-variables.ts';
import { runTask, taskOf } from './recipe-task.ts';

const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
const recipe = (name: string): string =>
  readFileSync(`agl/meta-canwarden/recipes-canwarden/${name}/${name}_${VERSION}.bb`, 'utf8');
const CELL = recipe('canwarden-cell');
const BRIDGE = recipe('canwarden-bridge');

/** The release, as S of the recipes. */
const release = temporaryFolder();
/** Stands for what do_compile makes. */
const built = temporaryFolder();

before(() => {
  for (const { entries } of listParts(VERSION)) {
    for (const entry of entries) {
      const path = join(release, entry.to);
      mkdirSync(dirname(path), { recursive: true });
      if ('from' in entry) cpSync(entry.from, path);
      else writeFileSync(path, entry.bytes);
    }
  }
  writeFileSync(join(built, 'canwarden-bridge'), 'the bridge');
});

interface Installed {
  readonly mode: number;
  readonly bytes: Buffer;
}

/** Files below a folder, by their path from it. */
function filesOf(folder: string): Map<string, Installed> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [
        path.slice(folder.length),
        { mode: statSync(path).mode & 0o777, bytes: readFileSync(path) },
      ]),
  );
}

/** What both recipes install. */
function install(role: Role, revision: '13' | '14'): Map<string, Installed> {
  const image = temporaryFolder();
  const variables = {
    S: release,
    B: built,
    D: image,
    CANWARDEN_ROLE: role,
    CANWARDEN_JAILHOUSE_REVISION: revision,
  };
  for (const text of [CELL, BRIDGE]) runTask(text, 'do_install', variables);
  return filesOf(image);
}

/** The folder of a distribution's own files, where `path` is of one for the administrator's. */
const vendors = (path: string): string =>
  path
    .replace('/etc/systemd/system/', '/lib/systemd/system/')
    .replace('/etc/systemd/network/', '/usr/lib/systemd/network/')
    .replace('/etc/udev/', '/lib/udev/');

/** Where `npm run deploy` puts its files in a role, with their modes; links and the boot partition are not among them. */
function deployed(role: Role): Map<string, number> {
  const files = new Map<string, number>();
  for (const { source, to, mode, role: only } of MANIFEST) {
    if (only !== undefined && only !== role) continue;
    if (source.kind === 'file' || source.kind === 'cell') files.set(vendors(to.path), mode);
    if (source.kind !== 'folder') continue;
    for (const name of readdirSync(source.path)) {
      if (source.suffixes.some((suffix) => name.endsWith(suffix))) {
        files.set(vendors(`${to.path}/${name}`), mode);
      }
    }
  }
  return files;
}

describe('the recipes', () => {
  for (const role of ROLES) {
    it(`install in the role ${role} what deploy does, with its modes`, () => {
      const installed = install(role, '13');
      const wanted = deployed(role);
      // useradd of the recipe does what the list of users does. One unit is for who deploys.
      wanted.delete('/etc/sysusers.d/canwarden.conf');
      wanted.delete('/lib/systemd/system/canwarden-user.service');
      const modes = new Map([...installed].map(([path, { mode }]) => [path, mode]));
      assert.deepEqual([...modes].sort(), [...wanted].sort());
    });

    for (const revision of ['13', '14'] as const) {
      it(`take the cells of the role ${role} and of revision ${revision}`, () => {
        const cells = [...install(role, revision)].filter(([path]) => path.endsWith('.cell'));
        assert.equal(cells.length, 3);
        for (const [path, { bytes }] of cells) {
          const own = `${release}/cells/revision-${revision}/${role}/${basename(path)}`;
          assert.deepEqual(bytes, readFileSync(own), path);
        }
      });
    }
  }

  it('install every file of the board, but the list of users, which useradd replaces', () => {
    const bytes = [...install('driver', '13').values()].map((file) =>
      file.bytes.toString('latin1'),
    );
    const left = [...filesOf(join(release, 'board'))]
      .filter(([, file]) => !bytes.includes(file.bytes.toString('latin1')))
      .map(([path]) => path);
    assert.deepEqual(left, ['/systemd/sysusers-canwarden.conf']);
  });

  it('put files where the helper looks for them', () => {
    const installed = install('driver', '13');
    const [settings, image, rules, bridge, cells] = helperVariables(
      'SETTINGS_FILE',
      'IMAGE',
      'RULES',
      'BRIDGE',
      'CELLS_FOLDER',
    );
    for (const path of [settings, image, rules, bridge, `${cells}/rpi4-root.cell`]) {
      assert.ok(installed.has(path), path);
    }
  });

  it('bring the overlay to what goes onto the boot partition', () => {
    const images = temporaryFolder();
    runTask(CELL, 'do_deploy', { S: release, DEPLOYDIR: images });
    const overlay = readFileSync(join(release, 'boot/canwarden.dtbo'));
    assert.deepEqual(
      [...filesOf(images)].map(([path, { bytes }]) => [path, bytes.equals(overlay)]),
      [['/canwarden.dtbo', true]],
    );
  });

  it('compile the bridge by the script of the release', () => {
    assert.equal(
      taskOf(BRIDGE, 'do_compile').trim(),
      'OUTPUT=${B}/canwarden-bridge sh ${S}/bridge/build.sh',
    );
    assert.ok(statSync(join(release, 'bridge/build.sh')).isFile());
  });
});
