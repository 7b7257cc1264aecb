// SPDX-License-Identifier: MIT
/** Words of `npm run soak` that would play nothing are refused before anything is played. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runScript } from '../run-script.ts';

for (const option of ['--only', '--tests']) {
  it(`mutants ${option} of a folder that is none names those that are`, () => {
    const { status, stderr } = runScript('soak', ['mutants', option, 'nosuch']);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`${option}: .* has no folder "nosuch"; there are .*driver`));
  });
}
