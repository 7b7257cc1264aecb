// SPDX-License-Identifier: MIT
/**
 * The safe state of a table: what the cell sends while AGL is gone, when that begins and what ends it.
 * docs/rules.md, "The safe state", describes it.
 *
 * A frame of the safe state is on the wire at most 200 ms after AGL's last one.
 */
import assert from 'node:assert/strict';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { runSafeState } from '../../lab/attack/safe-run.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const BEGIN_NANOS = 200 * MILLISECOND;
const RULES = `version: 1
rules:
  - { name: reset, match: { id: 0x111 } }
  - { name: beat, from: agl, match: { id: 0x3F0 } }
cyclic:
  - { name: own, every: 7ms, frame: { id: 0x210, data: [9, 9] } }
  - { name: other, every: 9ms, frame: { id: 0x220, data: [9] } }
safe-state:
  # end
  frames:
    - { name: stop, every: 10ms, frame: { id: 0x210, data: [0, 0] } }
    - { name: lamp, every: 20ms, count: 2, phase: 5ms, frame: { id: 0x310, data: [1] } }
    - { name: tell, frame: { id: 0x7F0, data: [1] } }
`;

/** Frames of the cell, AGL's among them, with the time of their begin. */
function sent(rig: Rig): { nanos: number; text: string }[] {
  return rig.wire
    .filter(({ sender, outcome }) => sender === 'canwarden' && outcome === 'complete')
    .map(({ frame, startNanos }) => ({ nanos: startNanos, text: textOf(frame) }));
}

/** Texts of the frames with that identifier. */
function of(rig: Rig, identifier: string): string[] {
  return sent(rig)
    .map(({ text }) => text)
    .filter((text) => text.startsWith(`${identifier}#`));
}

/** AGL sends 0x210 with its own data every 2 ms while its bridge runs. */
function runWithAgl(rig: Rig, nanos: number): void {
  const end = rig.now + nanos;
  while (rig.now < end) {
    if (rig.board.bridge?.isRunning) rig.sendFromAgl({ identifier: 0x210, data: [0x77, 0x77] });
    rig.run(2 * MILLISECOND);
  }
}

function open(engine: EngineName, words: string, use: (rig: Rig) => void): Promise<void> {
  return withRig({ engine, rules: RULES.replace('# end', words) }, use);
}

onBoth('B6 a Linux that stands still is replaced within 200 ms, and takes over again', (engine) =>
  open(engine, 'after: 80ms\n  grace: 50ms', (rig) => {
    runWithAgl(rig, 30 * MILLISECOND);
    assert.ok(of(rig, '210').includes('210#0909'), 'the cell has its own cyclic frame');
    assert.ok(of(rig, '210').includes('210#7777'), 'and AGL the same identifier');
    assert.equal(of(rig, '310').length, 0);
    const hung = rig.now;
    const { bridge } = rig.board;
    assert.ok(bridge instanceof BridgeHost);
    bridge.hang();
    rig.forget();
    rig.run(BEGIN_NANOS + 60 * MILLISECOND);
    const first = sent(rig).find(({ text }) => text === '210#0000');
    assert.ok(first && first.nanos - hung <= BEGIN_NANOS, `begins at ${first?.nanos} of ${hung}`);
    const since = sent(rig).filter(({ nanos }) => nanos >= first.nanos);
    assert.deepEqual(
      since.filter(({ text }) => text.startsWith('210#') && text !== '210#0000'),
      [],
      'nothing else with its identifier, not from the table either',
    );
    assert.ok(
      since.some(({ text }) => text.startsWith('220#')),
      'other cyclic frames go on',
    );
    assert.equal(of(rig, '310').length, 2, 'a count');
    assert.equal(of(rig, '7F0').length, 1, 'once');

    bridge.goOn();
    rig.forget();
    runWithAgl(rig, 150 * MILLISECOND);
    const texts = of(rig, '210');
    const last = texts.lastIndexOf('210#0000');
    assert.ok(texts.includes('210#7777'), 'AGL is back');
    const foreign = texts.findIndex((text) => text !== '210#0000');
    assert.ok(last < foreign, `a safe-state frame after a live one: ${texts.join(' ')}`);
    const page = settledStatusPage(rig.board);
    assert.equal(page?.counters[COUNTER.safeStates], 1);
  }),
);

