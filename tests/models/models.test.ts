// SPDX-License-Identifier: MIT
/**
 * The models of models/, searched by spin: each holds in all its states, and each variant with one line of the
 * protocol left out fails, in the way that its line prevents.
 *
 * Does not: compare the models with the code. They are written by hand from the files that they name.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { skipForSetup } from '../../scripts/test/result.ts';
import { describe, it } from '../skippable.ts';
import { search } from './spin.ts';
import type { Verdict } from './spin.ts';

const FOLDER = 'models';

interface Model {
  readonly file: string;
  /** Processes may wait for ever at the end. */
  readonly mayWait?: true;
  /** Macros of the searches that must hold. */
  readonly holds: readonly (readonly string[])[];
  /** Variants, and how each fails. */
  readonly fails: readonly (readonly [macros: readonly string[], verdict: Verdict])[];
}

// prettier-ignore
const MODELS: readonly Model[] = [
  {
    file: 'ring.pml',
    holds: [[], ['RECEIVE']],
    fails: [
      [['OFFER_UNORDERED'], 'assertion'],
      [['OFFER_UNORDERED', 'RECEIVE'], 'assertion'],
      [['OFFER_READS_LATE', 'RECEIVE'], 'assertion'],
      [['KICK_LOOK_EARLY'], 'stuck'],
      [['REQUEST_LOOK_EARLY'], 'stuck'],
      [['TAKE_USED_EARLY'], 'assertion'],
      [['TAKE_EARLY'], 'assertion'],
      [['USED_UNORDERED'], 'assertion'],
      [['USED_UNORDERED', 'RECEIVE'], 'assertion'],
      [['USED_READS_LATE'], 'assertion'],
      [['INTERRUPT_LOOK_EARLY'], 'stuck'],
      [['ALLOW_LOOK_EARLY'], 'stuck'],
      [['NO_LAST_LOOK'], 'stuck'],
    ],
  },
  {
    file: 'registers.pml',
    mayWait: true,
    holds: [[]],
    fails: [
      [['DEATHS=1', 'VALUE_UNORDERED'], 'assertion'],
      [['DEATHS=1', 'DECODE_EARLY'], 'assertion'],
      [['DEATHS=1', 'EFFECT_UNORDERED'], 'assertion'],
      [['DEATHS=1', 'RESULT_EARLY'], 'assertion'],
      [['DEATHS=1', 'NO_FIRST_WAIT'], 'assertion'],
      [['DEATHS=1', 'NO_LOOK_AT_PEER'], 'assertion'],
      [['DEATHS=1', 'LAYOUT_AT_ONCE'], 'assertion'],
    ],
  },
  {
    file: 'request.pml',
    holds: [[]],
    fails: [
      [['NUMBER_UNORDERED'], 'assertion'],
      [['COPY_EARLY'], 'assertion'],
      [['NO_CHECKSUM'], 'assertion'],
      [['OLD_NUMBER'], 'assertion'],
    ],
  },
  {
    file: 'table-swap.pml',
    holds: [[]],
    fails: [
      [['STAYS_ARMED'], 'assertion'],
      [['SWAP_EARLY'], 'assertion'],
      [['NOT_QUIET'], 'assertion'],
      [['ARM_EARLY'], 'assertion'],
    ],
  },
  {
    file: 'abort.pml',
    holds: [[]],
    fails: [
      [['STALE_STATUS'], 'assertion'],
      [['FLAG_KEPT'], 'assertion'],
      [['LATE_TOO_LATE'], 'assertion'],
      [['NOT_BEHIND'], 'assertion'],
      [['NO_SECOND_LOOK'], 'assertion'],
      [['NO_WAIT'], 'assertion'],
      [['FLAG_IGNORED'], 'assertion'],
    ],
  },
];

const missing = ['spin', 'cc'].filter((name) => spawnSync(name, ['--version']).error !== undefined);
const skip = missing.length === 0 ? false : skipForSetup(`no ${missing.join(', no ')} here`);

for (const model of MODELS) {
  const path = join(FOLDER, model.file);
  describe(`the model ${model.file}`, { skip }, () => {
    for (const macros of model.holds) {
      it(`holds in all its states ${macros.join(' ')}`, () => {
        const found = search(path, macros, model.mayWait === true);
        assert.equal(found.verdict, 'holds', found.report);
        assert.ok(found.states > 200, `only ${found.states} states: the model does not run`);
      });
    }
    for (const [macros, verdict] of model.fails) {
      it(`fails with ${macros.join(' ')}`, () => {
        const found = search(path, macros, model.mayWait === true);
        assert.equal(found.verdict, verdict, found.report);
      });
    }
  });
}

it('the folder of the models has no model and no variant that is not searched', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.pml'));
  assert.deepEqual(files.sort(), MODELS.map((model) => model.file).sort());
  for (const model of MODELS) {
    const text = readFileSync(join(FOLDER, model.file), 'utf8');
    const named = [...text.matchAll(/^ \* {3}([A-Z_]+) {2,}/gm)].map((match) => match[1]);
    const searched = new Set(model.fails.flatMap(([macros]) => macros));
    assert.ok(named.length > 0, model.file);
    assert.deepEqual(
      named.filter((name) => name === undefined || !searched.has(name)),
      [],
      `${model.file}: variants without a search`,
    );
  }
});
