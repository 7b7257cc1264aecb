// SPDX-License-Identifier: MIT
/** `--help` of the commands that read their options themselves: said at once, and nothing is done. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';

const SCRIPTS = [
  ['scripts/build.ts', /npm run build/],
  ['scripts/docs.ts', /npm run docs/],
  ['scripts/release.ts', /--no-build/],
  ['scripts/setup/main.ts', /--check/],
  ['scripts/soak.ts', /random/],
  ['scripts/bench.ts', /--quick[\s\S]*--check[\s\S]*--firmware/],
  ['scripts/demo-log.ts', /npm run demo-log/],
  ['scripts/test.ts', /--only NAME.*contract/],
  ['scripts/test-linux.ts', /--kvm/],
] as const;

function run(script: string, word: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...TYPESCRIPT, script, word], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  return { status, output: stdout + stderr };
}

describe('--help', () => {
  for (const [script, says] of SCRIPTS) {
    it(`of ${script} says how it is used, with status 0`, () => {
      const { status, output } = run(script, '--help');
      assert.equal(status, 0, output);
      assert.match(output, /^Usage: npm /);
      assert.match(output, says);
    });
  }

  for (const [script, says] of [
    ['scripts/build.ts', /unknown option '--quick'. The only option is --checked-bridge/],
    ['scripts/docs.ts', /there are no options, got "--quick"/],
    ['scripts/demo-log.ts', /there are no options, got "--quick"/],
  ] as const) {
    it(`names all words that ${script} takes`, () => {
      const { status, output } = run(script, '--quick');
      assert.equal(status, 2);
      assert.match(output, says);
    });
  }
});
