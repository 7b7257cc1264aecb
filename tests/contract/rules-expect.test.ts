// SPDX-License-Identifier: MIT
/** `npm run rules -- test`: what a file expects of its table, and what the table makes of a recording. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { checkExpectations, formatFailure } from '../../rules/oracle/expect.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const RULES = `version: 1
default: drop
rules:
  - name: gear
    match: { id: 0x123, data: [0x02] }
    answer: { id: 0x124, length: 3, copy: [{ from: 0, to: 1 }], live: [{ from: 5, to: 2 }] }
    forward: true
`;

/** What the checks say of the table with these expectations at its end. */
function failuresOf(...expectations: string[]): string[] {
  const text = `${RULES}expect:\n${expectations.map((line) => `  - ${line}\n`).join('')}`;
  const compiled = compileRules(text, 'r.yaml');
  return checkExpectations(compiled.table, compiled.expectations).map(formatFailure);
}

/** The errors of a file with this expectation at its end. */
function mistakesOf(expectation: string): string[] {
  try {
    compileRules(`${RULES}expect: ${expectation}\n`, 'r.yaml');
  } catch (error) {
    assert.ok(error instanceof RulesError);
    return error.message.split('\n');
  }
  assert.fail('the compiler takes it');
}

describe('an expectation', () => {
  it('holds when all frames of both sides come out', () => {
    const all = '{ in: 123#0207, out: [124#000200, agl 123#0207] }';
    assert.deepEqual(failuresOf(all, "{ in: '123#03', out: [] }", '{ in: 124#, out: [] }'), []);
    assert.deepEqual(failuresOf('{ in: 123#02, out: [bus 124#000200, agl 123#02] }'), []);
    assert.deepEqual(failuresOf('{ in: 7FF#, from: agl, out: 7FF# }'), []);
  });
  it('keeps live values in a row of frames, and begins anew with the next', () => {
    const row =
      '[{ in: 123#02, live: { 5: 0xAB }, out: [124#0002AB, agl 123#02] }, ' +
      '{ in: 123#02, at: 5ms, out: [124#0002AB, agl 123#02] }]';
    assert.deepEqual(failuresOf(row, '{ in: 123#02, out: [124#000200, agl 123#02] }'), []);
  });
  it('that does not hold is told with its place, both outcomes and the reason', () => {
    assert.deepEqual(failuresOf('{ in: 123#02, out: [124#000201] }', '{ in: 123#, out: 124# }'), [
      'r.yaml:9:5 123#02 from the bus\n' +
        '  expected  bus 124#000201\n' +
        '  got       bus 124#000200, agl 123#02\n' +
        '  because   rule "gear": answers 124#000200, forwards to AGL',
      'r.yaml:10:5 123# from the bus\n' +
        '  expected  bus 124#\n' +
        '  got       nothing\n' +
        '  because   no rule: dropped by the default',
    ]);
  });
  it('may stand beside its rule, and is told with its name', () => {
    const text = `${RULES}    expect:\n      - { in: 123#02, out: [] }\n`;
    const { table, expectations } = compileRules(text, 'r.yaml');
    const [failure] = checkExpectations(table, expectations).map(formatFailure);
    assert.match(failure, /^r\.yaml:9:9 rule "gear": 123#02 from the bus\n/);
  });

  const mistakes: readonly [string, string][] = [
    ['[7]', 'r.yaml:8:10 expectation 1 must be a map with in, agl, from, at, live, out (got 7)'],
    ['{ in: 123# }', 'r.yaml:8:9 expect must be a list: [ ... ] (got a map)'],
    ['[{ in: 123# }]', 'r.yaml:8:10 expectation 1 has no "out"'],
    ['[{ out: 123# }]', 'r.yaml:8:10 expectation 1 has no "in"'],
    ['[{ inn: 1, in: 123#, out: [] }]', 'unknown key "inn" in expectation 1; did you mean "in"?'],
    ['[{ in: 123, out: [] }]', 'in must be text (got 123)'],
    ['[{ in: 1234#, out: [] }]', 'in "1234#" is not a frame as candump writes it: 123#0201'],
    ['[{ in: 800#, out: [] }]', 'in "800#" is not a frame'],
    ['[{ in: 123#0, out: [] }]', 'in "123#0" is not a frame'],
    ['[{ in: 123#112233445566778899, out: [] }]', 'is not a frame'],
    ['[{ in: 123#, out: [can0 123#] }]', 'out 1 "can0 123#" is not a frame'],
    ['[{ in: 123#, out: 5 }]', 'out must be a list: [ ... ] (got 5)'],
    ['[{ in: 123#, from: can0, out: [] }]', 'from must be bus or agl'],
    ['[{ in: 123#, at: 5, out: [] }]', 'at must be a time 0 or more with its unit'],
    ['[{ in: 123#, live: [1], out: [] }]', 'live must be a map: { 0: 0x11, 1: 0x22 }'],
    ['[{ in: 123#, live: { 64: 1 }, out: [] }]', 'live value "64" must be a number from 0 to 63'],
    ['[{ in: 123#, live: { 0: 256 }, out: [] }]', 'live value 0 is 256: a byte is at most 0xFF'],
    [
      '[[{ in: 123#, at: 2ms, out: [] }, { in: 123#, at: 1ms, out: [] }]]',
      'at is before the frame before it, which comes at 2000 us',
    ],
  ];
  for (const [expectation, reason] of mistakes) {
    it(`refuses ${expectation}`, () => {
      const said = mistakesOf(expectation);
      assert.ok(
        said.some((line) => line.includes(reason)),
        said.join('\n'),
      );
    });
  }
});

it('frames are read and written as candump does', () => {
  for (const text of ['123#', '7FF#0102', '18DAF110#0102030405060708', '123#R4', '12345678#R']) {
    const frame = readFrameText(text);
    assert.ok(frame, text);
    assert.equal(writeFrameText(frame), text);
  }
  const long = readFrameText('123#1122334455667788_c');
  assert.deepEqual([long?.dlc, long?.data.length], [12, 8]);
  assert.equal(long && writeFrameText(long), '123#1122334455667788_C');
  for (const text of ['123#11_C', '12#', '20000000#', '123#R9', '123##0', '123#1g', '123# 01']) {
    assert.equal(readFrameText(text), undefined, text);
  }
});

describe('the command', () => {
  const folder = temporaryFolder();

  function run(rules: string, ...parameters: string[]): { status: number | null; text: string } {
    const file = join(folder, 'r.yaml');
    writeFileSync(file, rules);
    const { status, text } = runScript('rules', ['test', file, ...parameters]);
    return { status, text: text.replaceAll(folder, '') };
  }
  const expecting = (out: string): string => `${RULES}expect: [{ in: 123#02, out: ${out} }]\n`;

  it('ends with status 0 and a count when all hold, with status 1 when one does not', () => {
    const good = run(expecting('[124#000200, agl 123#02]'));
    assert.deepEqual([good.status, good.text], [0, '/r.yaml: 1 expectation, all hold\n']);
    const bad = run(expecting('[]'));
    assert.equal(bad.status, 1);
    assert.match(bad.text, /r\.yaml:8:10 123#02 from the bus\n {2}expected {2}nothing\n/);
    assert.match(bad.text, /1 expectation, 1 frame otherwise\n$/);
  });
  it('asks for something to test', () => {
    const { status, text } = run(RULES);
    assert.equal(status, 2);
    assert.match(text, /nothing to test: it has no "expect:", .* Next: write expect:/);
    const other = run(RULES, '--interface', 'can0');
    assert.deepEqual([other.status, other.text], [2, '--interface is for --log\n']);
  });
  it('says what becomes of each frame of a recording, and sums it up for each rule', () => {
    const log = join(folder, 'drive.log');
    writeFileSync(
      log,
      '(10.000000) can0 123#0211\n(10.000500) can0 124#0002 T answered\n' +
        '(10.001000) can0 7FF#01 T\n(10.002000) can1 123#03\n',
    );
    const { status, text } = run(RULES, '--log', log);
    assert.equal(status, 0, text);
    assert.equal(
      text,
      '(0.000000) bus 123#0211  rule "gear": answers 124#000200, forwards to AGL\n' +
        '(0.001000) agl 7FF#01  no rule: forwards to the bus\n' +
        '(0.002000) bus 123#03  no rule: dropped by the default\n' +
        'rule "gear": 1 frame, 1 answer, 1 forwarded\n' +
        'no rule: 2 frames, 1 forwarded, 1 dropped\n',
    );
    const json = run(expecting('[]'), '--log', log, '--interface', 'can0', '--json');
    assert.equal(json.status, 1);
    const { frames, rules, unmatched, expectations, failures } = JSON.parse(json.text) as Record<
      string,
      unknown
    >;
    const sums = { answers: 0, limited: 0, deleted: 0, forwarded: 1, dropped: 0 };
    assert.deepEqual(
      [rules, unmatched],
      [[{ rule: 'gear', hits: 1, ...sums, answers: 1 }], { hits: 1, ...sums }],
    );
    assert.deepEqual((frames as unknown[])[0], {
      ...{ micros: 0, from: 'bus', frame: '123#0211', rule: 'gear' },
      ...{ answers: ['124#000200'], forwarded: '123#0211', dropped: null },
    });
    assert.deepEqual([expectations, (failures as unknown[]).length], [1, 1]);
  });
  it('refuses a recording that has nothing of it, or is none', () => {
    const log = join(folder, 'drive.log');
    writeFileSync(log, '(1.0) can0 123#02\n');
    const none = run(RULES, '--log', log, '--interface', 'can7');
    assert.deepEqual(
      [none.status, none.text],
      [2, '/drive.log: no frame of interface can7 that the table could be asked about\n'],
    );
    writeFileSync(log, '(1.0) can0 123\n');
    const broken = run(RULES, '--log', log);
    assert.equal(broken.status, 2);
    assert.match(broken.text, /drive\.log:1:12: /);
    const missing = run(RULES, '--log', join(folder, 'none.log'));
    assert.match(missing.text, /cannot read .*none\.log/);
  });
});
