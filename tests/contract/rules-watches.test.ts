// SPDX-License-Identifier: MIT
/**
 * `timeout`, `changes` and `throttle` of a rule, and notices: what they become, their image, what the oracle makes of
 * them, and every mistake with its place.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reportOf } from '../../rules/bus/report.ts';
import { streamsOf } from '../../rules/bus/streams.ts';
import { worstCases } from '../../rules/bus/worst-case.ts';
import { compileText, RulesError } from '../../rules/compile-text.ts';
import { describeTable } from '../../rules/describe.ts';
import { explainTable } from '../../rules/explain.ts';
import { decodeRules } from '../../rules/image/decode.ts';
import { checkExpectations, formatFailure } from '../../rules/oracle/expect.ts';

const DBC = `BU_: A
BO_ 512 Speed: 2 A
 SG_ Value : 0|8@1+ (1,0) [0|0] "" A
 SG_ Motor : 15|4@0+ (1,0) [0|0] "" A
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
BA_ "GenMsgCycleTime" BO_ 512 100;
`;

const GOOD = `version: 1
dbc: car.dbc
rules:
  - name: speed
    match: { message: Speed }
    timeout: { after: 150ms, missing: { to: agl, frame: { id: 0x7A0, data: [1] } }, returned: { frame: { id: 0x7A1, data: [2] } } }
    changes: { signals: [Motor], length: true }
    throttle: 20ms
  - { name: door, match: { id: 0x300 }, timeout: 1s, changes: [0xFF, ~, 0x0F] }
  - { name: asked, match: { id: 0x301 }, answer: { id: 0x302 }, timeout: 1s }
cyclic:
  - { name: wake-up, every: 10ms, count: 3, frame: { id: 0x510 }, ended: { to: agl, frame: { id: 0x7A2, data: [3] } } }
`;

function compile(text: string) {
  return compileText(text, 'r.yaml', () => DBC);
}

function complaints(text: string): string[] {
  try {
    compile(text);
    return [];
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    return error.message.split('\n');
  }
}

describe('the watch of a rule', () => {
  const { table, image } = compile(GOOD);

  it('is what the file says, and its notices are rules that no frame matches', () => {
    // Motor has bits 15 to 12 of the data, highest first: the upper half of byte 1.
    assert.deepEqual(table.rules[0].watch, {
      timeout: { micros: 150_000, missing: 'speed-missing', returned: 'speed-returned' },
      changes: { mask: [0, 0xf0, 0, 0, 0, 0, 0, 0], length: true },
      throttleMicros: 20_000,
    });
    assert.deepEqual(
      table.rules.map(({ name, from, when }) => [name, from, typeof when]),
      [
        ['speed', undefined, 'undefined'],
        ['door', undefined, 'undefined'],
        ['asked', undefined, 'undefined'],
        ['speed-missing', 'agl', 'string'],
        ['speed-returned', undefined, 'string'],
        ['wake-up', undefined, 'object'],
        ['wake-up-ended', 'agl', 'string'],
      ],
    );
  });

  it('is the same after encode and decode', () => {
    assert.deepEqual(decodeRules(image), table);
  });

  it('is told by show and explain', () => {
    const shown = describeTable(table);
    assert.match(
      shown,
      /watch: missing after 150ms, told by speed-missing, its return by speed-ret/,
    );
    assert.match(
      shown,
      /forwarded if \[0x00 0xF0 .* or the length has changed; forwarded once in 20ms/,
    );
    assert.match(shown, /speed-missing: a notice to AGL/);
    assert.match(explainTable(table).join('\n'), /speed-returned +notice +0x7A1 to the bus/);
    assert.match(explainTable(table).join('\n'), /its end told by wake-up-ended/);
  });

  it('is compared with the traffic of a bus', () => {
    const kind = { length: 2, extended: false, remote: false, fromAgl: false, jitterNanos: 0 };
    const failing = (periodMillis: number): readonly [number, string] => {
      const message = { identifier: 0x300, ...kind, periodNanos: periodMillis * 1e6 };
      const traffic = { bitrate: 500_000, messages: [message] };
      const streams = streamsOf(table, traffic);
      const report = reportOf(traffic, streams, worstCases(streams.all, traffic));
      return [report.missed, report.lines.join('\n')];
    };
    assert.equal(failing(900)[0], 0);
    const [missed, lines] = failing(1000);
    assert.equal(missed, 1);
    assert.match(lines, /door: its frames may be 1000.000 ms apart .*, and its timeout is 1s/);
  });

  const MISTAKES: readonly (readonly [string, string, RegExp])[] = [
    [
      'after: 150ms',
      'after: 100ms',
      /^r.yaml:6:23 rule "speed" has a timeout of 100ms, and its frames come every 100ms, by the DBC file's GenMsgCycleTime: make it longer/,
    ],
    [
      'timeout: 1s, changes',
      'timeout: { after: 1s, period: 2s }, changes',
      /^r.yaml:9:59 .* every 2s:/,
    ],
    ['after: 150ms, ', '', /^r.yaml:6:14 timeout has no "after"/],
    [
      'timeout: 1s, changes',
      'timeout: 0ms, changes',
      /^r.yaml:9:50 timeout must be a time above 0/,
    ],
    ['missing: { to: agl', 'missing: { to: linux', /^r.yaml:6:45 to must be bus or agl/],
    [
      'id: 0x7A0, data: [1]',
      'id: 0x7A0, length: same-as-request',
      /^r.yaml:6:57 notice "speed-missing" answers no/,
    ],
    [
      'name: door',
      'name: speed-missing',
      /^r.yaml:6:30 name "speed-missing" is already used at r.yaml:9:13/,
    ],
    ['changes: [0xFF', 'changes: [0x1FF', /^r.yaml:9:64 mask of byte 0 is above 0xFF/],
    ['signals: [Motor]', 'signals: [Moter]', /^r.yaml:7:26 message "Speed" has no signal "Moter"/],
    [
      'match: { id: 0x300 }',
      'match: { id: [0x300, 0x310] }',
      /^r.yaml:9:63 changes compares frames of one/,
    ],
    [
      'match: { id: 0x300 }',
      'match: { id: 0x300, remote: any }',
      /^r.yaml:9:67 changes compares frames of one/,
    ],
    [
      '0x302 }, timeout: 1s',
      '0x302 }, throttle: 1s',
      /^r.yaml:10:65 throttle says which frames go on to AGL/,
    ],
    [
      'match: { id: 0x300 }',
      'from: agl, match: { id: 0x300 }',
      /^r.yaml:9:52 timeout is for frames of the bus/,
    ],
    ['count: 3, ', '', /ended|cyclic frame "wake-up" never ends: it has no "count"/],
  ];

  for (const [before, after, reason] of MISTAKES) {
    it(`${after.slice(0, 60)}: refused with its place`, () => {
      assert.ok(GOOD.includes(before), before);
      const said = complaints(GOOD.replace(before, after));
      assert.ok(
        said.some((line) => reason.test(line)),
        said.join('\n'),
      );
    });
  }

  it('may be that of 128 rules', () => {
    const rules = (count: number) =>
      Array.from(
        { length: count },
        (_, at) => `  - { name: r${at}, match: { id: ${0x100 + at} }, timeout: 1s }\n`,
      );
    const text = (count: number) =>
      `version: 1\nrules:\n${rules(count).join('')}`.replaceAll(
        /id: (\d+)/g,
        (_, id) => `id: 0x${Number(id).toString(16)}`,
      );
    assert.deepEqual(complaints(text(128)), []);
    assert.match(complaints(text(129))[0], /129 rules have .*; at most 128 may, and "r128"/);
  });
});

describe('expectations of watches', () => {
  const failures = (expect: string): string[] => {
    const { table, expectations } = compile(`${GOOD}expect:\n${expect}`);
    return checkExpectations(table, expectations).map(formatFailure);
  };

  it('tell what is forwarded, held, missing and back', () => {
    const story = `  - - { in: '200#0110', at: 1ms, out: agl 200#0110 }
    - { in: '200#021F', at: 5ms, out: [] } # the signal is as it was
    - { in: '200#0220', at: 6ms, out: [] } # held
    - { in: '200#0230', at: 7ms, out: [] } # held in its place
    - { at: 20ms, out: [510#, 510#, 510#, agl 7A2#03] }
    - { at: 21ms, out: [agl 200#0230] }
    - { at: 156ms, out: [] }
    - { at: 157ms, out: [agl 7A0#01] }
    - { at: 900ms, out: [] }
    - { in: '200#0230', at: 901ms, out: agl 200#0230 } # the first one after that is a change
    - { at: 902ms, out: [7A1#02] }
`;
    assert.deepEqual(failures(story), []);
    assert.equal(failures(story.replace('at: 156ms', 'at: 157ms')).length, 2);
    assert.equal(failures(story.replace('[agl 200#0230] }', '[agl 200#0220] }')).length, 1);
  });

  it('know a length as a change where the rule says so', () => {
    const story = `  - - { in: '300#0100AA', at: 1ms, out: agl 300#0100AA }
    - { in: '300#01FFFA', at: 2ms, out: [] }
    - { in: '300#01', at: 3ms, out: agl 300#01 } # byte 2 is not there, and so 0
    - { in: '300#', at: 4ms, out: agl 300# }
    - { in: '200#0000', at: 5ms, out: agl 200#0000 }
    - { in: '200#000000', at: 50ms, out: agl 200#000000 }
`;
    assert.deepEqual(failures(story), []);
  });
});

describe('a protected frame that does not come', () => {
  const CHECKED = `version: 1
rules:
  - name: torque
    match: { id: 0x210, length: 8 }
    forward: true
    timeout: 50ms
    check: { profile: 5, data-id: 0x1234, substitute: { set: { data: [0xEE, 0xEE] } } }
`;
  it('is no new data: AGL gets the substitute', () => {
    const expect = 'expect:\n  - { at: 300ms, out: [agl 210#EEEE000000000000] }\n';
    const { table, image, expectations } = compile(`${CHECKED}${expect}`);
    assert.deepEqual(checkExpectations(table, expectations), []);
    assert.deepEqual(decodeRules(image), table);
    assert.equal(table.rules[0].check?.on.at(-1), 'substitute');
  });

  it('needs a timeout, and cannot be marked', () => {
    const on = (word: string) =>
      CHECKED.replace('substitute: {', `on: { no-new-data: ${word} }, substitute: {`);
    assert.match(
      complaints(on('substitute').replace('    timeout: 50ms\n', ''))[0],
      /^r.yaml:6:62 no-new-data is found by a timeout/,
    );
    assert.match(complaints(on('drop'))[0], /^r.yaml:7:62 there is no frame that could be dropped/);
    assert.deepEqual(complaints(on('pass')), []);
  });
});
