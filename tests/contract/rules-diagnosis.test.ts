// SPDX-License-Identifier: MIT
/**
 * `diagnosis` of a rules file, and `without-agl` of a rule: their image, what they become, and every mistake with its
 * place. Masks of PIDs are worked out by hand (SAE J1979: PID 01 is the highest of 32 bits).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { streamsOf } from '../../rules/bus/streams.ts';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { describeTable } from '../../rules/describe.ts';
import { explainTable } from '../../rules/explain.ts';
import { decodeRules } from '../../rules/image/decode.ts';
import { checkExpectations } from '../../rules/oracle/expect.ts';

const GOOD = `version: 1
diagnosis:
  physical: 0x18DA10F1
  functional: 0x18DB33F1
  answer: 0x18DAF110
  extended: true
  padding: none
  pids: { 0x01: [1, 2, 3, 4], 0x20: [9] }
  identifiers: { 0xF190: { live: 4, count: 2 } }
  agl:
    services: [0x22, 0x31]
    pending: { after: 10ms, every: 1s, at-most: 2 }
    separation: 5ms
    without-agl: silent
expect:
  - - { in: 18DB33F1#023E00, out: 18DAF110#027E00 }
    - { in: 18DA10F1#03220102, out: agl 18DA10F1#03220102 }
    - { at: 5s, out: [18DAF110#037F2278, 18DAF110#037F2278, 18DAF110#037F2210] }
    - { in: 18DA10F1#101422F190010203, out: [18DAF110#300005, agl 18DA10F1#101422F190010203] }
    - { at: 6s, agl: gone }
    - { in: 18DA10F1#03220102, at: 7s, out: [] }
    - { in: 18DA10F1#101422F190010203, at: 7s, out: [] }
`;

function complaints(text: string): string[] {
  try {
    compileRules(text, 'r.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    return error.message.split('\n');
  }
}

/** The file with a part of it replaced. */
function changed(before: string, after: string): string {
  assert.ok(GOOD.includes(before), before);
  return GOOD.replace(before, after);
}

