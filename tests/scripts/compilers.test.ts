// SPDX-License-Identifier: MIT
/**
 * Which compiler the build takes, as the environment says it.
 *
 * Does not: build with other compilers; `CROSS_CC=... npm test` does.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { crossCompilerPackages } from '../../scripts/build/compilers.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';

const ASK = `
  import('./scripts/build/compilers.ts').then(async (compilers) => {
    console.log(compilers.CROSS_COMPILER, compilers.CROSS_OBJCOPY);
    await compilers.checkCrossCompiler();
  }).catch(({ message }) => { console.error(message); process.exitCode = 1; });`;

function ask(settings: NodeJS.ProcessEnv) {
  const { CROSS_CC: _compiler, CROSS_COMPILE: _prefix, ...rest } = process.env;
  const env = { ...rest, ...settings };
  return spawnSync(process.execPath, [...TYPESCRIPT, '-e', ASK], {
    ...{ cwd: PROJECT, encoding: 'utf8', env },
  });
}

describe('The cross compiler', () => {
  it('is that of Debian, unless the environment names another', () => {
    assert.match(ask({}).stdout, /^aarch64-linux-gnu-gcc aarch64-linux-gnu-objcopy$/m);
    const prefix = ask({ CROSS_COMPILE: 'aarch64-none-elf-' });
    assert.match(prefix.stdout, /^aarch64-none-elf-gcc aarch64-none-elf-objcopy$/m);
    const version = ask({ CROSS_CC: 'aarch64-linux-gnu-gcc-14' });
    assert.match(version.stdout, /^aarch64-linux-gnu-gcc-14 aarch64-linux-gnu-objcopy$/m);
  });

  it('is not CC, which is for this machine', () => {
    assert.match(ask({ CC: 'clang' }).stdout, /^aarch64-linux-gnu-gcc /m);
  });

  it('that compiles for another machine is refused with its name and the variables', () => {
    const { status, stderr } = ask({ CROSS_CC: 'cc' });
    assert.equal(status, process.arch === 'arm64' ? 0 : 1);
    if (process.arch === 'arm64') return;
    assert.match(stderr, /^cc compiles for \S+, the board is an aarch64\. .*CROSS_CC/);
  });

  it('that is not there is named', () => {
    const { status, stderr } = ask({ CROSS_CC: '/no/such/compiler' });
    assert.equal(status, 1);
    assert.match(stderr, /^\/no\/such\/compiler is not installed/);
  });

  it('of a version is in a package of its own', () => {
    assert.deepEqual(crossCompilerPackages('aarch64-linux-gnu-gcc'), ['gcc-aarch64-linux-gnu']);
    assert.deepEqual(crossCompilerPackages('aarch64-linux-gnu-gcc-14'), [
      'gcc-14-aarch64-linux-gnu',
    ]);
  });
});
