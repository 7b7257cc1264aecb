// SPDX-License-Identifier: MIT
/**
 * What all commands with many options have in common: a bad word gets its next step and status 2, a
 * file is meant from where the user stands, and a binary file does not reach the terminal.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';

/** A folder of the user's, outside the project. */
const folder = mkdtempSync(join(tmpdir(), 'canwarden-command-line-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script as npm does for a user who stands in `folder`: in the project, with INIT_CWD. */
function run(script: string, ...words: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...TYPESCRIPT, `scripts/${script}.ts`, ...words],
    { encoding: 'utf8', timeout: 300_000, env: { ...process.env, INIT_CWD: folder } },
  );
  return { status, output: stdout + stderr };
}

describe('a command line', () => {
  for (const [script, name, ...words] of [
    ['cells', 'cells', 'check', '--colour'],
    ['map', 'map', '--colour'],
    ['rules', 'rules', 'compile', 'one.yaml'],
    ['deploy', 'deploy', '--revision', '12'],
    ['demo', 'start', '--engine', 'fast'],
  ]) {
    it(`of ${script} refuses a bad word, says what to type, status 2`, () => {
      const { status, output } = run(script, ...words);
      assert.equal(status, 2, output);
      assert.match(output, /^error: .*(--colour|'out'|'12'|'fast')/);
      assert.match(output, new RegExp(`^Next: npm run ${name} -- --help$`, 'm'));
    });
  }

  it('names files from where the user stands, not from where npm goes', () => {
    writeFileSync(join(folder, 'one.yaml'), 'version: 1\nrules: []\n');
    const compiled = run('rules', 'compile', 'one.yaml', 'one.bin');
    assert.equal(compiled.status, 0, compiled.output);
    const built = run('cells', 'build', '--out', 'cells');
    assert.equal(built.status, 0, built.output);
    assert.deepEqual(readdirSync(folder).sort(), ['cells', 'one.bin', 'one.yaml']);
    const files = ['cells/rpi4-root.cell', 'cells/rpi4-canwarden.cell'];
    const checked = run('cells', 'check', ...files);
    assert.equal(checked.status, 0, checked.output);
    const written = run('cells', 'emit-c', files[1], '--out', 'cells/canwarden.c');
    assert.equal(written.status, 0, written.output);
    assert.ok(readdirSync(join(folder, 'cells')).includes('canwarden.c'));
  });

  it('says "1 rule", and "0 rules"', () => {
    const rule = '  - { name: a, match: { id: 0x100 }, action: drop }';
    writeFileSync(join(folder, 'rule.yaml'), `version: 1\nrules:\n${rule}\n`);
    assert.match(run('rules', 'check', 'rule.yaml').output, /rule\.yaml: 1 rule, no errors\n$/);
    writeFileSync(join(folder, 'none.yaml'), 'version: 1\nrules: []\n');
    assert.match(run('rules', 'check', 'none.yaml').output, /none\.yaml: 0 rules, no errors\n$/);
  });

  it('says which built file is missing, and what makes it', () => {
    const { status, output } = run('bench', '--quick', '--firmware', join(folder, 'nothing'));
    assert.equal(status, 2, output);
    assert.match(output, /nothing\/\S+ is missing\. Next: npm run build\n$/);
  });

  it('refuses a binary file where text is meant, without printing what is in it', () => {
    writeFileSync(join(folder, 'image.bin'), Buffer.from('@\x1b[2J\x00\x07text'));
    const { status, output } = run('rules', 'check', 'image.bin');
    assert.equal(status, 2);
    assert.match(
      output,
      /image\.bin: expected text, found a binary file \(byte 5 is 0\)\. Next: .*\n$/,
    );
    assert.ok(!output.includes('\x1b'));
  });
});