describe('diagnosis of a rules file', () => {
  const { table, image, expectations } = compileRules(
    GOOD.replace(', 0x20: [9]', ', 0x21: [9]'),
    'r.yaml',
  );

  it('is explained, and on the bus a frame of its own: 4 bytes, 10 ms from a request to the first', () => {
    assert.match(
      explainTable(table).join('\n'),
      /^Response pending: 0x18DAF110 .* every 1s, 2 times/m,
    );
    const { all } = streamsOf(table, { bitrate: 500_000, messages: [] });
    const stream = all.find(({ name }) => name === 'response pending');
    assert.equal(stream?.frame, '0x18DAF110');
    assert.equal(stream.periodNanos, 10_000_000);
    // 80 + 10 n bits of an extended frame with every stuff bit (Davis et al. 2007, section 2).
    assert.equal(stream.transmissionNanos, 120 * 2_000);
    assert.equal(stream.own?.isTimed, true);
  });

  it('is the same table from its image', () => {
    assert.deepEqual(decodeRules(image), table);
    assert.match(
      describeTable(table),
      /response pending: 0x18DAF110 .* 2 times, then 7F .. 10; nothing once AGL is gone/,
    );
    assert.match(describeTable(table), /without AGL nothing/);
  });

  it('does what it says', () => {
    assert.deepEqual(checkExpectations(table, expectations), []);
    const mask = table.rules.find(({ name }) => name === 'obd-00')?.answer?.data;
    assert.deepEqual(mask, [6, 0x41, 0, 0x80, 0, 0, 0x01, 0]);
  });

  it('names each mistake by its place', () => {
    const rows: [string, string, RegExp][] = [
      [', 0x20: [9]', ', 0x20: [9]', /r\.yaml:8:\d+ PID 0x20 has the mask of supported PIDs/],
      [
        'physical: 0x18DA10F1',
        'physica: 0x18DA10F1',
        /r\.yaml:3:3 unknown key "physica".*"physical"/,
      ],
      [
        'answer: 0x18DAF110',
        'answer: 0x18DA10F1',
        /r\.yaml:5:11 answer has the identifier of a request/,
      ],
      ['extended: true', 'extended: false', /r\.yaml:3:13 physical is 0x18da10f1.*extended: true/],
      ['[1, 2, 3, 4]', '[1, 2, 3, 4, 5, 6]', /r\.yaml:8:\d+ PID 0x01 has 6 entries; at most 5 fit/],
      ['[1, 2, 3, 4]', '[]', /r\.yaml:8:\d+ PID 0x01 has no data/],
      ['0x01:', 'x:', /r\.yaml:8:\d+ PID x must be a number up to 0xff/],
      [
        '{ live: 4, count: 2 }',
        '{ live: 63, count: 2 }',
        /r\.yaml:9:\d+ identifier 0xF190 has live values up to 64/,
      ],
      [', at-most: 2', '', /r\.yaml:12:5 pending never ends.*"at-most"/],
      ['at-most: 2', 'at-most: 0', /r\.yaml:12:\d+ at-most must be a whole number from 1 to 255/],
      [
        'at-most: 2',
        'at-most: none',
        /r\.yaml:12:\d+ at-most must be a whole number from 1 to 255/,
      ],
      ['separation: 5ms', 'separation: 200ms', /r\.yaml:13:17 separation is 200000 us/],
      ['separation: 5ms', 'separation: 2500us', /r\.yaml:13:17 separation is 2500 us/],
      [
        'without-agl: silent',
        'without-agl: overflow',
        /r\.yaml:14:18 without-agl must be refuse or silent/,
      ],
      ['services: [0x22, 0x31]', 'services: [0x122]', /r\.yaml:11:\d+ service 1 is 290/],
      ['    services: [0x22, 0x31]\n', '', /r\.yaml:11:\d+ agl has no "services"/],
    ];
    for (const [before, after, expected] of rows) {
      const text = changed(before, after);
      const right = before.includes('0x20') ? text : text.replace(', 0x20: [9]', '');
      assert.match(complaints(right).join('\n'), expected, after);
    }
  });

  it('tells all that is wrong with what AGL serves at once', () => {
    const text = changed('services: [0x22, 0x31]', 'services: [0x122]')
      .replace('at-most: 2', 'at-most: 300')
      .replace('separation: 5ms', 'separation: 200ms')
      .replace('silent', 'overflow')
      .replace(', 0x20: [9]', '');
    const told = complaints(text).join('\n');
    for (const what of [
      /11:\d+ service 1/,
      /12:\d+ at-most/,
      /13:17 separation/,
      /14:18 without/,
    ]) {
      assert.match(told, what);
    }
  });

  it('says when it asks for too many rules', () => {
    const pids = Array.from({ length: 28 }, (_, index) => `0x${(index + 1).toString(16)}: [1]`);
    const text = changed('0x01: [1, 2, 3, 4], 0x20: [9]', pids.join(', '));
    assert.match(complaints(text).join('\n'), /r\.yaml:2:1 .*rules tried/);
  });
});

describe('without-agl of a rule', () => {
  const file = (what: string): string => `version: 1
rules:
  - { name: a, match: { id: 0x100, data: [~] }, answer: { id: 0x101, data: [1] }, ${what} }
`;

  it('takes copies and live values, and looks at the frame first', () => {
    const text = file(
      'without-agl: { id: 0x102, data: [~, ~], copy: [{ from: 2, to: 0 }], live: [{ from: 3, to: 1 }] }, forward: true',
    );
    const { table, image } = compileRules(text, 'r.yaml');
    assert.equal(table.rules[0].match.minimumLength, 3);
    assert.deepEqual(decodeRules(image), table);
  });

  it('is refused where it means nothing', () => {
    const steps = file('without-agl: { id: 0x102, data: [~], counter: { to: 0, count: 4 } }');
    assert.match(
      complaints(steps).join(),
      /r\.yaml:3:\d+ without-agl is made of bytes, copies and live values alone/,
    );
    const agl = file('without-agl: nothing, from: agl');
    assert.match(
      complaints(agl).join(),
      /rule "a" is about frames of AGL, which do not come without AGL/,
    );
  });
});