onWasm('B6 a bridge that was killed, and one that starts again', (engine) =>
  open(engine, '', (rig) => {
    for (let round = 0; round < 3; round += 1) {
      runWithAgl(rig, 20 * MILLISECOND);
      rig.board.bridge?.stop();
      rig.forget();
      rig.run(30 * MILLISECOND);
      assert.ok(of(rig, '210').includes('210#0000'), 'a process that ends is noticed at once');
      rig.board.bridge?.start();
      rig.forget();
      runWithAgl(rig, 60 * MILLISECOND);
      const texts = of(rig, '210');
      const foreign = texts.findIndex((text) => text !== '210#0000');
      assert.ok(foreign >= 0 && texts.lastIndexOf('210#0000') < foreign, texts.join(' '));
    }
  }),
);

onWasm('B6 without AGL it stands from the start, or after the grace', (engine) =>
  withRig({ engine, rules: RULES.replace('# end', 'grace: 40ms'), withoutAgl: true }, (rig) => {
    rig.run(60 * MILLISECOND);
    const first = (text: string): number =>
      sent(rig).find((one) => one.text === text)?.nanos ?? NaN;
    // 0x220 begins when the cell is ready.
    const grace = first('210#0000') - first('220#09');
    assert.ok(Math.abs(grace - 40 * MILLISECOND) < 2 * MILLISECOND, `${grace} ns`);
  }),
);

onWasm('B6 a frame of the bus ends it, and not the AGL that is back', (engine) =>
  open(engine, 'until: { rule: reset }', (rig) => {
    rig.board.bridge?.stop();
    rig.run(30 * MILLISECOND);
    rig.board.bridge?.start();
    rig.run(60 * MILLISECOND);
    rig.forget();
    runWithAgl(rig, 30 * MILLISECOND);
    assert.deepEqual([...new Set(of(rig, '210'))], ['210#0000'], 'AGL may not send it');
    const page = settledStatusPage(rig.board);
    assert.ok((page?.counters[COUNTER.fromAglSafeState] ?? 0) > 0);
    rig.send({ identifier: 0x111 });
    rig.run(5 * MILLISECOND);
    rig.forget();
    runWithAgl(rig, 30 * MILLISECOND);
    assert.ok(of(rig, '210').includes('210#7777'));
    assert.equal(of(rig, '210').includes('210#0000'), false);
    // AGL dies, the frame ends it, and it does not begin again before AGL was there.
    rig.board.bridge?.stop();
    rig.run(10 * MILLISECOND);
    rig.send({ identifier: 0x111 });
    rig.run(5 * MILLISECOND);
    rig.forget();
    rig.run(60 * MILLISECOND);
    assert.deepEqual([...new Set(of(rig, '210'))], ['210#0909']);
  }),
);

onWasm('B6 a heartbeat of AGL in frames, and a safe state that never ends', (engine) =>
  open(engine, 'heartbeat: { rule: beat, within: 30ms }\n  until: never', (rig) => {
    const beat = (): void => {
      rig.sendFromAgl({ identifier: 0x3f0 });
      rig.run(20 * MILLISECOND);
    };
    rig.run(60 * MILLISECOND);
    assert.ok(of(rig, '210').includes('210#0000'), 'no heartbeat came yet');
    rig.forget();
    for (let count = 0; count < 4; count += 1) beat();
    assert.ok(of(rig, '210').every((text) => text === '210#0000'));
  }),
);

for (const wall of ['open', 'locked'] as const) {
  onWasm(
    `B6 Linux ends at random moments, and loads tables at the edges: wall ${wall}`,
    async (engine) => {
      const result = await runSafeState({ engine, seed: 7, rounds: 12, wall });
      assert.deepEqual(result.problems, []);
      assert.ok(result.latestBeginNanos <= BEGIN_NANOS);
      assert.ok(result.taken > 0 && result.refused > 0, 'some are taken, some refused');
    },
  );
}
