// SPDX-License-Identifier: MIT
/**
 * docs/first-hour.md is true: each command of the twin in it is run, and prints the lines below it, in order.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';

const BLOCK = /^```twin\n\$ npm run twin -- (.*)\n([^]*?)^```$/gm;
const blocks = [...readFileSync('docs/first-hour.md', 'utf8').matchAll(BLOCK)];

it('has commands for the twin', () => {
  assert.ok(blocks.length >= 5, `${blocks.length} blocks`);
});

for (const [, words, shown] of blocks) {
  it(`npm run twin -- ${words}`, () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...TYPESCRIPT, 'scripts/twin.ts', ...words.split(' ')],
      { cwd: PROJECT_ROOT, env: { ...process.env, INIT_CWD: PROJECT_ROOT }, encoding: 'utf8' },
    );
    let from = 0;
    for (const line of shown.trimEnd().split('\n')) {
      const at = stdout.indexOf(line, from);
      assert.ok(at >= 0, `"${line}" is not in\n${stdout}${stderr}`);
      from = at + line.length;
    }
  });
}
