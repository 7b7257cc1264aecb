/**
 * Every mistake in a rules file is named with `file:line:column` and a reason; correct files give
 * the table that docs/rules.md promises.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compileRules, RulesError } from '../../cell-config/rules/compile.ts';
import { formatDiagnostic } from '../../cell-config/rules/diagnostics.ts';
import type { RuleTable } from '../../cell-config/rules/model.ts';
import { parseRules } from '../../cell-config/rules/parse.ts';

/** Everything said about `text`, as the command line prints it. */
function said(text: string): string[] {
  return parseRules(text, 'r.yaml').diagnostics.map(formatDiagnostic);
}

/** The table of a file that has no errors. */
function tableOf(text: string): RuleTable {
  const { table, diagnostics } = parseRules(text, 'r.yaml');
  assert.ok(table !== undefined, diagnostics.map(formatDiagnostic).join('\n'));
  return table;
}

/** A file with one rule: `lines` follow `- name: a` at line 4. */
function oneRule(...lines: string[]): string {
  return ['version: 1', 'rules:', '  - name: a', ...lines.map((line) => `    ${line}`)].join('\n');
}

/** A file with one rule that has a good match at line 4, and `lines` from line 5. */
function answering(...lines: string[]): string {
  return oneRule('match: { id: 0x100 }', ...lines);
}

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

