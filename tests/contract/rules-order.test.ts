// SPDX-License-Identifier: MIT
/**
 * The order of rules: the compiler names those that no frame reaches, and those of which earlier ones take
 * some frames, and says nothing about others.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slowestDecision } from '../../rules/image/decision.ts';
import { assignPaths } from '../../rules/paths.ts';
import { said, tableOf } from './rules-text.ts';

/** What is said of two rules with these matches; a third may follow. */
function saidOf(...matches: string[]): string[] {
  const rules = matches.map((match, index) => `  - { name: ${'abc'[index]}, match: ${match} }`);
  return said(['version: 1', 'rules:', ...rules].join('\n'));
}

const HIDDEN =
  'r.yaml:4:23 warning: rule "b" can never match: rule "a" (r.yaml:3:23) takes all its frames; move it up, or remove it';
const PARTLY =
  'r.yaml:4:23 note: rule "b" comes after rule "a" (r.yaml:3:23), which may take some of its frames';

describe('a rule behind another one', () => {
  it('is named if no frame reaches it', () => {
    assert.deepEqual(saidOf('{ id: 0x100, mask: 0x700 }', '{ id: 0x123, data: [7] }'), [HIDDEN]);
    assert.deepEqual(saidOf('{ id: 0x100 }', '{ id: 0x100, data: [~, ~] }'), [HIDDEN]);
    assert.deepEqual(
      saidOf('{ id: 0x100, data: [{ value: 0x10, mask: 0xF0 }] }', '{ id: 0x100, data: [0x1F] }'),
      [HIDDEN],
    );
    assert.deepEqual(
      saidOf('{ id: 0x21, mask: 0xFF, extended: true }', '{ id: 0x18FEF121, extended: true }'),
      [HIDDEN],
    );
  });

  it('is named with all rules that hide it together', () => {
    assert.deepEqual(
      saidOf('{ id: 0x100 }', '{ id: 0x101 }', '{ id: 0x100, mask: 0x7FE, data: [~] }'),
      [
        'r.yaml:5:23 warning: rule "c" can never match: rule "a" (r.yaml:3:23), rule "b" (r.yaml:4:23) take all its frames; move it up, or remove it',
      ],
    );
  });

  it('is noted if the earlier one takes some of its frames', () => {
    assert.deepEqual(saidOf('{ id: 0x123 }', '{ id: 0x100, mask: 0x700 }'), [PARTLY]);
    assert.deepEqual(saidOf('{ id: 0x100, data: [~, ~, ~] }', '{ id: 0x100 }'), [PARTLY]);
    assert.deepEqual(saidOf('{ id: 0x100, data: [~, 2] }', '{ id: 0x100, data: [1] }'), [PARTLY]);
    assert.deepEqual(saidOf('{ id: 0x100 }', '{ id: 0x100, remote: any }'), [PARTLY]);
  });

  it('is not mentioned if identifier, kind or data tell them apart', () => {
    assert.deepEqual(saidOf('{ id: 0x100, mask: 0x7F0 }', '{ id: 0x110, mask: 0x7F0 }'), []);
    assert.deepEqual(saidOf('{ id: 0x100 }', '{ id: 0x100, extended: true }'), []);
    assert.deepEqual(saidOf('{ id: 0x100 }', '{ id: 0x100, remote: true }'), []);
    assert.deepEqual(saidOf('{ id: 0x100, data: [1] }', '{ id: 0x100, data: [2] }'), []);
  });
});

describe('a hardware filter', () => {
  const STATIC = '{ name: b, match: { id: 0x100, remote: any }, answer: { id: 0x200, data: [1] } }';

  it('is given to a rule only if no earlier one can take its frame', () => {
    const [, behind] = assignPaths(
      tableOf(
        `version: 1\nrules: [{ name: a, match: { id: 0x100, mask: 0x700, data: [9] } }, ${STATIC}]`,
      ),
    );
    assert.equal(behind.number, 0);
    assert.equal(behind.reason, 'the earlier rule a may take its frames');
    const [before] = assignPaths(
      tableOf(`version: 1\nrules: [${STATIC}, { name: a, match: { id: 0x100, mask: 0x700 } }]`),
    );
    assert.equal(before.number, 1);
  });
});

describe('a long table', () => {
  const tableWith = (count: number, match: (index: number) => string) =>
    ['version: 1', 'rules:']
      .concat(Array.from({ length: count }, (_, at) => `  - { name: r${at}, match: ${match(at)} }`))
      .join('\n');
  const idOf = (at: number) => `0x${(0x100 + at).toString(16)}`;

  it('takes a decision no longer than a short one', () => {
    const [few, many] = [8, 512].map((count) =>
      slowestDecision(tableOf(tableWith(count, (at) => `{ id: ${idOf(at)} }`)).rules),
    );
    assert.equal(few?.nanos, many?.nanos);
  });

  it('is refused if too many rules would be tried for one identifier, with the identifier and the rules', () => {
    // 16 ns for each rule.
    const data = (at: number) => `{ id: 0x123, data: [${at > 9 ? `0x${at.toString(16)}` : at}] }`;
    assert.deepEqual(said(tableWith(28, data)), []);
    assert.deepEqual(said(tableWith(29, data)), [
      'r.yaml:31:25 a frame with 0x123 would have 29 rules tried, "r0", "r1", "r2" and 26 more, in 0.46 us; 0.45 us is the most, so the first 28 fit, and "r28" does not; let one rule take several values (data: { any: [...] } or { min, max }), give general rules fewer identifiers, or a rule fewer conditions',
    ]);
  });
});

describe('rules that answer each other', () => {
  const table = (...rules: string[]) => said(['version: 1', 'rules:', ...rules].join('\n'));
  const A = '  - { name: a, match: { id: 0x100 }, answer: { id: 0x200, data: [1] } }';

  it('are refused, with all of them', () => {
    assert.deepEqual(table(A, '  - { name: b, match: { id: 0x200 }, answer: { id: 0x100 } }'), [
      'r.yaml:3:23 the answer of rule "a" is a request of rule "b" (r.yaml:4:23), and that answer is one of rule "a": two cells with this table would answer each other without end; make a match narrower, or give an answer another id',
    ]);
    const three = table(
      A,
      '  - { name: b, match: { id: 0x200 }, answer: [{ id: 0x7 }, { id: 0x300 }] }',
      '  - { name: c, match: { id: { from: 0x2F0, to: 0x30A } }, answer: { id: 0x100 } }',
    );
    assert.match(
      three[0],
      /rule "b" \(r.yaml:4:23\), whose answer is one of rule "c" \(r.yaml:5:23\)/,
    );
  });

  it('are taken if data, kind or an earlier rule keeps them apart', () => {
    const apart = [
      '{ id: 0x200, data: [2] }',
      '{ id: 0x200, remote: true }',
      '{ id: 0x200, extended: true }',
      '{ id: 0x200, length: 2 }',
    ];
    for (const match of apart) {
      assert.deepEqual(table(A, `  - { name: b, match: ${match}, answer: { id: 0x100 } }`), []);
    }
    const guarded = table(
      '  - { name: guard, match: { id: 0x200, data: [1] }, forward: true }',
      A,
      '  - { name: b, match: { id: 0x200 }, answer: { id: 0x100 } }',
    );
    assert.deepEqual(
      guarded.filter((line) => !line.includes('note')),
      [],
    );
  });

  it('are taken if they are about frames of AGL, whose answers no rule sees', () => {
    const agl = '  - { name: b, from: agl, match: { id: 0x200 }, answer: { id: 0x100 } }';
    assert.deepEqual(table(A, agl), []);
  });
});
