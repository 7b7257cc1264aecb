// SPDX-License-Identifier: MIT
/** The release: same bytes each time, sums that verify, a bridge that a C compiler alone can build. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { BRIDGE_FLAGS, BRIDGE_SOURCES } from '../../scripts/build/bridge.ts';
import { packRelease } from '../../scripts/release/archive.ts';
import { MANIFEST } from '../../scripts/deploy/manifest.ts';
import { listParts } from '../../scripts/release/parts.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
const NAME = `canwarden-${VERSION}`;

const folder = temporaryFolder();
/** The release as it comes out of its archive by the tar of this machine. */
let unpacked = '';

/** Runs a program and gives its output; fails the test when it fails. */
function run(program: string, words: string[], cwd: string, env = process.env): string {
  const result = spawnSync(program, words, { cwd, env, encoding: 'utf8' });
  assert.equal(result.status, 0, `${program} ${words.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

const release = (...words: string[]) => runScript('release', ['--no-build', ...words]);

before(() => {
  const { status, text } = release('--out', folder);
  assert.equal(status, 0, text);
  run('tar', ['xzf', `${NAME}.tar.gz`], folder);
  unpacked = join(folder, NAME);
});

describe('the release', () => {
  it('has the same bytes on every run, whatever the age of the files', () => {
    const first = readFileSync(join(folder, `${NAME}.tar.gz`));
    const now = new Date();
    utimesSync('agl/canwarden', now, now);
    const second = packRelease(VERSION, listParts(VERSION));
    assert.ok(first.equals(second.bytes));
  });

  it('names its own checksum beside it, and those of all files inside', () => {
    run('sha256sum', ['-c', `${NAME}.tar.gz.sha256`], folder);
    const checked = run('sha256sum', ['-c', 'SHA256SUMS'], unpacked).trim().split('\n');
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true });
    assert.equal(checked.length, files.filter((entry) => entry.isFile()).length - 1);
  });

  it('unpacks as root-owned files, programs executable, all of one age', () => {
    const listing = run('tar', ['tvzf', `${NAME}.tar.gz`, '--utc', '--full-time'], folder);
    for (const line of listing.trim().split('\n')) {
      assert.match(
        line,
        /^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) root\/root +\d+ 2000-01-01 00:00:00 /,
      );
    }
    const programs = [...listing.matchAll(/^-rwx\S+ .* \S+?\/(\S+)$/gm)].map(([, path]) => path);
    assert.deepEqual(programs, ['board/canwarden', 'bridge/build.sh']);
  });

  it('takes its age from SOURCE_DATE_EPOCH, and refuses a wrong one', () => {
    const before = process.env.SOURCE_DATE_EPOCH;
    try {
      process.env.SOURCE_DATE_EPOCH = '1700000000';
      const other = packRelease(VERSION, listParts(VERSION));
      assert.ok(!other.bytes.equals(readFileSync(join(folder, `${NAME}.tar.gz`))));
      process.env.SOURCE_DATE_EPOCH = 'yesterday';
      assert.throws(() => packRelease(VERSION, []), /SOURCE_DATE_EPOCH is "yesterday"/);
    } finally {
      if (before === undefined) delete process.env.SOURCE_DATE_EPOCH;
      else process.env.SOURCE_DATE_EPOCH = before;
    }
  });

  it('holds the cells in both revisions, by their signatures', () => {
    const head = (path: string) =>
      readFileSync(join(unpacked, path)).subarray(0, 8).toString('hex');
    // Jailhouse: 6-byte signature and revision 13; 5-byte signature, arm64 = 2, revision 14.
    assert.equal(head('cells/revision-13/driver/rpi4-root.cell'), '4a48535953540d00');
    assert.equal(head('cells/revision-13/driver/rpi4-canwarden.cell'), '4a4843454c4c0d00');
    assert.equal(head('cells/revision-14/driver/rpi4-root.cell'), '4a48535953020e00');
    assert.equal(head('cells/revision-14/driver/rpi4-canwarden.cell'), '4a48434c4c020e00');
  });

  it('holds every page that its pages lead to', () => {
    const pages = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /^(docs\/.*|CHANGELOG|README)\.md$/.test(path),
    );
    const links = pages.flatMap((path) =>
      [...readFileSync(join(unpacked, path), 'utf8').matchAll(/\]\(([^):#]+\.md)[^)]*\)/g)].map(
        ([, link]) => join(dirname(path), link),
      ),
    );
    assert.ok(links.includes('docs/settings.md'), links.join(' '));
    for (const link of links) assert.ok(existsSync(join(unpacked, link)), link);
  });

  it('holds what deploy installs, but for the bridge, which is C here, and what only a card needs', () => {
    const shipped = listParts(VERSION).flatMap(({ entries }) =>
      entries.flatMap((entry) => ('from' in entry ? [entry.from] : [])),
    );
    for (const { source } of MANIFEST) {
      if (source.kind === 'file' && !/^(build\/canwarden-bridge|scripts\/)/.test(source.path)) {
        assert.ok(shipped.includes(source.path), source.path);
      } else if (source.kind === 'folder') {
        assert.ok(
          shipped.some((path) => path.startsWith(`${source.path}/`)),
          source.path,
        );
      }
    }
  });

  it('names every missing file and writes nothing', () => {
    const part = {
      name: 'cell',
      entries: ['build/none.bin', 'build/nothing.bin'].map((from) => ({
        to: from,
        from,
        executable: false,
      })),
    };
    assert.throws(
      () => packRelease(VERSION, [part]),
      /lacks files:\n {2}cell: build\/none.bin\n {2}cell: build\/nothing.bin\nNext: npm run build/,
    );
  });

  it('refuses an unknown option with exit status 2', () => {
    const { status, text } = release('--output', 'x');
    assert.equal(status, 2);
    assert.match(text, /Options: --out FOLDER, --sign KEY, --no-build/);
  });
});

const HAS_COMPILER = spawnSync('cc', ['--version']).status === 0;

describe('the bridge in the release', () => {
  const skip = HAS_COMPILER ? false : skipForSetup('no C compiler here');

  it('builds with a C compiler alone, without a warning, and knows its version', { skip }, () => {
    const program = join(folder, 'bridge');
    const { status, stdout, stderr } = spawnSync('/bin/sh', [join(unpacked, 'bridge/build.sh')], {
      encoding: 'utf8',
      // The generated code has a warning for each of its texts.
      maxBuffer: 16 << 20,
      // No Node and no tool of npm is on this path.
      env: { PATH: '/usr/bin:/bin', OUTPUT: program, CFLAGS: '-O0 -Wall' },
    });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${program}\n`);
    assert.equal(run(program, ['--version'], folder), `canwarden-bridge ${VERSION}\n`);
    assert.doesNotMatch(stderr, /linux\/.*warning/);
  });

  it('says which compiler failed when it cannot', () => {
    const { status, stderr } = spawnSync('/bin/sh', [join(unpacked, 'bridge/build.sh')], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', CC: 'no-such-cc' },
      cwd: folder,
    });
    assert.notEqual(status, 0);
    assert.match(stderr, /no-such-cc/);
  });

  it('is compiled with the definitions and files that the build uses', () => {
    const compiler = join(folder, 'cc');
    writeFileSync(compiler, `#!/bin/sh\nprintf '%s\\n' "$@" >'${folder}/words'\n`, { mode: 0o755 });
    run('/bin/sh', [join(unpacked, 'bridge/build.sh')], folder, { ...process.env, CC: compiler });
    const words = readFileSync(join(folder, 'words'), 'utf8').split('\n');
    const needed = BRIDGE_FLAGS.filter((flag) => /^-(std=|fno-|D)/.test(flag));
    assert.ok(needed.length >= 3);
    for (const flag of needed) assert.ok(words.includes(flag), flag);
    assert.ok(words.includes(`-DCANWARDEN_VERSION="${VERSION}"`));
    const files = words.filter((word) => word.endsWith('.c')).map((word) => basename(word));
    assert.deepEqual(files.sort(), BRIDGE_SOURCES.map((path) => basename(path)).sort());
  });
});
