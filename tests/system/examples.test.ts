// SPDX-License-Identifier: MIT
/** Each folder of examples/ does what its expected.log says. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { readCangw } from '../../rules/import/cangw-command.ts';
import { cangwRules } from '../../rules/import/cangw-rules.ts';
import { checkExpectations } from '../../rules/oracle/expect.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { framesOf, play } from './play.ts';

const FOLDER = 'examples';

function frames(interfaceName: string, lines: readonly string[]): string[] {
  return lines
    .filter((line) => line.startsWith(`${interfaceName} `))
    .map((line) => line.slice(interfaceName.length + 1));
}

describe('the examples', () => {
  const names = readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  const page = readFileSync(join(FOLDER, 'README.md'), 'utf8');

  it('are all in the table of their README', () => {
    const rows = [...page.matchAll(/^\| \[([\w-]+)\]/gm)].map(([, name]) => name);
    assert.deepEqual(rows.sort(), names.sort());
  });

  /** The words of a DBC file on the ARM64 image as well. */
  const runs = [
    ...names.map((name) => [name, 'wasm'] as const),
    ['signal-gateway', 'image'] as const,
  ];

  for (const [name, engine] of runs) {
    it(`${name}: the cell sends, and AGL gets, what expected.log says (${engine})`, async () => {
      const read = (file: string) => readFileSync(join(FOLDER, name, file), 'utf8');
      const agl = existsSync(join(FOLDER, name, 'agl.log')) ? read('agl.log') : '';
      const rulesFile = join(FOLDER, name, 'rules.yaml');
      const input = { bus: read('bus.log'), agl };
      const result = await play(engine, { rules: read('rules.yaml'), rulesFile, ...input });
      assert.deepEqual(result.problems, []);
      const { table, expectations } = compileRules(read('rules.yaml'), rulesFile);
      assert.deepEqual(checkExpectations(table, expectations), []);
      const expected = read('expected.log').split('\n');
      assert.ok(expected.some((line) => /^v?can0 /.test(line)));
      assert.deepEqual(frames(CELL_SENDER, framesOf(result.busLog)), frames('can0', expected));
      assert.deepEqual(
        framesOf(result.aglLog).map((line) => line.split(' ')[1]),
        frames('vcan0', expected),
      );
    });
  }

  it('cangw: the table is that of the jobs', () => {
    const jobs = readFileSync(join(FOLDER, 'cangw/jobs.sh'), 'utf8').trim().split('\n');
    const { text } = cangwRules(jobs.map(readCangw), { bus: 'can0', agl: 'vcan0' });
    const [, ...rules] = readFileSync(join(FOLDER, 'cangw/rules.yaml'), 'utf8').split('\n');
    assert.ok(
      rules.join('\n').startsWith(text),
      'behind the line for editors, and then what it expects',
    );
  });
});
