// SPDX-License-Identifier: MIT
/**
 * Correct rules files give the table that docs/rules.md promises; odd ones a warning; and which
 * rules overlap. Mistakes: rules-mistakes-*.test.ts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { parseRules } from '../../rules/language/parse.ts';
import { answering, oneRule, said, tableOf } from './rules-text.ts';

const ANY = { value: 0, mask: 0 };
const FIXED = [null, null, null, null, null, null, null, null];

describe('a correct rules file', () => {
  it('gives match, static answer and default as the reference says', () => {
    const table = tableOf(
      oneRule('match: { id: 0x1A0 }', 'answer: { id: 0x1A1, data: [0x01, 2] }'),
    );
    assert.deepEqual(table, {
      defaultAction: 'forward',
      rules: [
        {
          name: 'a',
          match: {
            identifier: 0x1a0,
            mask: 0x7ff,
            extended: false,
            remote: false,
            data: [ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY],
            minimumLength: 0,
          },
          answer: {
            identifier: 0x1a1,
            extended: false,
            length: 2,
            data: [1, 2, 0, 0, 0, 0, 0, 0],
            source: FIXED,
          },
          forward: false,
        },
      ],
    });
  });

  it('takes data conditions with any byte and with a mask, and asks for that many bytes', () => {
    const { match } = tableOf(
      oneRule(
        'match: { id: 0x18DA10F1, extended: true, data: [~, { value: 0x20, mask: 0xF0 }, ~] }',
      ),
    ).rules[0];
    assert.equal(match.extended, true);
    assert.equal(match.mask, 0x1fffffff);
    assert.deepEqual(match.data.slice(0, 3), [ANY, { value: 0x20, mask: 0xf0 }, ANY]);
    assert.equal(match.minimumLength, 3);
  });

  it('asks for the bytes it copies, and copies over ~', () => {
    const { match, answer } = tableOf(
      answering('answer: { id: 0x101, data: [0x03, ~, ~], copy: [{ from: 3, to: 1, count: 2 }] }'),
    ).rules[0];
    assert.equal(match.minimumLength, 5);
    assert.deepEqual(answer?.source, [null, 3, 4, null, null, null, null, null]);
    assert.deepEqual(answer?.data, [3, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(answer?.length, 3);
  });

  it('takes the length from the last byte that is set or copied', () => {
    const { answer } = tableOf(answering('answer: { id: 0x101, copy: [{ from: 0, to: 5 }] }'))
      .rules[0];
    assert.equal(answer?.length, 6);
  });

  it('takes the length of the request', () => {
    const { answer } = tableOf(
      oneRule(
        'match: { id: 0x100, remote: true }',
        'answer: { id: 0x100, length: same-as-request }',
      ),
    ).rules[0];
    assert.equal(answer?.length, 'same-as-request');
  });

  it('forwards by default only what it does not answer', () => {
    const answer = 'answer: { id: 0x101 }';
    assert.equal(tableOf(answering()).rules[0].forward, true);
    assert.equal(tableOf(answering(answer)).rules[0].forward, false);
    assert.equal(tableOf(answering(answer, 'forward: true')).rules[0].forward, true);
    assert.equal(tableOf(answering('action: drop')).rules[0].forward, false);
  });

  it('may have no rules at all', () => {
    assert.deepEqual(tableOf('version: 1\ndefault: drop\nrules:\n'), {
      defaultAction: 'drop',
      rules: [],
    });
    assert.deepEqual(tableOf('version: 1\nrules: []\n').rules, []);
  });

  it('may be the JSON that a tool wrote', () => {
    const json = JSON.stringify({ version: 1, rules: [{ name: 'a', match: { id: 416 } }] });
    assert.equal(tableOf(json).rules[0].match.identifier, 0x1a0);
  });

  it('may use anchors and aliases', () => {
    const table = tableOf(
      'version: 1\nrules:\n' +
        '  - { name: a, match: { id: 0x100, data: &bytes [0x01, 0x02] } }\n' +
        '  - { name: b, match: { id: 0x101, data: *bytes } }\n',
    );
    assert.deepEqual(table.rules[1].match.data, table.rules[0].match.data);
  });

  it('is the shipped one', () => {
    const { table, warnings } = compileRules(readFileSync('rules.yaml', 'utf8'), 'rules.yaml');
    assert.deepEqual(warnings, []);
    assert.ok(table.rules.length >= 5);
  });
});

describe('a rules file with something odd is taken with a warning:', () => {
  for (const [what, text, expected] of [
    [
      'an id in decimal',
      oneRule('match: { id: 100 }'),
      'r.yaml:4:18 warning: id 100 is read as decimal, 0x64; write 0x100 if that was meant',
    ],
    [
      'a byte that a copy overwrites',
      answering('answer: { id: 0x101, data: [0x05], copy: [{ from: 0, to: 0 }] }'),
      'r.yaml:5:33 warning: data byte 0 is never sent: copy overwrites it; write ~',
    ],
    [
      'an answer with the id of the request',
      answering('answer: { id: 0x100 }'),
      'r.yaml:5:19 warning: answer id 0x100 is also matched as a request: two nodes sending one identifier collide on the bus',
    ],
  ] as const) {
    it(what, () => {
      assert.deepEqual(said(text), [expected]);
      assert.notEqual(parseRules(text, 'r.yaml').table, undefined);
    });
  }
});
