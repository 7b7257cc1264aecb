// SPDX-License-Identifier: MIT
/**
 * The property of the rules: whatever the table and the traffic, from the bus and from AGL, the cell sends
 * what the oracle says, which knows the model alone.
 *
 * `SEED=n` plays one seed alone. `npm run soak -- rules` plays thousands.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Rule } from '../../rules/model.ts';
import { seenTimes } from '../../lab/random/rule-bound.ts';
import { describeRuleFailure, runRules } from '../../lab/random/rule-run.ts';
import type { EngineName } from '../../twin/engine/engine.ts';

const FRAMES = 60;
/** With so many, everything must have happened. */
const SEEDS_ENOUGH = 100;
const { SEED } = process.env;

async function playAll(engine: EngineName, count: number): Promise<void> {
  const sum = { answers: 0, forwarded: 0, modified: 0, limited: 0, deleted: 0 };
  const seeds =
    SEED === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(SEED)];
  for (const seed of seeds) {
    const options = { engine, seed, frames: FRAMES };
    const report = await runRules(options);
    if (report.problems.length > 0) assert.fail(describeRuleFailure(options, report));
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
  }
  if (seeds.length < SEEDS_ENOUGH) return;
  // The runs mean something only if there was something of everything in them.
  const least = { answers: 10, forwarded: 15, modified: 2, limited: 1, deleted: 0.1 };
  for (const [key, share] of Object.entries(least) as [keyof typeof sum, number][]) {
    assert.ok(sum[key] > share * count, `${key}: ${sum[key]} in ${count} runs`);
  }
}

it('sends what the rules say, on the wasm engine', () => playAll('wasm', SEEDS_ENOUGH));
it('sends what the rules say, on the image', () => playAll('image', 6));

it('answers within the longest time that explain says, on the image', async () => {
  let count = 0;
  // In 39 and 50 the next answer of the same rule is stronger, and TXP must be changed twice before that.
  for (const seed of [...Array.from({ length: 12 }, (_, index) => index + 1), 39, 50]) {
    for (const { rule, seenMicros, saidMicros } of await seenTimes(seed, 40)) {
      const about = `seed ${seed}, ${rule}: ${seenMicros} us seen, ${saidMicros} us said`;
      assert.ok(seenMicros <= saidMicros, about);
      count += 1;
    }
  }
  assert.ok(count > 20, `${count} rules`);
});

/** The table of seed 24 has an answer in a filter's buffer, and others whose TXP must be changed twice behind RTS. */
it('answers within that time beside a constant answer as well', async () => {
  const constant = (rule: Rule): Rule => {
    if (rule.name !== 'staged' || rule.answer === null) return rule;
    const { steps: _, ...answer } = rule.answer;
    return { ...rule, answer: { ...answer, source: answer.source.map(() => null) } };
  };
  const seen = await seenTimes(24, 60, constant);
  assert.ok(seen.length > 2);
  for (const { rule, seenMicros, saidMicros } of seen) {
    assert.ok(seenMicros <= saidMicros, `${rule}: ${seenMicros} us seen, ${saidMicros} us said`);
  }
});
