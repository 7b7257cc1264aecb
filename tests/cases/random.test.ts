// SPDX-License-Identifier: MIT
/**
 * The property of the whole: what was accepted from the wire is delivered once and in order, or counted as
 * lost with a reason, whatever the traffic, the faults of the bus and the delays of the core.
 *
 * `SEED=n` plays one seed alone. `npm run soak -- random` plays thousands.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runRandom } from '../../lab/random/random-run.ts';
import { describeFailure, shrink } from '../../lab/random/random-shrink.ts';

const FRAMES = 150;
const SEEDS = process.env.SEED === undefined ? range(1, 25) : [Number(process.env.SEED)];

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

it('delivers every accepted frame once, in order, or says that it was lost', async () => {
  const sum = { accepted: 0, overflowed: 0, errors: 0, sentForAgl: 0 };
  for (const seed of SEEDS) {
    const all = { faults: true, stalls: true, fromAgl: true };
    const options = { engine: 'wasm', seed, frames: FRAMES, ...all } as const;
    const report = await runRandom(options);
    if (report.problems.length > 0) {
      assert.fail(describeFailure(await shrink({ options, report })));
    }
    sum.accepted += report.accepted;
    sum.overflowed += report.overflowed;
    sum.errors += report.errors;
    sum.sentForAgl += report.sentForAgl;
  }
  if (SEEDS.length === 1) return;
  // The runs mean something only if there was traffic, loss and trouble in them.
  assert.ok(sum.accepted > 3000, `${sum.accepted} frames accepted`);
  assert.ok(sum.overflowed > 100, `${sum.overflowed} overflows`);
  assert.ok(sum.errors > 500, `${sum.errors} error frames`);
  assert.ok(sum.sentForAgl > 300, `${sum.sentForAgl} frames of AGL`);
});
