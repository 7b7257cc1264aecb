// SPDX-License-Identifier: MIT
/** How `npm test` loads TypeScript: the code that was made before, unless the file is newer. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PROJECT } from '../../scripts/build/command.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

/** Runs a file with `folder` as the one of the code that was made before. */
function run(path: string): { stdout: string; stderr: string } {
  const env = { ...process.env, CANWARDEN_TRANSPILED: folder };
  return spawnSync(process.execPath, [...TYPESCRIPT, path], {
    ...{ cwd: PROJECT, encoding: 'utf8', env },
  });
}

describe('loading TypeScript', () => {
  it('takes the code of a file that was made before, and not when the file is newer', () => {
    const made = join(folder, 'scripts/test/result.ts.js');
    mkdirSync(join(folder, 'scripts/test'), { recursive: true });
    writeFileSync(made, "console.log('made before', import.meta.url.endsWith('result.ts'));");
    assert.equal(run('scripts/test/result.ts').stdout, 'made before true\n');
    utimesSync(made, 1, 1);
    assert.deepEqual(run('scripts/test/result.ts').stdout, '');
  });

  it('takes a file from outside the project, and names its lines in a failure', () => {
    const other = join(folder, 'other.ts');
    const lines = ['interface Unused {', '  a: number;', '}', 'const a: number = 1;', ''];
    writeFileSync(other, `${lines.join('\n')}console.log(a);\nthrow new Error('line six');\n`);
    const { stdout, stderr } = run(other);
    assert.equal(stdout, '1\n');
    assert.match(stderr, /other\.ts:6:7/);
  });
});
