// SPDX-License-Identifier: MIT
/**
 * The safe state against a Linux that is not there to help: heartbeats and ends across a swap of tables, remote frames,
 * and a locked wall that keeps the safe state of the table loaded at the start.
 *
 * Sources: docs/rules.md, "The safe state" and "What AGL may send". Expected frames are worked out by hand.
 */
import assert from 'node:assert/strict';
import type { EngineName } from '../../twin/engine/engine.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { compileRules } from '../../rules/compile.ts';
import { rulesChecksum } from '../../rules/image/encode.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

/** The cell looks once a millisecond, and a frame is on the bus for 0.13 ms at most. */
const LATE_NANOS = 2 * MILLISECOND;

/** A table: `agl` in front of the rules, `safe` in the safe state, `more` behind the rules. */
function table({ agl = '', safe = '', more = '', data = '[0, 0]' } = {}): string {
  return `version: 1
receive: shared
${agl}
rules:
  - { name: reset, match: { id: 0x111 } }
  - { name: beat, from: agl, match: { id: 0x3F0 } }
  - { name: torque, from: agl, match: { id: 0x210 } }
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] } }
${more}
safe-state:
  ${safe}
  frames:
    - { name: stop, every: 10ms, frame: { id: 0x210, data: ${data} } }
    - { name: tell, every: 20ms, frame: { id: 0x310, data: [1, ~], counter: { to: 8, count: 4 }, checksum: sae-j1850 } }
`;
}

const HEARTBEAT = 'heartbeat: { rule: beat, within: 100ms }';

function open(engine: EngineName, rules: string, use: (rig: Rig) => void): Promise<void> {
  return withRig({ engine, rules }, use);
}

/** When the cell began to send frames with that text. */
function timesOf(rig: Rig, text: string): number[] {
  return rig.wire
    .filter(({ sender, outcome }) => sender === 'canwarden' && outcome === 'complete')
    .filter(({ frame }) => textOf(frame) === text)
    .map(({ startNanos }) => startNanos);
}

const writers = new WeakMap<Rig, RequestWriter>();

/** Loads a table as AGL does. Returns the status. */
function load(rig: Rig, rules: string | Buffer): number {
  const { control } = rig.board;
  assert.ok(control);
  const writer = writers.get(rig) ?? new RequestWriter(control.requests);
  writers.set(rig, writer);
  const image = typeof rules === 'string' ? compileRules(rules, 'r.yaml').image : rules;
  writer.write(ruleTableRequest(image));
  rig.run(60 * MILLISECOND);
  return settledStatusPage(rig.board)?.request.status ?? -1;
}

/** AGL's heartbeat, and a torque of its own, every 10 ms. */
function live(rig: Rig, millis: number): number {
  for (let passed = 0; passed < millis; passed += 10) {
    rig.sendFromAgl({ identifier: 0x3f0 });
    rig.sendFromAgl({ identifier: 0x210, data: [0x77, 0x77] });
    rig.run(10 * MILLISECOND);
  }
  return rig.now - 10 * MILLISECOND;
}

function begins(rig: Rig, lastNanos: number): void {
  const [first] = timesOf(rig, '210#0000');
  const after = first - lastNanos - 100 * MILLISECOND;
  assert.ok(Math.abs(after) <= LATE_NANOS, `begins ${after} ns beside its time`);
}

onBoth('B6 heartbeat frames that stop begin the safe state, and it stays', (engine) =>
  open(engine, table({ safe: HEARTBEAT }), (rig) => {
    live(rig, 40);
    rig.forget();
    const last = live(rig, 60);
    assert.deepEqual(timesOf(rig, '210#0000'), []);
    rig.run(200 * MILLISECOND);
    begins(rig, last);
    assert.ok(timesOf(rig, '210#0000').length >= 10, 'it stays while no heartbeat comes');
    assert.equal(settledStatusPage(rig.board)?.counters[COUNTER.safeStates], 2);
  }),
);

