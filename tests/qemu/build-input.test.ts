// SPDX-License-Identifier: MIT
/**
 * What a machine can lack for `npm run qemu -- build`: each is said with its cure, before anything long starts.
 * Debian is faked by programs of these names. Needs no QEMU.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../cell-config/files.ts';
import { QemuCache } from '../../scripts/qemu/cache.ts';
import { alone } from '../../scripts/qemu/lock.ts';
import { missingForBuild } from '../../scripts/qemu/machine.ts';
import { newestVersion, updateLists } from '../../scripts/qemu/source.ts';
import { describe, it } from '../skippable.ts';
import { writeFile } from './boot-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Runs with these programs only, and a shell for them. */
function withPrograms<T>(programs: Readonly<Record<string, string>>, run: () => T): T {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(programs)) {
    chmodSync(writeFile(folder, name, `#!/bin/sh\n${script}\n`), 0o755);
  }
  const before = process.env.PATH;
  process.env.PATH = folder;
  try {
    return run();
  } finally {
    process.env.PATH = before;
  }
}

const isInput =
  (says: RegExp) =>
  (error: Error): boolean =>
    error instanceof InputError && says.test(error.message) && /Next: \S/.test(error.message);

describe('a machine for the build', () => {
  const ROOM = 10_000;

  it('needs apt, and lacks tools by one line to type', () => {
    const folder = temporaryFolder();
    const without = withPrograms({}, () => missingForBuild(folder, ROOM));
    assert.match(without.join('\n'), /^apt-get is missing: .*Next: use Debian 12/);
    const [line] = withPrograms({ 'apt-get': 'exit 0' }, () => missingForBuild(folder, ROOM));
    assert.match(line, /missing: a C compiler, /);
    assert.match(line, /Next: (sudo )?apt-get install --no-install-recommends gcc .*ninja-build/);
  });

  it('needs room, and says how much there is', () => {
    const problems = withPrograms({ 'apt-get': 'exit 0' }, () => missingForBuild('/x/y', 1999));
    assert.match(problems.at(-1)!, /^\/x\/y: 1999 MB free, a build needs 2000\. Next: .*--cache/);
    const enough = withPrograms({ 'apt-get': 'exit 0' }, () => missingForBuild('/x/y', 2000));
    assert.ok(!enough.some((problem) => problem.includes('free')));
  });

  it('needs a mirror with sources', () => {
    const cache = new QemuCache(temporaryFolder());
    const words = "echo 'E: The repository does not have a Sources file' >&2; exit 100";
    const says = /update failed:[^]*Sources file[^]*a mirror of Debian with source packages/;
    withPrograms({ 'apt-get': words }, () =>
      assert.throws(() => updateLists(cache), isInput(says)),
    );
    // apt ends with 0 where only a part could not be reached.
    const part = "echo 'Err:1 somewhere trixie InRelease'; exit 0";
    withPrograms({ 'apt-get': part }, () =>
      assert.throws(() => updateLists(cache), isInput(/Err:1/)),
    );
  });

  it('needs the QEMU that the patches are for', () => {
    const cache = new QemuCache(temporaryFolder());
    const showing = (...versions: string[]): Record<string, string> => ({
      'apt-cache': versions.map((version) => `echo 'Version: ${version}'`).join('\n'),
      dpkg: 'exit 1',
    });
    withPrograms(showing('1:11.0.1+ds-1'), () =>
      assert.throws(
        () => newestVersion(cache),
        isInput(/no QEMU 10\.0\.x any more, only 1:11\.0\.1/),
      ),
    );
    withPrograms(showing(), () =>
      assert.throws(() => newestVersion(cache), isInput(/any more, only none/)),
    );
    const found = withPrograms(showing('1:10.1.0+ds-1', '1:10.0.2+ds-2'), () =>
      newestVersion(cache),
    );
    assert.equal(found, '1:10.0.2+ds-2');
  });
});

describe('two at once in one folder', () => {
  it('are refused, the second by the number of the first', async () => {
    const folder = temporaryFolder();
    await alone(folder, async () => {
      assert.equal(readFileSync(join(folder, 'in-use'), 'utf8'), String(process.pid));
      await assert.rejects(
        alone(folder, () => assert.fail('ran')),
        isInput(new RegExp(`in use by process ${process.pid}\\.`)),
      );
    });
    assert.ok(!existsSync(join(folder, 'in-use')));
  });

  it('are none if the first is gone, or its file says nothing', async () => {
    const folder = temporaryFolder();
    const child = spawn('true');
    await new Promise((resolve) => child.once('close', resolve));
    for (const text of [String(child.pid), '', 'x']) {
      writeFileSync(join(folder, 'in-use'), text);
      assert.equal(await alone(folder, () => Promise.resolve('ran')), 'ran');
    }
  });

  it('leave nothing behind when the work fails', async () => {
    const folder = temporaryFolder();
    await assert.rejects(
      alone(folder, () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.ok(!existsSync(join(folder, 'in-use')));
  });
});
