// SPDX-License-Identifier: MIT
/**
 * What all commands with many options have in common: a bad word gets its next step and status 2, a
 * file is meant from where the user stands, and a binary file does not reach the terminal.
 */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

/** A folder of the user's, outside the project. */
const folder = temporaryFolder();

/** Runs a script as npm does for a user who stands in `folder`: in the project, with INIT_CWD. */
const run = (script: string, ...words: string[]) =>
  runScript(script, words, { env: { ...process.env, INIT_CWD: folder } });

describe('a command line', () => {
  for (const [script, name, ...words] of [
    ['cells', 'cells', 'check', '--colour'],
    ['map', 'map', '--colour'],
    ['rules', 'rules', 'compile', 'one.yaml'],
    ['deploy', 'deploy', '--revision', '12'],
    ['demo', 'start', '--engine', 'fast'],
  ]) {
    it(`of ${script} refuses a bad word, says what to type, status 2`, () => {
      const { status, text } = run(script, ...words);
      assert.equal(status, 2, text);
      assert.match(text, /^error: .*(--colour|'out'|'12'|'fast')/);
      assert.match(text, new RegExp(`^Next: npm run ${name} -- --help$`, 'm'));
    });
  }

  it('names files from where the user stands, not from where npm goes', () => {
    writeFileSync(join(folder, 'one.yaml'), 'version: 1\nrules: []\n');
    const compiled = run('rules', 'compile', 'one.yaml', 'one.bin');
    assert.equal(compiled.status, 0, compiled.text);
    const built = run('cells', 'build', '--out', 'cells');
    assert.equal(built.status, 0, built.text);
    assert.deepEqual(readdirSync(folder).sort(), ['cells', 'one.bin', 'one.yaml']);
    const files = ['cells/rpi4-root.cell', 'cells/rpi4-canwarden.cell'];
    const checked = run('cells', 'check', ...files);
    assert.equal(checked.status, 0, checked.text);
    const written = run('cells', 'emit-c', files[1], '--out', 'cells/canwarden.c');
    assert.equal(written.status, 0, written.text);
    assert.ok(readdirSync(join(folder, 'cells')).includes('canwarden.c'));
  });

  it('says "1 rule", and "0 rules"', () => {
    const rule = '  - { name: a, match: { id: 0x100 }, action: drop }';
    writeFileSync(join(folder, 'rule.yaml'), `version: 1\nrules:\n${rule}\n`);
    assert.match(run('rules', 'check', 'rule.yaml').text, /rule\.yaml: 1 rule, no errors\n$/);
    writeFileSync(join(folder, 'none.yaml'), 'version: 1\nrules: []\n');
    assert.match(run('rules', 'check', 'none.yaml').text, /none\.yaml: 0 rules, no errors\n$/);
  });

  it('says which built file is missing, and what makes it', () => {
    const { status, text } = run('bench', '--quick', '--firmware', join(folder, 'nothing'));
    assert.equal(status, 2, text);
    assert.match(text, /nothing\/\S+ is missing\. Next: npm run build\n$/);
  });

  it('refuses a binary file where text is meant, without printing what is in it', () => {
    writeFileSync(join(folder, 'image.bin'), Buffer.from('@\x1b[2J\x00\x07text'));
    const { status, text } = run('rules', 'check', 'image.bin');
    assert.equal(status, 2);
    assert.match(
      text,
      /image\.bin: expected text, found a binary file \(byte 5 is 0\)\. Next: .*\n$/,
    );
    assert.ok(!text.includes('\x1b'));
  });
});
