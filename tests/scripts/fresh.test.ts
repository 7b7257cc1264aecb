// SPDX-License-Identifier: MIT
/** `npm run soak -- fresh` without a machine: what it reads and when it says "right". */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mirrorOf, mountsBelow } from '../../scripts/soak/fresh-root.ts';
import { isRight, readTestCounts, table } from '../../scripts/soak/fresh-table.ts';
import { skipForSetup } from '../../scripts/test/result.ts';

const WORDS = `ok      unit        103.5 s  424 passed
ok      agl          82.7 s  111 passed, 2 skipped

SKIPPED, so not proven by this run (2):
  the recording: it is not on this machine
  deploy to a card image: no mtools or e2fsprogs here (npm run setup)

535 passed, 0 failed
`;

describe('the mirror of this machine', () => {
  // sources.list(5): both formats.
  it('is read from either kind of source', () => {
    const uri = 'http://mirror.example/debian';
    assert.equal(mirrorOf(`# x\ndeb ${uri} bookworm main\n`), uri);
    assert.equal(mirrorOf(`deb [arch=amd64 signed-by=/k.gpg] ${uri}/ trixie main\n`), `${uri}/`);
    assert.equal(mirrorOf(`Types: deb\nURIs: ${uri}\nSuites: trixie\n`), uri);
  });

  it('is not one of another kind of packages', () => {
    const other = 'deb https://mirror.example/debian-security bookworm main\n';
    assert.throws(() => mirrorOf(other), /no Debian mirror/);
  });
});

describe('what a run that was ended left mounted', () => {
  // proc_pid_mounts(5): a space in a path is \\040.
  const MOUNTS = [
    'proc /srv/fresh/proc proc rw 0 0',
    'udev /srv/fresh/dev devtmpfs rw 0 0',
    'devpts /srv/fresh/dev/pts devpts rw 0 0',
    'tmpfs /srv/fresh/my\\040files tmpfs rw 0 0',
    'proc /srv/fresh-two/proc proc rw 0 0',
    'proc /proc proc rw 0 0',
  ];

  it('is found from the inside out, and nothing else', () => {
    assert.deepEqual(mountsBelow('/srv/fresh', `${MOUNTS.join('\n')}\n`), [
      '/srv/fresh/my files',
      '/srv/fresh/dev/pts',
      '/srv/fresh/dev',
      '/srv/fresh/proc',
    ]);
  });
});

describe('the result of npm test', () => {
  it('is read with the skipped tests by name', () => {
    assert.deepEqual(readTestCounts(WORDS), {
      passed: 535,
      failed: 0,
      skipped: [
        'the recording: it is not on this machine',
        'deploy to a card image: no mtools or e2fsprogs here (npm run setup)',
      ],
    });
    assert.equal(readTestCounts('ok  unit  1 passed\n'), undefined, 'it did not come to its end');
  });

  const step = { machine: 'm', step: 'npm test', status: 0, minutes: 1, packages: 0 };
  const counts = { passed: 2, failed: 0, skipped: ['the recording: it is not on this machine'] };

  it('is right only when nothing failed and nothing was skipped that the set-up provides', () => {
    assert.equal(isRight({ ...step, counts }), true);
    assert.equal(isRight({ ...step, status: 1 }), false);
    assert.equal(isRight({ ...step, counts: { ...counts, failed: 1 } }), false);
    assert.equal(isRight({ ...step, counts: readTestCounts(WORDS) }), false);
  });

  it('is not right when no Linux guest could be made, whatever the reason', () => {
    const skipped = [`a suite > a test: ${skipForSetup('no Linux guest: the mirror is away')}`];
    assert.equal(isRight({ ...step, counts: { ...counts, skipped } }), false);
  });

  it('has a reason of the set-up only from where all of them are made', () => {
    const byHand = readdirSync('tests', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && name !== 'scripts/fresh.test.ts')
      .filter((name) =>
        /['"`][^'"`\n]*\(npm run setup/.test(readFileSync(join('tests', name), 'utf8')),
      );
    assert.deepEqual(byHand, []);
  });

  it('is one line of the table, with the skipped tests below', () => {
    assert.deepEqual(table([{ ...step, counts }]), [
      'machine  step      status  passed  failed  skipped  minutes  packages',
      'm        npm test  0       2       0       1        1.0      0',
      'skipped on m: the recording: it is not on this machine',
    ]);
  });
});
