// SPDX-License-Identifier: MIT
/**
 * Every frame is accounted for: what was read from the bus, taken from AGL or answered is the sum of what
 * became of it, one counter for each cause, over random runs with faults. docs/status-page.md, "Sums".
 *
 * `SEED=n` plays one seed alone.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { COUNTER, type CounterName } from '../../lab/page/counters.ts';
import { runAccount } from '../../lab/random/account-run.ts';

const FRAMES = 200;
const CHOSEN = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const SEEDS = CHOSEN === undefined ? Array.from({ length: 25 }, (_, index) => index + 1) : [CHOSEN];
const SEEDS_ON_THE_IMAGE = CHOSEN === undefined ? [1, 2, 3] : [];

/** Causes that must have come about in some of the runs, or the sums say little. */
const CAUSES: readonly CounterName[] = [
  'forwarded',
  'droppedByRule',
  'answeredNotForwarded',
  'forwardDroppedNoPeer',
  'answersSent',
  'answersDropped',
  'answersTimedOut',
  'answersBusOff',
  'answersErrors',
  'answersListenOnly',
  'fromAglSent',
  'fromAglTimedOut',
  'fromAglBusOff',
  'fromAglErrors',
  'fromAglLostArbitration',
  'fromAglListenOnly',
  'receiveOverflow1',
];

it('the sums close in both directions, over random runs with faults', async () => {
  const seen = new Map<CounterName, number>();
  for (const seed of SEEDS) {
    const { problems, page } = await runAccount({ engine: 'wasm', seed, frames: FRAMES });
    assert.deepEqual(
      problems,
      [],
      `seed ${seed}: SEED=${seed} node --import tsx --test tests/cases/account.test.ts`,
    );
    for (const name of CAUSES) {
      seen.set(name, (seen.get(name) ?? 0) + (page?.counters[COUNTER[name]] ?? 0));
    }
  }
  if (CHOSEN !== undefined) return;
  const never = CAUSES.filter((name) => !seen.get(name));
  assert.deepEqual(never, [], 'causes that no run has met');
});

for (const seed of SEEDS_ON_THE_IMAGE) {
  it(`the sums close, seed ${seed} (ARM64 image)`, async () => {
    const { problems } = await runAccount({ engine: 'image', seed, frames: 60 });
    assert.deepEqual(problems, []);
  });
}
