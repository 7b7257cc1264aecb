// SPDX-License-Identifier: MIT
/**
 * A sample of mutants and all planted faults: the unit specs must notice each. `npm run soak -- mutants` draws 1,000.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { playSample } from '../../scripts/mutation/sample.ts';

const FOLDER = 'build/test/mutation';
const RESULTS = `${FOLDER}/results.jsonl`;
const LEAST = 60;
/** Of the results, kept of a run that was ended. */
const KEPT = 64;

it('the unit specs notice each planted fault and each mutant of a sample', async () => {
  const { mutants, killers } = await playSample(FOLDER);
  assert.ok(mutants.length >= LEAST, `${mutants.length} mutants`);
  const living = mutants.filter(({ name }) => !killers.has(name));
  assert.deepEqual(
    living.map(({ name, refused }) => `${name} ${refused ?? ''}`),
    [],
  );

  // A run that was ended in the middle of a line goes on from there.
  const lines = readFileSync(RESULTS, 'utf8').split('\n');
  const kept = lines.slice(0, KEPT).join('\n');
  writeFileSync(RESULTS, `${kept}\n${lines[KEPT].slice(0, 20)}\n`);
  const again = await playSample(FOLDER, { resume: true });
  assert.deepEqual([...again.killers.keys()].sort(), [...killers.keys()].sort());
  const played = readFileSync(RESULTS, 'utf8')
    .split('\n')
    .slice(KEPT + 1)
    .filter(Boolean);
  assert.equal(played.length, mutants.length - KEPT);
});
