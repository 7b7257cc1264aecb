// SPDX-License-Identifier: MIT
/** What `explain` says of each rule's rate, of the default, and of its times. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainTable } from '../../rules/explain.ts';
import { tableOf } from './rules-text.ts';

const RATED = `version: 1
rules:
  - { name: plain, match: { id: 0x100 }, answer: { id: 0x101 } }
  - { name: stated, match: { id: 0x110 }, answer: { id: 0x111 }, rate: { per-second: 50, burst: 3 } }
  - { name: open, match: { id: 0x120 }, answer: { id: 0x121 }, rate: none }
  - { name: passed, match: { id: 0x130 } }
  - { name: said, from: agl, match: { id: 0x140 }, rate: 20/s }
`;

/** The line of each rule from its rate on. */
function ratesOf(lines: readonly string[], names: readonly string[]): string[] {
  return names.map((name) => {
    const line = lines.find((each) => each.startsWith(`${name} `)) ?? '';
    return line.includes('Rate:') ? line.slice(line.indexOf('Rate:')) : '';
  });
}

describe('explain', () => {
  it('says the rate of each rule that has one or states none', () => {
    const lines = explainTable(tableOf(RATED));
    // 50 a second: one in 20 ms. 20 a second without a burst: a quarter of a second's, 5.
    assert.deepEqual(ratesOf(lines, ['plain', 'stated', 'open', 'passed', 'said']), [
      'Rate: one in 500 bit times, 250 at once (the default).',
      'Rate: one in 20 ms, 3 at once.',
      'Rate: no limit.',
      '',
      'Rate: one in 50 ms, 5 at once.',
    ]);
  });

  it('says what its times are, and how much a busy cell adds', () => {
    // docs/timing-budget.md, the promise of rules of every way in one table: 3.5 us.
    const said = explainTable(tableOf(RATED)).filter((line) => line.startsWith('Times are '));
    assert.equal(said.length, 1);
    assert.match(said[0], /the longest .* idle, .* up to 3\.5 us more on a busy cell\.$/);
  });

  it('says what the default rate is, if a rule may have it', () => {
    const isDefault = (line: string) =>
      /^Rates: .* 500 bit times .*1,000 a second at 500 kbit\/s.* 250 at once/.test(line);
    assert.equal(explainTable(tableOf(RATED)).filter(isDefault).length, 1);
    const forwarding = 'version: 1\nrules:\n  - { name: passed, match: { id: 0x130 } }\n';
    assert.equal(explainTable(tableOf(forwarding)).filter(isDefault).length, 0);
  });
});
