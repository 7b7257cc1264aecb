// SPDX-License-Identifier: MIT
/**
 * A sample of mutants and all planted faults: the unit specs must notice each. `npm run soak -- mutants` draws 1,000.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { playSample } from '../../scripts/mutation/sample.ts';

const LEAST = 60;

it('the unit specs notice each planted fault and each mutant of a sample', async () => {
  const { mutants, killers } = await playSample('build/test/mutation');
  assert.ok(mutants.length >= LEAST, `${mutants.length} mutants`);
  const living = mutants.filter(({ number }) => !killers.has(number));
  assert.deepEqual(
    living.map(({ name, refused }) => `${name} ${refused ?? ''}`),
    [],
  );
});
