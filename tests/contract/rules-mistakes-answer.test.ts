// SPDX-License-Identifier: MIT
/**
 * Every mistake in answers, in what is forwarded, and between rules is named with
 * `file:line:column` and a reason, and no table comes out.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { answering, oneRule, refuses, said } from './rules-text.ts';

refuses('a rules file with a mistake in an answer names it:', {
  'r.yaml:5:49 unknown key "cuont" in copy 0; did you mean "count"?': answering(
    'answer: { id: 0x1, copy: [{ from: 0, to: 0, cuont: 1 }] }',
  ),
  'r.yaml:5:24 unknown key "remote" in answer; an answer is always a data frame': answering(
    'answer: { id: 0x1, remote: true }',
  ),
  'r.yaml:5:13 answer has no "id"': answering('answer: { data: [0x1] }'),
  'r.yaml:5:19 id 0x900 is out of range: a standard identifier is at most 0x7FF; for a 29-bit identifier add "extended: true"':
    answering('answer: { id: 0x900 }'),
  'r.yaml:5:34 length is 9: a CAN frame has at most 8 bytes': answering(
    'answer: { id: 0x101, length: 9 }',
  ),
  'r.yaml:5:34 length must be same-as-request (got "same")': answering(
    'answer: { id: 0x101, length: same }',
  ),
  'r.yaml:5:34 data has 2 bytes, but length is 1': answering(
    'answer: { id: 0x101, length: 1, data: [0x1, 0x2] }',
  ),
  'r.yaml:5:34 byte 1 is written, but length is 1': answering(
    'answer: { id: 0x101, length: 1, copy: [{ from: 0, to: 1 }] }',
  ),
  'r.yaml:5:57 data has 9 entries; at most 8 fit': answering(
    'answer: { id: 0x101, data: [0, 0, 0, 0, 0, 0, 0, 0, 0] }',
  ),
  'r.yaml:5:33 data byte 0 is 511: a byte is at most 255 (0xFF)': answering(
    'answer: { id: 0x101, data: [0x1FF] }',
  ),
  'r.yaml:5:33 data byte 0 is ~, but no copy fills it: give a value': answering(
    'answer: { id: 0x101, data: [~, 0x1] }',
  ),
  'r.yaml:5:26 a remote frame carries no data to copy: remove copy, or match the data frame':
    oneRule(
      'match: { id: 0x100, remote: true }',
      'answer: { id: 0x100, copy: [{ from: 0, to: 0 }] }',
    ),
  'r.yaml:5:33 copy 0 reads request bytes 7 to 8; the last byte is 7': answering(
    'answer: { id: 0x101, copy: [{ from: 7, to: 0, count: 2 }] }',
  ),
  'r.yaml:5:33 copy 0 writes answer bytes 6 to 8; the last byte is 7': answering(
    'answer: { id: 0x101, copy: [{ from: 0, to: 6, count: 3 }] }',
  ),
  'r.yaml:5:33 copy 0 copies 0 bytes: count is at least 1': answering(
    'answer: { id: 0x101, copy: [{ from: 0, to: 0, count: 0 }] }',
  ),
  'r.yaml:5:33 live 0 reads live values 62 to 64; the last one is 63': answering(
    'answer: { id: 0x101, live: [{ from: 62, to: 0, count: 3 }] }',
  ),
  'r.yaml:5:33 live 0 writes answer bytes 7 to 8; the last byte is 7': answering(
    'answer: { id: 0x101, live: [{ from: 0, to: 7, count: 2 }] }',
  ),
  'r.yaml:5:51 unknown key "cuont" in live 0; did you mean "count"?': answering(
    'answer: { id: 0x101, live: [{ from: 0, to: 0, cuont: 1 }] }',
  ),
  'r.yaml:5:61 live and copy both write bit 8, in byte 1': answering(
    'answer: { id: 0x101, copy: [{ from: 0, to: 1 }], live: [{ from: 9, to: 0, count: 2 }] }',
  ),
  'r.yaml:5:33 copy 0 has no "from"': answering('answer: { id: 0x101, copy: [{ to: 0 }] }'),
  'r.yaml:5:63 copy and copy both write bit 16, in byte 2': answering(
    'answer: { id: 0x101, copy: [{ from: 0, to: 0, count: 3 }, { from: 4, to: 2 }] }',
  ),
  'r.yaml:5:14 forward must be true or false (got "maybe")': answering('forward: maybe'),
  'r.yaml:5:5 rule "a" neither answers nor forwards: if that is meant, write "action: drop"':
    answering('forward: false'),
  'r.yaml:5:13 action must be drop (got "ignore")': answering('action: ignore'),
  'r.yaml:6:5 rule "a" has "action: drop" and "answer": remove one of them': answering(
    'answer: { id: 0x101 }',
    'action: drop',
  ),
  'r.yaml:6:5 rule "a" has "action: drop" and "forward": remove one of them': answering(
    'forward: true',
    'action: drop',
  ),
});

it('a rules file with a mistake in an answer names it: several at once, in the order of the file', () => {
  const text = [
    'version: 1',
    'rules:',
    '  - name: a',
    '    match: { id: 0x900 }',
    '    answer: { id: 0x101, data: [0x100], length: 12 }',
    '  - name: a',
    '    mach: { id: 0x100 }',
  ].join('\n');
  const places = said(text).map((line) => line.split(' ')[0]);
  assert.deepEqual(places, [
    'r.yaml:4:18',
    'r.yaml:5:33',
    'r.yaml:5:49',
    'r.yaml:6:5',
    'r.yaml:6:11',
    'r.yaml:7:5',
  ]);
  assert.throws(
    () => compileRules(text, 'r.yaml'),
    (error) => error instanceof RulesError && error.diagnostics.length === 6,
  );
});
