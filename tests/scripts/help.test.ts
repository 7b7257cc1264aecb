// SPDX-License-Identifier: MIT
/** `--help` of the commands that read their options themselves: said at once, and nothing is done. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runScript } from '../run-script.ts';

const SCRIPTS = [
  ['build', /npm run build/],
  ['docs', /npm run docs/],
  ['release', /--no-build/],
  ['setup/main', /--check/],
  ['soak', /random/],
  ['bench', /--quick[\s\S]*--check[\s\S]*--firmware/],
  ['demo-log', /npm run demo-log/],
  ['test', /--only NAME.*contract/],
  ['test-linux', /--kvm/],
] as const;

describe('--help', () => {
  for (const [script, says] of SCRIPTS) {
    it(`of scripts/${script}.ts says how it is used, with status 0`, () => {
      const { status, text } = runScript(script, ['--help']);
      assert.equal(status, 0, text);
      assert.match(text, /^Usage: npm /);
      assert.match(text, says);
    });
  }

  for (const [script, says] of [
    ['build', /unknown option '--quick'. The only option is --checked-bridge/],
    ['docs', /there are no options, got "--quick"/],
    ['demo-log', /there are no options, got "--quick"/],
  ] as const) {
    it(`names all words that scripts/${script}.ts takes`, () => {
      const { status, text } = runScript(script, ['--quick']);
      assert.equal(status, 2);
      assert.match(text, says);
    });
  }
});
