// SPDX-License-Identifier: MIT
/**
 * The example in twin/README.md runs, and does what the page says.
 *
 * Needs `npm run build`.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';

const EXAMPLE = 'build/test/twin-example.ts';

it('the example boots a cell, forwards a frame to AGL and sends the one of AGL', () => {
  const page = readFileSync(`${PROJECT_ROOT}twin/README.md`, 'utf8');
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(page) ?? [];
  assert.ok(code, 'twin/README.md has no example');
  mkdirSync(`${PROJECT_ROOT}build/test`, { recursive: true });
  // The page stands in twin/, its copy in build/test/.
  const moved = code.replaceAll("'./index.ts'", "'../../twin/index.ts'");
  writeFileSync(`${PROJECT_ROOT}${EXAMPLE}`, moved);
  const command = [...TYPESCRIPT, EXAMPLE];
  const printed = execFileSync(process.execPath, command, { cwd: PROJECT_ROOT, encoding: 'utf8' });
  assert.deepEqual(printed.split('\n'), [
    'ecu sent 123#010203',
    'AGL received 123#010203',
    'canwarden sent 321#AA',
    '',
  ]);
});
