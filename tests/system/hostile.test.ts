// SPDX-License-Identifier: MIT
/** A peer that overwrites the shared memory at random: both ends, in both roles. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type HostileResult, runHostile } from '../../lab/attack/hostile-run.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';

/** In each role; `npm run soak -- hostile` does 10,000,000. */
const MUTATIONS = 100_000;
/**
 * At 500 kbit/s the longest frame (extended, 8 bytes, every stuff bit: 160 bits) and the three bits
 * after it take 326 us; the answer goes next. 20 us more for the cell.
 */
const LATEST_ANSWER_NANOS = 346_000;

const ROLES = [
  { role: 'front-end', options: {} },
  { role: 'back-end', options: EXCHANGED_ROLES },
];

describe('a hostile peer', () => {
  for (const { role, options } of ROLES) {
    const play = (seed: number, mutations: number): Promise<HostileResult> =>
      runHostile({ ...options, engine: 'wasm', seed, mutations });

    it(`stops neither a ${role} cell nor its bridge, nor makes an answer late`, async () => {
      const result = await play(5, MUTATIONS);
      assert.deepEqual(result.problems, []);
      assert.equal(result.mutations, MUTATIONS);
      assert.ok(result.sessionsAttacked >= 0.9 * result.attacks, `${result.sessionsAttacked}`);
      assert.ok(result.requests > 500);
      assert.equal(result.unanswered, 0);
      assert.equal(result.lateSteps, 0);
      // Requests over the control link: good ones are carried out in between, bad ones never.
      assert.ok(result.requestsDone > 100, `${result.requestsDone} done`);
      assert.ok(result.requestsRefused > 100, `${result.requestsRefused} refused`);
      assert.ok(result.latestAnswerNanos <= LATEST_ANSWER_NANOS, `${result.latestAnswerNanos} ns`);
    });

    it(`is the same one again for the same seed (${role})`, async () => {
      assert.deepEqual(await play(9, 5_000), await play(9, 5_000));
    });
  }
});