onBoth('B6 a swap of tables is no heartbeat, and forgets none', (engine) =>
  open(engine, table({ safe: HEARTBEAT }), (rig) => {
    live(rig, 40);
    const last = live(rig, 40);
    rig.forget();
    assert.equal(load(rig, table({ safe: HEARTBEAT, data: '[0, 0, 0]' })), 0);
    assert.deepEqual(timesOf(rig, '210#000000'), []);
    rig.run(60 * MILLISECOND);
    const [first] = timesOf(rig, '210#000000');
    const after = first - last - 100 * MILLISECOND;
    assert.ok(Math.abs(after) <= LATE_NANOS, `begins ${after} ns beside its time`);
  }),
);

onWasm('B6 a frame that ends the safe state ends only one that stands', (engine) =>
  open(engine, table({ safe: 'until: { rule: reset }' }), (rig) => {
    rig.run(20 * MILLISECOND);
    rig.send({ identifier: 0x111 });
    rig.run(5 * MILLISECOND);
    rig.board.bridge?.stop();
    rig.forget();
    rig.run(50 * MILLISECOND);
    assert.ok(timesOf(rig, '210#0000').length >= 4, 'one from before does not count');
  }),
);

onBoth(
  'B6 a remote frame of an identifier of the safe state is refused like a data frame',
  (engine) =>
    open(engine, table({ safe: 'until: { rule: reset }' }), (rig) => {
      rig.board.bridge?.stop();
      rig.run(30 * MILLISECOND);
      rig.board.bridge?.start();
      rig.run(60 * MILLISECOND);
      rig.forget();
      rig.sendFromAgl({ identifier: 0x210, remote: true, dlc: 2, data: [] });
      rig.sendFromAgl({ identifier: 0x210, data: [0x77] });
      rig.sendFromAgl({ identifier: 0x211, remote: true, dlc: 2, data: [] });
      rig.run(5 * MILLISECOND);
      const sent = rig.sentBy('canwarden').map(textOf);
      assert.deepEqual(
        sent.filter((text) => /^21[01]#[R7]/.test(text)),
        ['211#R2'],
      );
      assert.equal(settledStatusPage(rig.board)?.counters[COUNTER.fromAglSafeState], 2);
    }),
);

onBoth(
  'B6 a frame that is sent once is sent, also beside one of the table that still waits',
  (engine) => {
    const rules = `version: 1
cyclic:
${[1, 2, 3, 4].map((id) => `  - { name: c${id}, every: 2ms, frame: { id: 0x10${id}, data: [] } }`).join('\n')}
  - { name: hums, every: 2ms, frame: { id: 0x310, data: [9] } }
safe-state:
  frames:
    - { name: tell, frame: { id: 0x310, data: [1] } }
`;
    return open(engine, rules, (rig) => {
      rig.run(20 * MILLISECOND);
      rig.forget();
      // 0.25 ms each at 500 kbit/s: the cyclic frame waits from its time on.
      for (let count = 0; count < 40; count += 1) {
        rig.send({ identifier: 0x050, data: [0, 0, 0, 0, 0, 0, 0, 0] });
      }
      rig.run(4 * MILLISECOND);
      rig.board.bridge?.stop();
      rig.run(20 * MILLISECOND);
      const texts = rig.sentBy('canwarden').map(textOf);
      assert.equal(texts.filter((text) => text === '310#01').length, 1, texts.join(' '));
      assert.equal(
        texts.findLast((text) => text.startsWith('310#')),
        '310#01',
        'the other pauses',
      );
    });
  },
);

const LOCK = 'agl: { default: deny, wall: locked }';
const SAFE = `after: 80ms\n  ${HEARTBEAT}`;
const LOCKED = table({ agl: LOCK, safe: SAFE });
const WITHOUT = `version: 1
rules:
  - { name: torque, from: agl, match: { id: 0x210 } }
`;
/** One thing weaker in each. */
const WEAKER: Readonly<Record<string, string>> = {
  'no safe state': WITHOUT,
  'AGL may be silent longer': LOCKED.replace('after: 80ms', 'after: 90ms'),
  'a heartbeat less often': LOCKED.replace('within: 100ms', 'within: 110ms'),
  'no heartbeat': LOCKED.replace(HEARTBEAT, ''),
  'another heartbeat': LOCKED.replace('{ id: 0x3F0 }', '{ id: [0x3F0, 0x210] }').replace(
    'name: torque, from: agl, match: { id: 0x210 }',
    'name: torque, from: agl, match: { id: 0x212 }',
  ),
  'a grace': LOCKED.replace('after: 80ms', 'after: 80ms\n  grace: 1s'),
  'another end': LOCKED.replace('after: 80ms', 'after: 80ms\n  until: { rule: reset }'),
  'a frame less often': LOCKED.replace('every: 10ms', 'every: 11ms'),
  'a frame later': LOCKED.replace('every: 10ms', 'every: 10ms, phase: 1ms'),
  'a frame only twice': LOCKED.replace('every: 10ms', 'every: 10ms, count: 2'),
  'other data': LOCKED.replace('[0, 0]', '[0, 1]'),
  'another checksum': LOCKED.replace('sae-j1850', 'autosar'),
  'another counter': LOCKED.replace('count: 4', 'count: 3'),
  'a frame fewer': LOCKED.replace(/ +- \{ name: tell.*\n/, ''),
  'a frame more': `${LOCKED}    - { name: more, every: 10ms, frame: { id: 0x210, data: [9] } }\n`,
};

onWasm(
  'W7 beside a locked wall a table that takes or weakens the safe state is refused',
  (engine) =>
    open(engine, LOCKED, (rig) => {
      live(rig, 40);
      for (const [what, rules] of Object.entries(WEAKER)) {
        assert.equal(load(rig, rules), 76, what);
        live(rig, 20);
      }
      // Other rules, in another order, with the safe state as it was.
      const other = table({
        safe: SAFE,
        more: '  - { name: more, match: { id: 0x1B0 }, answer: { id: 0x1B1, data: [2], checksum: autosar } }',
      }).replace(/( +- \{ name: reset.*\n)( +- \{ name: beat.*\n)/, '$2$1');
      assert.equal(load(rig, other), 0, 'the same in other words');
      const last = live(rig, 40);
      rig.forget();
      rig.run(150 * MILLISECOND);
      begins(rig, last);
    }),
);

/** A compiled table with bytes of it changed, as a compromised Linux might. */
function forged(rules: string, change: (image: Buffer) => void): Buffer {
  const image = Buffer.from(compileRules(rules, 'r.yaml').image);
  change(image);
  image.writeUInt32LE(rulesChecksum(image), 12);
  return image;
}

onBoth(
  'W7 what such a table says by an identifier of the safe state waits until that has ended',
  (engine) =>
    open(engine, LOCKED, (rig) => {
      live(rig, 40);
      const says = table({
        safe: SAFE,
        more: `  - { name: says, match: { id: 0x1C0, data: [~] }, answer: { id: 0x210, length: 1, copy: [{ from: 0, to: 0 }] } }
cyclic:
  - { name: hums, every: 7ms, frame: { id: 0x210, data: [9] } }`,
      });
      // The flag by which its cyclic frame pauses.
      const image = forged(says, (bytes) => {
        const at = bytes.indexOf(Buffer.from([1, 2]), 64 + 64 * 8);
        assert.equal(bytes.readUInt32LE(at + 4), 7_000, 'the timer of the cyclic frame');
        bytes[at + 1] = 0;
      });
      assert.equal(load(rig, image), 0);
      live(rig, 40);
      rig.forget();
      rig.send({ identifier: 0x1c0, data: [0x55] });
      live(rig, 20);
      assert.equal(timesOf(rig, '210#55').length, 1);
      assert.ok(timesOf(rig, '210#09').length > 1);
      rig.run(150 * MILLISECOND);
      rig.forget();
      rig.send({ identifier: 0x1c0, data: [0x55] });
      rig.run(40 * MILLISECOND);
      const texts = rig.sentBy('canwarden').map(textOf);
      assert.deepEqual([...new Set(texts.filter((text) => text.startsWith('210#')))], ['210#0000']);
    }),
);

onWasm(
  'W7 an answer in a buffer of its own may not have an identifier of the safe state',
  (engine) =>
    open(engine, LOCKED, (rig) => {
      live(rig, 20);
      const kept = table({
        safe: SAFE,
        more: '  - { name: kept, match: { id: 0x1D0, remote: any }, answer: { id: 0x210, data: [9] } }',
      }).replace('receive: shared', '');
      assert.equal(load(rig, kept), 75);
    }),
);
