// SPDX-License-Identifier: MIT
/**
 * The wall: what AGL may send is what the rules `from: agl` say. Each refusal has a counter, a record in the
 * trace, and may raise an alarm. docs/rules.md, "What AGL may send", describes it.
 *
 * Expected frames are worked out by hand.
 */
import assert from 'node:assert/strict';
import { compileRules } from '../../rules/compile.ts';
import { readFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { runWall } from '../../lab/attack/wall-run.ts';
import { COUNTER, namedCounters } from '../../lab/page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import { readTrace } from '../../lab/page/rings.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const TRACE_AGL_REFUSED = 24;

const RULES = `version: 1
agl:
  default: deny
  alarm: { answer: { id: 0x7A0, length: 4, data: [0xA1], copy: [{ from: 0, to: 1, count: 2 }] }, every: 60ms }
rules:
  - { name: speed, from: agl, match: { id: 0x210, length: 2, data: [~, { min: 0, max: 0x7F }] } }
  - { name: lamps, from: agl, match: { id: [0x300, { from: 0x310, to: 0x31F }] }, rate: { per-second: 10, burst: 2 } }
  - { name: mode, from: agl, match: { id: 0x400, mask: 0x7F0 }, forward: true, modify: { and: { data: [0x0F] } } }
  - { name: secret, from: agl, match: { id: 0x500, extended: true }, action: drop }
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] } }
`;

/** AGL sends the frame; what the cell sends for it, also in the oracle's words. */
function fromAgl(rig: Rig, oracle: RuleOracle, text: string): string[] {
  rig.forget();
  const frame = readFrameText(text);
  assert.ok(frame, text);
  rig.sendFromAgl(frame);
  const said = oracle.feed(frame, 'agl', rig.now / 1000).toBus.map(textOf);
  rig.run(MILLISECOND);
  const sent = rig.sentBy('canwarden').map(textOf);
  assert.deepEqual(sent, said, `${text}: the cell and the oracle`);
  return sent;
}

onBoth('W1 only what the table lists reaches the bus, each refusal has its counter', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    const oracle = new RuleOracle(compileRules(RULES, 'r.yaml').table);
    const send = (text: string): string[] => fromAgl(rig, oracle, text);
    assert.deepEqual(send('210#0102'), ['210#0102']);
    // Bytes that the frame does not have are 0.
    assert.deepEqual(send('211#55'), ['7A0#A1550000'], 'not in the list; the alarm copies');
    assert.deepEqual(send('210#01'), [], 'too short; the alarm once in 60 ms');
    assert.deepEqual(send('210#010203'), [], 'too long');
    assert.deepEqual(send('210#0180'), [], 'value above 0x7F');
    assert.deepEqual(send('210#R2'), [], 'a remote frame is not listed');
    assert.deepEqual(send('00000210#0102'), [], 'nor is an extended one');
    assert.deepEqual(send('400#FF'), ['400#0F'], 'modified before it is sent');
    assert.deepEqual(send('00000500#'), [], 'a rule drops it');
    assert.deepEqual(send('300#'), ['300#']);
    assert.deepEqual(send('31F#01'), ['31F#01']);
    assert.deepEqual(send('310#01'), [], 'the burst of two is used up');
    rig.run(100 * MILLISECOND);
    assert.deepEqual(send('310#01'), ['310#01'], 'a tenth of a second later one more may');
    assert.deepEqual(send('320#'), ['7A0#A1000000']);

    const page = settledStatusPage(rig.board);
    assert.ok(page);
    const counted = namedCounters(page.counters);
    assert.equal(counted.from_agl_unlisted, 4);
    assert.equal(counted.from_agl_wrong_length, 2);
    assert.equal(counted.from_agl_wrong_value, 1);
    assert.equal(counted.from_agl_over_rate, 1);
    assert.equal(counted.from_agl_dropped_by_rule, 1);
    assert.equal(counted.from_agl_taken, 9 + (counted.from_agl ?? 0));
    assert.equal(page.rules.hits.at(5), 2, 'two alarms');
    const status = rig.board.control?.status;
    assert.ok(status);
    const refused = readTrace(status).filter(({ code }) => code === TRACE_AGL_REFUSED);
    // In 100 ms one: that of 211 is the first, and 320 came later.
    assert.deepEqual(
      refused.map(({ a, b }) => [a, b]),
      [
        [1, 0x211],
        [1, 0x320],
      ],
    );
  }),
);

onWasm(
  'W2 without "default: deny" what no rule takes reaches the bus, and a rate still holds',
  (engine) => {
    const rules = `version: 1
rules:
  - { name: lamps, from: agl, match: { id: 0x300 }, rate: { per-second: 10, burst: 1 } }
`;
    return withRig({ engine, rules }, (rig) => {
      const oracle = new RuleOracle(compileRules(rules, 'r.yaml').table);
      assert.deepEqual(fromAgl(rig, oracle, '123#01'), ['123#01']);
      assert.deepEqual(fromAgl(rig, oracle, '300#01'), ['300#01']);
      assert.deepEqual(fromAgl(rig, oracle, '300#02'), []);
    });
  },
);

onWasm('W3 a table without a rule about AGL may deny all that it sends, and answers', (engine) => {
  const rules = `version: 1
agl: { default: deny }
rules:
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] } }
`;
  return withRig({ engine, rules }, (rig) => {
    const oracle = new RuleOracle(compileRules(rules, 'r.yaml').table);
    for (const text of ['000#', '7FF#', '1FFFFFFF#01', '123#R']) {
      assert.deepEqual(fromAgl(rig, oracle, text), []);
    }
    rig.send({ identifier: 0x1a0 });
    rig.run(MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), ['1A1#01']);
  });
});

