// SPDX-License-Identifier: MIT
/** `agl:` of a table, and `rate` of rules about frames of AGL: the table, its image, and every mistake. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { decodeRules, RulesImageError } from '../../rules/image/decode.ts';
import { rulesChecksum } from '../../rules/image/encode.ts';
import { ALARM_NAME, NO_FRAME } from '../../rules/model.ts';
import { parseRules } from '../../rules/language/parse.ts';
import { describeTable } from '../../rules/describe.ts';

const SPEED =
  '  - { name: speed, from: agl, match: { id: 0x210 }, rate: { per-second: 10, burst: 1 } }';
const textOf = (agl: string, ...rules: string[]): string =>
  ['version: 1', `agl: ${agl}`, 'rules:', ...rules, ''].join('\n');

function messages(text: string): string[] {
  return parseRules(text, 'r.yaml').diagnostics.map(
    ({ line, column, reason }) => `${line}:${column} ${reason}`,
  );
}

describe('agl: of a table', () => {
  const text = textOf(
    '{ default: deny, wall: locked, alarm: { answer: { id: 0x7A0, data: [1, ~], copy: [{ from: 2, to: 1 }] }, every: 2.5ms } }',
    SPEED,
  );
  const { table, image } = compileRules(text, 'r.yaml');

  it('gives a policy, and an alarm that is the last rule', () => {
    assert.deepEqual(table.agl, { deny: true, locked: true });
    const alarm = table.rules.at(-1);
    assert.equal(alarm?.name, ALARM_NAME);
    assert.equal(alarm.when, 'alarm');
    assert.deepEqual(alarm.rate, { intervalMicros: 2500, burst: 1 });
    assert.deepEqual(alarm.match, { ...NO_FRAME, minimumLength: 3 });
    assert.deepEqual(table.rules[0].rate, { intervalMicros: 100_000, burst: 1 });
  });

  it('lies in the header: flag bits 3 and 4, and the number of the rule from 1', () => {
    assert.equal(image.readUInt32LE(20), 0x18);
    assert.equal(image.readUInt16LE(46), 2);
  });

  it('comes back from the image, and is said to people', () => {
    assert.deepEqual(decodeRules(image), table);
    const said = describeTable(table);
    assert.match(
      said,
      /agl-alarm: a frame of AGL was refused\n.*\n {2}rate: one in 2\.5 ms, 1 at once/,
    );
    assert.match(said, /any other frame of AGL: refused/);
  });

  it('has defaults that leave no trace in the table', () => {
    const plain = compileRules(textOf('{ default: allow, wall: open }', SPEED), 'r.yaml');
    assert.equal('agl' in plain.table, false);
    assert.equal(plain.image.readUInt32LE(20), 0);
  });

  it('refuses an image whose alarm is no answer to the bus, or no rule', () => {
    for (const number of [1, 3]) {
      const damaged = Buffer.from(image);
      damaged.writeUInt16LE(number, 46);
      damaged.writeUInt32LE(rulesChecksum(damaged), 12);
      assert.throws(() => decodeRules(damaged), RulesImageError);
    }
  });
});

describe('mistakes', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['{ default: refuse }', SPEED, '2:17 default must be allow or deny (got "refuse")'],
    ['{ wall: closed }', SPEED, '2:14 wall must be open or locked (got "closed")'],
    ['{ alarm: { every: 1s } }', SPEED, '2:15 alarm has no "answer"'],
    ['{ alrm: {} }', SPEED, '2:8 unknown key "alrm" in agl; did you mean "alarm"?'],
    [
      '{ alarm: { answer: { id: 0x7A0 }, every: 5000s } }',
      SPEED,
      '2:47 every is 5000000000 us: it is from 1 us to 2147483647 us',
    ],
    [
      '{ alarm: { answer: { id: 0x7A0 } } }',
      '  - { name: agl-alarm, match: { id: 1 }, forward: true }',
      '2:1 a rule is called "agl-alarm", and that is the name of the alarm: rename it',
    ],
    [
      '{ default: deny }',
      '  - { name: a, match: { id: 1 }, rate: 10/s }',
      '4:40 rule "a" has a rate, but no answer that it could limit',
    ],
    [
      '{ default: deny }',
      '  - { name: a, from: agl, match: { id: 1 }, action: drop, rate: 10/s }',
      '4:65 rule "a" has a rate, but no answer that it could limit',
    ],
  ];
  for (const [agl, rule, expected] of cases) {
    it(expected, () => assert.deepEqual(messages(textOf(agl, rule)), [expected]));
  }
});
