// SPDX-License-Identifier: MIT
/**
 * Every mistake in the frame of a rules file, and in names and matches, is named with
 * `file:line:column` and a reason, and no table comes out.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { answering, oneRule, refuses, said } from './rules-text.ts';

refuses('a rules file with a mistake in its frame or a match names it:', {
  'r.yaml:2:9 Flow sequence in block collection must be sufficiently indented and end with a ]':
    'version: 1\nrules: [',
  'r.yaml:2:1 key "version" is there twice in one map: remove one, or join what both say':
    'version: 1\nversion: 1\nrules: []',
  'r.yaml:3:34 key "id" is there twice in one map: remove one, or join what both say':
    'version: 1\nrules:\n  - { name: a, "match": { id: 1, id: 2 } }',
  'r.yaml:4:7 unknown key "<<" in rule 2; merge keys are not read: write the keys out':
    'version: 1\nrules:\n  - &a { name: a, match: { id: 1 } }\n  - { <<: *a, name: b, match: { id: 2 } }',
  'r.yaml:3:1 a tab is no indentation in YAML: use spaces':
    'version: 1\nrules:\n\t- { name: a, match: { id: 1 } }',
  'r.yaml:1:1 the rules file must be a map with version, dbc, default, filters, receive, agl, cyclic, safe-state, diagnosis, rules, expect (got nothing)':
    '',
  'r.yaml:1:1 the rules file has no "version"': 'rules: []',
  'r.yaml:1:10 version 2 is not known: this compiler reads version 1': 'version: 2\nrules: []',
  'r.yaml:1:1 the rules file has no "rules"': 'version: 1',
  'r.yaml:2:8 rules must be a list: [ ... ] (got a map)': 'version: 1\nrules: { a: 1 }',
  'r.yaml:2:10 default must be forward or drop; did you mean "drop"? (got "dorp")':
    'version: 1\ndefault: dorp\nrules: []',
  'r.yaml:2:1 unknown key "defalut" in the rules file; did you mean "default"?':
    'version: 1\ndefalut: drop\nrules: []',
  'r.yaml:5:5 unknown key "anwser" in rule 1; did you mean "answer"?': answering('anwser: {}'),
  'r.yaml:5:5 unknown key "priority" in rule 1; known: name, from, match, answer, rate, deadline, forward, modify, check, action, without-agl, timeout, changes, throttle, expect':
    answering('priority: 3'),
  'r.yaml:4:23 unknown key "maks" in match; did you mean "mask"?': oneRule(
    'match: { id: 0x1, maks: 0x1 }',
  ),
  'r.yaml:4:44 unknown key "msk" in data byte 0; did you mean "mask"?': oneRule(
    'match: { id: 0x1, data: [{ value: 0x1, msk: 0x1, mask: 0x1 }] }',
  ),
  'r.yaml:2:9 rule 1 must be a map with name, from, match, answer, rate, deadline, forward, modify, check, action, without-agl, timeout, changes, throttle, expect (got 7)':
    'version: 1\nrules: [7]',
  'r.yaml:3:5 rule 1 has no "name"': 'version: 1\nrules:\n  - match: { id: 0x1 }',
  'r.yaml:3:13 name "Brake_1" may have small letters, digits and - only':
    'version: 1\nrules:\n  - { name: Brake_1, match: { id: 0x1 } }',
  'r.yaml:3:13 name must be text (got 12)':
    'version: 1\nrules:\n  - { name: 12, match: { id: 0x1 } }',
  'r.yaml:4:13 name "a" is already used at r.yaml:3:13':
    'version: 1\nrules:\n  - { name: a, match: { id: 0x1 } }\n  - { name: a, match: { id: 0x2 } }',
  'r.yaml:3:5 rule "a" has no "match"': 'version: 1\nrules:\n  - name: a',
  'r.yaml:4:12 match has no "id"': oneRule('match: { mask: 0x7F0 }'),
  'r.yaml:4:18 id must be a number such as 0x1A; did you mean 0x1A0? (got "1A0")':
    oneRule('match: { id: 1A0 }'),
  'r.yaml:4:18 id must be a number such as 0x1A; did you mean 0x1E0? (got 1E0)':
    oneRule('match: { id: 1E0 }'),
  'r.yaml:4:18 id must be a number such as 0x1A; did you mean 0x1A0? (got "0x1A0")':
    oneRule('match: { id: "0x1A0" }'),
  'r.yaml:4:18 id must be a number such as 0x1A (got -1)': oneRule('match: { id: -1 }'),
  'r.yaml:4:18 id must be a number such as 0x1A (got nothing)': oneRule('match: { id: }'),
  'r.yaml:4:18 id 0x800 is out of range: a standard identifier is at most 0x7FF; for a 29-bit identifier add "extended: true"':
    oneRule('match: { id: 0x800 }'),
  'r.yaml:4:18 id 0x20000000 is out of range: an extended identifier is at most 0x1FFFFFFF':
    oneRule('match: { id: 0x20000000, extended: true }'),
  'r.yaml:4:31 mask 0xFFF is out of range: a standard identifier has no bits above 0x7FF': oneRule(
    'match: { id: 0x100, mask: 0xFFF }',
  ),
  'r.yaml:4:31 mask must be a number such as 0x1A (got "all")': oneRule(
    'match: { id: 0x100, mask: all }',
  ),
  'r.yaml:4:31 mask 0x7F0 leaves out bits 0x5 of id 0x105: no frame can match; clear them in the id or set them in the mask':
    oneRule('match: { id: 0x105, mask: 0x7F0 }'),
  'r.yaml:4:33 extended must be true or false (got "yes")': oneRule(
    'match: { id: 0x1, extended: yes }',
  ),
  'r.yaml:4:31 remote must be true, false, any or never (got 1)': oneRule(
    'match: { id: 0x1, remote: 1 }',
  ),
  'r.yaml:4:37 a remote frame carries no data: remove data': oneRule(
    'match: { id: 0x1, remote: true, data: [0x1] }',
  ),
  'r.yaml:4:29 data must be a list: [ ... ] (got 0x10)': oneRule('match: { id: 0x1, data: 0x10 }'),
  'r.yaml:4:54 data has 9 entries; at most 8 fit': oneRule(
    'match: { id: 0x1, data: [~, ~, ~, ~, ~, ~, ~, ~, ~] }',
  ),
  'r.yaml:4:36 data byte 1 is 256: a byte is at most 255 (0xFF)': oneRule(
    'match: { id: 0x1, data: [0x00, 0x100] }',
  ),
  'r.yaml:4:30 data byte 0 is 300: a byte is at most 255 (0xFF)': oneRule(
    'match: { id: 0x1, data: [300] }',
  ),
  'r.yaml:4:30 data byte 0 must be a number such as 0x1A; did you mean 0x3E? (got "3E")': oneRule(
    'match: { id: 0x1, data: [3E] }',
  ),
  'r.yaml:4:30 data byte 0 has no "mask"': oneRule('match: { id: 0x1, data: [{ value: 0x1 }] }'),
  'r.yaml:4:39 data byte 0: value 0x21 has bits 0x1 that mask 0xF0 leaves out: no frame can match':
    oneRule('match: { id: 0x1, data: [{ value: 0x21, mask: 0xF0 }] }'),
});

it('a rules file with a mistake in its frame or a match names it: more than 512 rules', () => {
  const rules = Array.from(
    { length: 513 },
    (_, index) => `  - { name: r${index}, match: { id: 0x${index.toString(16)} } }`,
  );
  const text = ['version: 1', 'rules:', ...rules].join('\n');
  assert.deepEqual(said(text), ['r.yaml:515:5 rules has 513 entries; at most 512 fit']);
});