const LOCKED = `version: 1
agl: { default: deny, wall: locked, alarm: { answer: { id: 0x7A0, data: [0xA1] }, every: 1ms } }
rules:
  - { name: speed, from: agl, match: { id: 0x210, length: 2 }, forward: true, modify: { and: { data: [0xFF, 0x7F] } } }
  - { name: lamps, from: agl, match: { id: 0x300 }, rate: { per-second: 1, burst: 2 } }
  - { name: free, from: agl, match: { id: 0x400 } }
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] } }
`;

/** Tables that a compromised Linux loads, and what each lets through without the lock. */
const OPEN = `version: 1
receive: shared # no answer waits in a buffer of its own
rules:
  - { name: lamps, from: agl, match: { id: 0x300 }, rate: none }
  - { name: speed, from: agl, match: { id: 0x666 }, forward: true, modify: { set: { id: 0x210, data: [1, 0xFF], length: 2 } } }
  - { name: says-all, match: { id: 0x1A0, data: [~] }, answer: { id: 0x666, data: [9], length: 2, copy: [{ from: 0, to: 1 }] } }
  - { name: says-free, match: { id: 0x1B0, data: [~] }, answer: [{ id: 0x400, length: 1, copy: [{ from: 0, to: 0 }] }, { id: 0x401, data: [2] }] }
`;
const KEPT = `version: 1
rules:
  - { name: kept, match: { id: 0x1A0, remote: any }, answer: { id: 0x666, data: [9] } }
`;

onBoth('W4 a locked wall stays in force beside every table that AGL loads', (engine) =>
  withRig({ engine, rules: LOCKED }, (rig) => {
    const { control } = rig.board;
    assert.ok(control);
    const writer = new RequestWriter(control.requests);
    const sends = (text: string, from: 'agl' | 'bus' = 'agl'): string[] => {
      rig.forget();
      const frame = readFrameText(text);
      assert.ok(frame, text);
      if (from === 'agl') rig.sendFromAgl(frame);
      else rig.send(frame);
      rig.run(4 * MILLISECOND);
      return rig.sentBy('canwarden').map(textOf);
    };
    const load = (rules: string): number => {
      writer.write(ruleTableRequest(compileRules(rules, 'r.yaml').image));
      rig.run(60 * MILLISECOND);
      const page = settledStatusPage(rig.board);
      assert.ok(page);
      return page.request.status;
    };
    assert.deepEqual(sends('210#FFFF'), ['210#FF7F']);
    assert.deepEqual(sends('300#01'), ['300#01'], 'the first of a burst of two');

    // An image whose answer waits in a buffer of its own would not be asked.
    assert.equal(load(KEPT), 75);
    assert.deepEqual(sends('1A0#', 'bus'), ['1A1#01'], 'the old table stays');

    for (let round = 0; round < 3; round += 1) {
      assert.equal(load(OPEN), 0, `table ${round}`);
      // The rate goes on: one of the burst is left at first.
      assert.deepEqual(sends('300#02'), round === 0 ? ['300#02'] : ['7A0#A1'], 'its rate');
      assert.deepEqual(sends('210#FFFF'), ['210#FF7F'], 'its modify');
      assert.deepEqual(sends('210#FFFFFF'), ['7A0#A1'], 'its length, and its alarm');
      assert.deepEqual(sends('123#'), ['7A0#A1'], 'its default');
      // The table in force makes 210#01FF of it, and the wall 210#017F.
      assert.deepEqual(sends('666#'), ['210#017F'], 'a change does not get round it');
      assert.deepEqual(sends('1A0#55', 'bus'), [], 'an answer that AGL could not send');
      assert.deepEqual(sends('1B0#55', 'bus'), ['400#55'], 'one of two answers is let through');
    }
    const page = settledStatusPage(rig.board);
    assert.ok(page);
    assert.equal(page.counters[COUNTER.answersWalled], 6);
    assert.equal(page.counters[COUNTER.deadlineMisses], 0);
  }),
);

onWasm(
  'W5 a table that AGL loads cannot lock, and without a lock it may open the wall',
  (engine) => {
    const loaded = LOCKED.replace('wall: locked, ', '');
    return withRig({ engine, rules: loaded }, (rig) => {
      const { control } = rig.board;
      assert.ok(control);
      const writer = new RequestWriter(control.requests);
      for (const [rules, expected] of [
        [LOCKED, ['7A0#A1']],
        [OPEN, ['123#']],
      ] as const) {
        writer.write(ruleTableRequest(compileRules(rules, 'r.yaml').image));
        rig.run(60 * MILLISECOND);
        rig.forget();
        rig.sendFromAgl({ identifier: 0x123 });
        rig.run(4 * MILLISECOND);
        assert.deepEqual(rig.sentBy('canwarden').map(textOf), expected);
      }
    });
  },
);

onBoth(
  'W6 a hostile Linux against a locked wall: nothing else is on the wire, all is counted',
  async (engine) => {
    const frames =
      engine === 'wasm' ? { random: 1500, forbidden: 500 } : { random: 300, forbidden: 200 };
    const result = await runWall({ engine, seed: 7, ...frames });
    assert.deepEqual(result.problems, []);
    assert.ok(result.answers > 20, `${result.answers} answers`);
  },
);