// Each with the one thing that is said about it.
const MISTAKES: readonly (readonly [what: string, text: string, said: string])[] = [
  [
    'text that is no YAML',
    'version: 1\nrules: [',
    'r.yaml:2:9 Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['a key twice', 'version: 1\nversion: 1\nrules: []', 'r.yaml:2:1 Map keys must be unique'],
  [
    'an empty file',
    '',
    'r.yaml:1:1 the rules file must be a map with version, default, rules (got nothing)',
  ],
  ['no version', 'rules: []', 'r.yaml:1:1 the rules file has no "version"'],
  [
    'another version',
    'version: 2\nrules: []',
    'r.yaml:1:10 version 2 is not known: this compiler reads version 1',
  ],
  ['no rules', 'version: 1', 'r.yaml:1:1 the rules file has no "rules"'],
  [
    'rules that are no list',
    'version: 1\nrules: { a: 1 }',
    'r.yaml:2:8 rules must be a list: [ ... ] (got a map)',
  ],
  [
    'another default',
    'version: 1\ndefault: dorp\nrules: []',
    'r.yaml:2:10 default must be forward or drop; did you mean "drop"? (got "dorp")',
  ],
  [
    'an unknown key at the top',
    'version: 1\ndefalut: drop\nrules: []',
    'r.yaml:2:1 unknown key "defalut" in the rules file; did you mean "default"?',
  ],
  [
    'an unknown key in a rule',
    answering('anwser: {}'),
    'r.yaml:5:5 unknown key "anwser" in rule 1; did you mean "answer"?',
  ],
  [
    'an unknown key that resembles none',
    answering('priority: 3'),
    'r.yaml:5:5 unknown key "priority" in rule 1; known: name, match, answer, forward, action',
  ],
  [
    'an unknown key in match',
    oneRule('match: { id: 0x1, maks: 0x1 }'),
    'r.yaml:4:23 unknown key "maks" in match; did you mean "mask"?',
  ],
  [
    'a length in match',
    oneRule('match: { id: 0x1, length: 8 }'),
    'r.yaml:4:23 unknown key "length" in match; a frame matches when it has all bytes that data lists; add ~ for more',
  ],
  [
    'an unknown key in a byte',
    oneRule('match: { id: 0x1, data: [{ value: 0x1, msk: 0x1, mask: 0x1 }] }'),
    'r.yaml:4:44 unknown key "msk" in data byte 0; did you mean "mask"?',
  ],
  [
    'an unknown key in copy',
    answering('answer: { id: 0x1, copy: [{ from: 0, to: 0, cuont: 1 }] }'),
    'r.yaml:5:49 unknown key "cuont" in copy 0; did you mean "count"?',
  ],
  [
    'an answer that is remote',
    answering('answer: { id: 0x1, remote: true }'),
    'r.yaml:5:24 unknown key "remote" in answer; an answer is always a data frame',
  ],
  [
    'a rule that is no map',
    'version: 1\nrules: [7]',
    'r.yaml:2:9 rule 1 must be a map with name, match, answer, forward, action (got 7)',
  ],
  [
    'a rule without name',
    'version: 1\nrules:\n  - match: { id: 0x1 }',
    'r.yaml:3:5 rule 1 has no "name"',
  ],
  [
    'a name with other letters',
    'version: 1\nrules:\n  - { name: Brake_1, match: { id: 0x1 } }',
    'r.yaml:3:13 name "Brake_1" may have small letters, digits and - only',
  ],
  [
    'a name that is a number',
    'version: 1\nrules:\n  - { name: 12, match: { id: 0x1 } }',
    'r.yaml:3:13 name must be text (got 12)',
  ],
  [
    'a name twice',
    'version: 1\nrules:\n  - { name: a, match: { id: 0x1 } }\n  - { name: a, match: { id: 0x2 } }',
    'r.yaml:4:13 name "a" is already used at r.yaml:3:13',
  ],
  ['a rule without match', 'version: 1\nrules:\n  - name: a', 'r.yaml:3:5 rule "a" has no "match"'],
  ['a match without id', oneRule('match: { mask: 0x7F0 }'), 'r.yaml:4:12 match has no "id"'],
  [
    'an id without 0x',
    oneRule('match: { id: 1A0 }'),
    'r.yaml:4:18 id must be a number such as 0x1A; did you mean 0x1A0? (got "1A0")',
  ],
  [
    'an id that YAML reads as a power of ten',
    oneRule('match: { id: 1E0 }'),
    'r.yaml:4:18 id must be a number such as 0x1A; did you mean 0x1E0? (got 1E0)',
  ],
  [
    'an id in quotes',
    oneRule('match: { id: "0x1A0" }'),
    'r.yaml:4:18 id must be a number such as 0x1A; did you mean 0x1A0? (got "0x1A0")',
  ],
  [
    'a negative id',
    oneRule('match: { id: -1 }'),
    'r.yaml:4:18 id must be a number such as 0x1A (got -1)',
  ],
  [
    'an id that is nothing',
    oneRule('match: { id: }'),
    'r.yaml:4:18 id must be a number such as 0x1A (got nothing)',
  ],
  [
    'a standard id above 0x7FF',
    oneRule('match: { id: 0x800 }'),
    'r.yaml:4:18 id 0x800 is out of range: a standard identifier is at most 0x7FF; for a 29-bit identifier add "extended: true"',
  ],
  [
    'an extended id above 0x1FFFFFFF',
    oneRule('match: { id: 0x20000000, extended: true }'),
    'r.yaml:4:18 id 0x20000000 is out of range: an extended identifier is at most 0x1FFFFFFF',
  ],
  [
    'a mask above 0x7FF',
    oneRule('match: { id: 0x100, mask: 0xFFF }'),
    'r.yaml:4:31 mask 0xFFF is out of range: a standard identifier has no bits above 0x7FF',
  ],
  [
    'a mask that is no number',
    oneRule('match: { id: 0x100, mask: all }'),
    'r.yaml:4:31 mask must be a number such as 0x1A (got "all")',
  ],
  [
    'an id with bits outside the mask',
    oneRule('match: { id: 0x105, mask: 0x7F0 }'),
    'r.yaml:4:31 mask 0x7F0 leaves out bits 0x5 of id 0x105: no frame can match; clear them in the id or set them in the mask',
  ],
  [
    'extended that is neither true nor false',
    oneRule('match: { id: 0x1, extended: yes }'),
    'r.yaml:4:33 extended must be true or false (got "yes")',
  ],
  [
    'remote that is neither true nor false',
    oneRule('match: { id: 0x1, remote: 1 }'),
    'r.yaml:4:31 remote must be true or false (got 1)',
  ],
  [
    'data of a remote frame',
    oneRule('match: { id: 0x1, remote: true, data: [0x1] }'),
    'r.yaml:4:37 a remote frame carries no data: remove data',
  ],
  [
    'data that is no list',
    oneRule('match: { id: 0x1, data: 0x10 }'),
    'r.yaml:4:29 data must be a list: [ ... ] (got 0x10)',
  ],
  [
    'nine data bytes',
    oneRule('match: { id: 0x1, data: [~, ~, ~, ~, ~, ~, ~, ~, ~] }'),
    'r.yaml:4:54 data has 9 entries; at most 8 fit',
  ],
  [
    'a data byte above 255',
    oneRule('match: { id: 0x1, data: [0x00, 0x100] }'),
    'r.yaml:4:36 data byte 1 is 256: a byte is at most 255 (0xFF)',
  ],
  [
    'a data byte above 255 in decimal',
    oneRule('match: { id: 0x1, data: [300] }'),
    'r.yaml:4:30 data byte 0 is 300: a byte is at most 255 (0xFF)',
  ],
  [
    'a data byte without 0x',
    oneRule('match: { id: 0x1, data: [3E] }'),
    'r.yaml:4:30 data byte 0 must be a number such as 0x1A; did you mean 0x3E? (got "3E")',
  ],
  [
    'a byte without mask',
    oneRule('match: { id: 0x1, data: [{ value: 0x1 }] }'),
    'r.yaml:4:30 data byte 0 has no "mask"',
  ],
  [
    'a byte value outside its mask',
    oneRule('match: { id: 0x1, data: [{ value: 0x21, mask: 0xF0 }] }'),
    'r.yaml:4:39 data byte 0: value 0x21 has bits 0x1 that mask 0xF0 leaves out: no frame can match',
  ],
  ['an answer without id', answering('answer: { data: [0x1] }'), 'r.yaml:5:13 answer has no "id"'],
  [
    'an answer id out of range',
    answering('answer: { id: 0x900 }'),
    'r.yaml:5:19 id 0x900 is out of range: a standard identifier is at most 0x7FF; for a 29-bit identifier add "extended: true"',
  ],
  [
    'an answer longer than 8',
    answering('answer: { id: 0x101, length: 9 }'),
    'r.yaml:5:34 length is 9: a CAN frame has at most 8 bytes',
  ],
  [
    'an answer length in words',
    answering('answer: { id: 0x101, length: same }'),
    'r.yaml:5:34 length must be same-as-request (got "same")',
  ],
  [
    'an answer shorter than its data',
    answering('answer: { id: 0x101, length: 1, data: [0x1, 0x2] }'),
    'r.yaml:5:34 data has 2 bytes, but length is 1',
  ],
  [
    'an answer shorter than its copies',
    answering('answer: { id: 0x101, length: 1, copy: [{ from: 0, to: 1 }] }'),
    'r.yaml:5:34 copy writes byte 1, but length is 1',
  ],
  [
    'an answer of nine bytes',
    answering('answer: { id: 0x101, data: [0, 0, 0, 0, 0, 0, 0, 0, 0] }'),
    'r.yaml:5:57 data has 9 entries; at most 8 fit',
  ],
  [
    'an answer byte above 255',
    answering('answer: { id: 0x101, data: [0x1FF] }'),
    'r.yaml:5:33 data byte 0 is 511: a byte is at most 255 (0xFF)',
  ],
  [
    'an answer byte that nothing fills',
    answering('answer: { id: 0x101, data: [~, 0x1] }'),
    'r.yaml:5:33 data byte 0 is ~, but no copy fills it: give a value',
  ],
  [
    'a copy from a remote frame',
    oneRule(
      'match: { id: 0x100, remote: true }',
      'answer: { id: 0x100, copy: [{ from: 0, to: 0 }] }',
    ),
    'r.yaml:5:26 a remote frame carries no data to copy: remove copy, or match the data frame',
  ],
  [
    'a copy from beyond the request',
    answering('answer: { id: 0x101, copy: [{ from: 7, to: 0, count: 2 }] }'),
    'r.yaml:5:33 copy 0 reads request bytes 7 to 8; the last byte is 7',
  ],
  [
    'a copy to beyond the answer',
    answering('answer: { id: 0x101, copy: [{ from: 0, to: 6, count: 3 }] }'),
    'r.yaml:5:33 copy 0 writes answer bytes 6 to 8; the last byte is 7',
  ],
  [
    'a copy of nothing',
    answering('answer: { id: 0x101, copy: [{ from: 0, to: 0, count: 0 }] }'),
    'r.yaml:5:33 copy 0 copies 0 bytes: count is at least 1',
  ],
  [
    'a copy without from',
    answering('answer: { id: 0x101, copy: [{ to: 0 }] }'),
    'r.yaml:5:33 copy 0 has no "from"',
  ],
  [
    'two copies to one byte',
    answering('answer: { id: 0x101, copy: [{ from: 0, to: 0, count: 3 }, { from: 4, to: 2 }] }'),
    'r.yaml:5:63 answer byte 2 is copied twice',
  ],
  [
    'forward that is neither true nor false',
    answering('forward: maybe'),
    'r.yaml:5:14 forward must be true or false (got "maybe")',
  ],
  [
    'neither answer nor forward, by accident',
    answering('forward: false'),
    'r.yaml:5:5 rule "a" neither answers nor forwards: if that is meant, write "action: drop"',
  ],
  ['another action', answering('action: ignore'), 'r.yaml:5:13 action must be drop (got "ignore")'],
  [
    'an answer that is also dropped',
    answering('answer: { id: 0x101 }', 'action: drop'),
    'r.yaml:6:5 rule "a" has "action: drop" and "answer": remove one of them',
  ],
  [
    'a forward that is also dropped',
    answering('forward: true', 'action: drop'),
    'r.yaml:6:5 rule "a" has "action: drop" and "forward": remove one of them',
  ],
  [
    'two rules for one frame',
    'version: 1\nrules:\n  - { name: a, match: { id: 0x120, mask: 0x7F0 } }\n  - { name: b, match: { id: 0x123, data: [0x07] } }',
    'r.yaml:4:23 rule "b" overlaps rule "a" (r.yaml:3:23): both match 0x123 [0x07]; make one of them narrower',
  ],
];

describe('a rules file with a mistake names it:', () => {
  for (const [what, text, expected] of MISTAKES) {
    it(what, () => {
      assert.deepEqual(said(text), [expected]);
      assert.equal(parseRules(text, 'r.yaml').table, undefined);
    });
  }

  it('sixty-five rules', () => {
    const rules = Array.from(
      { length: 65 },
      (_, index) => `  - { name: r${index}, match: { id: 0x${index.toString(16)} } }`,
    );
    const text = ['version: 1', 'rules:', ...rules].join('\n');
    assert.deepEqual(said(text), ['r.yaml:67:5 rules has 65 entries; at most 64 fit']);
  });

  it('several at once, in the order of the file', () => {
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

describe('two rules', () => {
  /** Whether a file with these two matches is refused. */
  function overlap(first: string, second: string): boolean {
    const text = `version: 1\nrules:\n  - { name: a, match: ${first} }\n  - { name: b, match: ${second} }`;
    return parseRules(text, 'r.yaml').table === undefined;
  }

  it('overlap when masks leave a common identifier', () => {
    assert.equal(overlap('{ id: 0x100, mask: 0x7F0 }', '{ id: 0x105 }'), true);
    assert.equal(overlap('{ id: 0x001, mask: 0x00F }', '{ id: 0x700, mask: 0x700 }'), true);
    assert.equal(overlap('{ id: 0x100, mask: 0x7F0 }', '{ id: 0x110, mask: 0x7F0 }'), false);
  });

  it('do not overlap when the frame kinds differ', () => {
    assert.equal(overlap('{ id: 0x100 }', '{ id: 0x100, extended: true }'), false);
    assert.equal(overlap('{ id: 0x100 }', '{ id: 0x100, remote: true }'), false);
  });

  it('do not overlap when a data byte tells them apart', () => {
    assert.equal(overlap('{ id: 0x100, data: [0x01] }', '{ id: 0x100, data: [0x02] }'), false);
    assert.equal(overlap('{ id: 0x100, data: [~, 0x02] }', '{ id: 0x100, data: [0x01] }'), true);
    assert.equal(
      overlap('{ id: 0x100, data: [{ value: 0x10, mask: 0xF0 }] }', '{ id: 0x100, data: [0x2F] }'),
      false,
    );
  });

  it('overlap although one of them needs a longer frame', () => {
    assert.equal(overlap('{ id: 0x100, data: [~, ~, ~] }', '{ id: 0x100 }'), true);
  });
});
