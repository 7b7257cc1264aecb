// SPDX-License-Identifier: MIT
/**
 * `cyclic` and `safe-state` of a rules file: what they become, their image, and every mistake with its place.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { decodeRules } from '../../rules/image/decode.ts';
import { NO_FRAME, timerOf } from '../../rules/model.ts';
import { checkExpectations } from '../../rules/oracle/expect.ts';

const GOOD = `version: 1
rules:
  - { name: torque, from: agl, match: { id: 0x210, length: 2, data: [{ min: 0, max: 0x64 }, ~] } }
  - { name: beat, from: agl, match: { id: 0x3F0 } }
  - { name: reset, match: { id: 0x111 } }
cyclic:
  - { name: slow, every: 1s, phase: 250us, frame: { id: 0x500, data: [1] } }
  - { name: fast, every: 10ms, count: 5, then: 100ms, frame: { id: 0x100, length: 2, live: [{ from: 3, to: 0 }], counter: { to: 8, count: 8 } } }
  - { name: own, every: 5ms, frame: { id: 0x210, data: [1, 1] } }
safe-state:
  after: 80ms
  grace: 2s
  heartbeat: { rule: beat, within: 50ms }
  until: { rule: reset }
  frames:
    - { name: stop, every: 20ms, frame: { id: 0x210, length: 2, counter: { to: 8, count: 8 } } }
    - { name: tell, frame: { id: 0x7F0, data: [1] } }
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

describe('cyclic frames and the safe state of a rules file', () => {
  const { table, image } = compileRules(GOOD, 'r.yaml');

  it('are rules that no frame matches, each with its timer', () => {
    const fast = table.rules.find(({ name }) => name === 'fast');
    assert.ok(fast);
    assert.equal(fast.match, NO_FRAME);
    assert.deepEqual(timerOf(fast), {
      ...{ kind: 'cyclic', intervalMicros: 10_000, phaseMicros: 0 },
      ...{ count: 5, thenMicros: 100_000 },
    });
    assert.deepEqual(
      table.rules.map(({ name }) => name),
      ['torque', 'beat', 'reset', 'slow', 'fast', 'own', 'stop', 'tell'],
    );
    assert.deepEqual(table.safeState, {
      ...{ afterMicros: 80_000, graceMicros: 2_000_000, until: { rule: 'reset' } },
      heartbeat: { rule: 'beat', withinMicros: 50_000 },
    });
  });

  it('are the same after encode and decode', () => {
    assert.deepEqual(decodeRules(image), table);
  });

  it('need no rules beside them, and so do filters and agl', () => {
    const alone = 'version: 1\ncyclic: [{ name: a, every: 1s, frame: { id: 1 } }]\n';
    assert.deepEqual(compileRules(alone, 'r.yaml'), compileRules(`${alone}rules: []\n`, 'r.yaml'));
    const others = [
      'safe-state: { frames: [{ name: a, frame: { id: 1 } }] }',
      'filters: ["100:700"]',
      'agl: { default: deny }',
    ];
    for (const other of others) assert.deepEqual(complaints(`version: 1\n${other}\n`), []);
    assert.match(complaints('version: 1\ndefault: drop\n')[0], /no "rules"/);
  });

  it('lie in the image behind the safe state, the strongest first, the replaced one marked', () => {
    const count = image.readUInt16LE(48);
    assert.equal(count, 6);
    // 8 rules of 64 bytes, and steps of 16.
    const start = 64 + 8 * 64 + 16 * image.readUInt16LE(30) + 24 * image.readUInt16LE(28);
    const records = Array.from({ length: count }, (_, index) => {
      const at = start + 32 * index;
      return [image[at], image[at + 1], image.readUInt16LE(at + 2)];
    });
    assert.deepEqual(records, [
      [2, 0, 3], // until rule 3, from 1
      [1, 0, 4], // 0x100
      [1, 2, 5], // 0x210, not while the safe state stands
      [1, 1, 6], // 0x210 of the safe state
      [1, 0, 3], // 0x500
      [1, 1, 7], // 0x7F0
    ]);
  });

  const MISTAKES: readonly (readonly [string, string, RegExp])[] = [
    ['every: 1s, phase', 'every: 0ms, phase', /^r.yaml:7:26 every must be a time above 0/],
    ['every: 1s, phase', 'every: 3000s, phase', /^r.yaml:7:26 every is 3000000000 us: it is/],
    ['every: 1s, phase', 'every: 500ns, phase', /^r.yaml:7:26 every is 0.5 us: it is a whole/],
    ['every: 1s, ', 'evry: 1s, ', /^r.yaml:7:19 unknown key "evry" in cyclic frame 1; did you/],
    ['count: 5, then', 'then', /^r.yaml:8:32 cyclic frame "fast" has a second interval, but no/],
    // 8 bytes and 29 bits have 131 bits without stuff bits (ISO 11898-1): 131 us at 1 Mbit/s. One of no byte 47.
    [
      'every: 1s, phase: 250us, frame: { id: 0x500, data: [1] }',
      'every: 130us, frame: { id: 0x500, extended: true, length: 8 }',
      /^r.yaml:7:13 with "slow" the frames that timers send fill 101 % of the fastest bus/,
    ],
    [
      'every: 5ms, frame: { id: 0x210, data: [1, 1] }',
      'every: 46us, frame: { id: 0x300, length: 0 }',
      /^r.yaml:9:13 with "own" .* fill 102 %/,
    ],
    ['count: 5', 'count: 0', /^r.yaml:8:39 count is 0: it is from 1 to/],
    ['id: 0x500, data: [1]', 'id: 0x500, length: same-as-request', /^r.yaml:7:51 cyclic frame/],
    ['name: slow', 'name: beat', /^r.yaml:7:13 name "beat" is already used at r.yaml:4:13/],
    [
      'rule: beat, within',
      'rule: bear, within',
      /^r.yaml:13:14 heartbeat names rule "bear", which is not there; did you mean "beat"\?/,
    ],
    [
      'rule: beat, within',
      'rule: reset, within',
      /^r.yaml:13:14 heartbeat names rule "reset", which is not one from: agl/,
    ],
    [
      'until: { rule: reset }',
      'until: { rule: beat }',
      /^r.yaml:14:10 until names rule "beat", which is not one about/,
    ],
    ['until: { rule: reset }', 'until: nevr', /^r.yaml:14:10 until must be agl or never/],
    [
      'counter: { to: 8, count: 8 } } }\n    - ',
      'live: [{ from: 0, to: 1 }] } }\n    - ',
      /^r.yaml:16:15 safe-state frame "stop" has live values/,
    ],
    [
      'length: 2, counter: { to: 8, count: 8 } } }\n    - ',
      'data: [0] } }\n    - ',
      /^r.yaml:16:15 safe-state frame "stop" is one that the rules from: agl keep .* of this length/,
    ],
    [
      'length: 2, counter: { to: 8, count: 8 } } }\n    - ',
      'data: [0xFF, 0] } }\n    - ',
      /^r.yaml:16:15 .* of this data/,
    ],
    [
      'match: { id: 0x111 } }',
      'match: { id: 0x111 }, answer: { id: 0x210, live: [{ from: 0, to: 0 }] } }',
      /^r.yaml:5:27 rule "reset" answers 0x210 with live values/,
    ],
  ];

  for (const [before, after, reason] of MISTAKES) {
    it(`${after.slice(0, 60).replaceAll('\n', ' ')}: refused with its place`, () => {
      const said = complaints(changed(before, after));
      assert.ok(
        said.some((line) => reason.test(line)),
        said.join('\n'),
      );
    });
  }

  it('without a frame the safe state is refused', () => {
    const none = 'version: 1\nrules: []\nsafe-state: { frames: [] }\n';
    assert.deepEqual(complaints(none), ['r.yaml:3:23 safe-state has no frame that it could send']);
  });

  it('a late begin is warned of', () => {
    const { warnings } = compileRules(changed('after: 80ms', 'after: 200ms'), 'r.yaml');
    assert.match(warnings[0]?.reason ?? '', /noticed after 200 ms only/);
  });
});

describe('expectations in time', () => {
  const failures = (expect: string): number => {
    const text = `${GOOD.replace('heartbeat: { rule: beat, within: 50ms }', '')}expect:\n${expect}`;
    const { table, expectations } = compileRules(text, 'r.yaml');
    return checkExpectations(table, expectations).length;
  };

  it('tell what timers send, and what becomes of AGL', () => {
    const good = `  - - { at: 5ms, out: [100#0000, 210#0101, 500#01, 210#0101] }
    - { at: 9ms, out: [] }
    - { at: 11ms, live: { 3: 0x44 }, out: [100#4401, 210#0101] }
`;
    assert.equal(failures(good), 0);
    assert.equal(failures(good.replace('500#01, ', '')), 1);
    assert.equal(failures(good.replace('at: 9ms', 'at: 10ms')), 2);
  });

  it('follow the safe state: silence, frames of AGL, and the frame that ends it', () => {
    const story = `  - - { at: 1s, agl: silent }
    - { at: 1079ms, out: [] }
`;
    assert.equal(failures(story), 1, 'cyclic frames were sent');
    const quiet = `version: 1
rules: [{ name: reset, match: { id: 0x111 } }, { name: all, from: agl, match: { id: 0x210 } }]
safe-state: { after: 80ms, until: { rule: reset }, frames: [{ name: stop, every: 20ms, frame: { id: 0x210, data: [0] } }] }
expect:
  - - { at: 1s, agl: silent }
    - { at: 1079ms, out: [] }
    - { at: 1100ms, out: [210#00, 210#00] }
    - { at: 1101ms, agl: there, out: [] }
    - { in: 210#77, from: agl, out: [] }
    - { in: 111#, at: 1102ms, out: agl 111# }
    - { in: 210#77, from: agl, out: 210#77 }
    - { at: 2s, out: [] }
`;
    const { table, expectations } = compileRules(quiet, 'r.yaml');
    assert.deepEqual(checkExpectations(table, expectations), []);
  });

  it('refuse a step that neither has a frame nor expects any', () => {
    assert.throws(() => failures('  - - { at: 5ms }\n'), /has no "in", the frame that comes/);
    assert.throws(() => failures('  - - { in: 1#, agl: gone, out: [] }\n'), /a step of its own/);
  });
});
