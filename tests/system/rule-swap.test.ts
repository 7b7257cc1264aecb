// SPDX-License-Identifier: MIT
/**
 * New rule tables by request while the bus is full and AGL sends: no frame is lost either way, each is
 * treated by one of the two tables, and urgent answers come as soon as ever.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import type { RuleTable } from '../../rules/model.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { readStatusPage, type StatusPage } from '../../lab/page/status-page.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { demandFor } from '../../lab/verify/rule-oracle.ts';
import { onBothEngines } from './play.ts';

const MILLISECOND = 1_000_000;
/**
 * At 500 kbit/s the longest frame (extended, 8 bytes, every stuff bit: 160 bits) and the three bits
 * after it take 326 us; the answer goes next. 20 us more for the cell.
 */
const LATEST_ANSWER_NANOS = 346_000;

/** The same requests answered otherwise, and frames that are treated otherwise. */
const TABLES = [
  `version: 1
rules:
  - { name: fixed, match: { id: 0x010 }, answer: { id: 0x011, data: [0xA0, 0xA1] } }
  - name: copied
    match: { id: 0x020 }
    answer: { id: 0x021, length: 3, data: [0xA2], copy: [{ from: 0, to: 1, count: 2 }] }
  - { name: silent, match: { id: 0x500 }, action: drop }
`,
  `version: 1
rules:
  - { name: fixed, match: { id: 0x010 }, answer: { id: 0x011, data: [0xB0] } }
  - name: copied
    match: { id: 0x020 }
    answer: { id: 0x021, length: 3, data: [0xB2], copy: [{ from: 0, to: 1, count: 2 }] }
    forward: true
  - name: more
    match: { id: 0x600 }
    answer: { id: 0x012, length: 2, copy: [{ from: 0, to: 0, count: 2 }] }
`,
];
const COMPILED = TABLES.map((text) => compileRules(text, 'rules.yaml'));
/** A request first, so that every change of table meets one. */
const IDENTIFIERS = [0x010, 0x111, 0x020, 0x500, 0x600, 0x333];
const FRAMES: Record<EngineName, number> = { image: 420, wasm: 1_200 };

/** How often a new table comes, and a frame of AGL's. */
interface Rhythm {
  readonly swapNanos: number;
  readonly aglNanos: number;
}

const CALM: Rhythm = { swapNanos: 12 * MILLISECOND, aglNanos: 2 * MILLISECOND };
/** One table after the other: a request meets each moment of a change, and a frame of AGL's that may be on the wire. */
const DENSE: Record<EngineName, readonly Rhythm[]> = {
  image: [denseRhythm(1)],
  wasm: [0, 1, 2, 3, 4, 5, 6, 7].map(denseRhythm),
};

function denseRhythm(index: number): Rhythm {
  return { swapNanos: 200_000 + index * 37_000, aglNanos: 700_000 + index * 11_000 };
}

/** Every frame is another one: its first two bytes count. */
function busFrame(index: number): CanFrame {
  const identifier = IDENTIFIERS[index % IDENTIFIERS.length];
  return makeFrame({ identifier, data: [index & 0xff, index >> 8, 3, 4, 5, 6, 7, 8] });
}

interface Played {
  readonly bus: readonly WireRecord[];
  readonly given: readonly CanFrame[];
  /** Requests for another table that were carried out. */
  readonly swaps: number;
}

/** A full bus, frames of AGL, and new tables. */
function play(rig: Rig, frames: number, { swapNanos, aglNanos }: Rhythm): Played {
  const { board } = rig;
  assert.ok(board.control);
  const { requests, status } = board.control;
  let made = 0;
  const stream = new StreamNode({
    bus: board.bus,
    name: 'ecu',
    next: () => (made < frames ? busFrame(made++) : undefined),
  });
  stream.start();
  const given: CanFrame[] = [];
  const give = (nanos: number): void => {
    if (stream.sent >= frames) return;
    given.push(rig.sendFromAgl({ identifier: 0x100, data: [given.length & 0xff, 0x77] }));
    board.clock.schedule(nanos + aglNanos, give);
  };
  give(rig.now);
  const writer = new RequestWriter(requests);
  const finished = (): number => readStatusPage(status)?.request.sequence ?? -1;
  let swaps = 0;
  while (stream.sent < frames) {
    rig.run(swapNanos);
    const sequence = writer.write(ruleTableRequest(COMPILED[(swaps + 1) % 2].image));
    assert.ok(
      rig.runUntil(() => finished() === sequence, 100 * MILLISECOND),
      'never finished',
    );
    const page = readStatusPage(status);
    if (page) assert.equal(page.request.status, 0);
    swaps += 1;
  }
  rig.run(60 * MILLISECOND);
  return { bus: rig.wire.filter(({ outcome }) => outcome === 'complete'), given, swaps };
}

function pageOf(rig: Rig): StatusPage {
  const { control } = rig.board;
  assert.ok(control);
  let page: StatusPage | undefined;
  rig.runUntil(() => (page = readStatusPage(control.status)) !== undefined, 50 * MILLISECOND);
  assert.ok(page, 'the page is never whole');
  return page;
}

/** What a table makes of a frame of the bus, as text: the answer, and whether AGL gets it. */
function treatment(table: RuleTable, frame: CanFrame): string {
  const { answer, forward } = demandFor(table, frame);
  return `${answer ? formatFrame(answer) : 'none'} ${forward ? 'forwarded' : 'kept'}`;
}

/** What became of each frame: answers in order by their identifier, AGL's frames by their content. */
function seenTreatments(bus: readonly WireRecord[], agl: readonly CanFrame[]): string[] {
  const answers = new Map<number, CanFrame[]>();
  for (const { sender, frame } of bus) {
    if (sender !== CELL_SENDER || frame.identifier === 0x100) continue;
    answers.set(frame.identifier, [...(answers.get(frame.identifier) ?? []), frame]);
  }
  const forwarded = new Set(agl.map(formatFrame));
  const answerId: Record<number, number> = { 0x010: 0x011, 0x020: 0x021, 0x600: 0x012 };
  return bus
    .filter(({ sender }) => sender !== CELL_SENDER)
    .map(({ frame }) => {
      const queue = answers.get(answerId[frame.identifier] ?? -1) ?? [];
      // 0x600 is answered by the second table alone, with the request's own bytes.
      const isMine = frame.identifier !== 0x600 || queue[0]?.data[0] === frame.data[0];
      const answer = isMine ? queue.shift() : undefined;
      const isForwarded = forwarded.has(formatFrame(frame));
      return `${answer ? formatFrame(answer) : 'none'} ${isForwarded ? 'forwarded' : 'kept'}`;
    });
}

onBothEngines('a new rule table under load', (engine) => {
  it('costs no frame and no answer, and no frame is treated by half of each table', async () => {
    const rig = await openRig({ engine, rules: TABLES[0] });
    const { bus, given, swaps } = play(rig, FRAMES[engine], CALM);
    const others = bus.filter(({ sender }) => sender !== CELL_SENDER);
    assert.equal(others.length, FRAMES[engine]);
    assert.ok(swaps >= 5, `${swaps} changes`);

    const seen = seenTreatments(
      bus,
      rig.agl.map(({ frame }) => frame),
    );
    let inForce = 0;
    let changes = 0;
    for (const [index, { frame }] of others.entries()) {
      const [now, other] = [inForce, 1 - inForce].map((table) =>
        treatment(COMPILED[table].table, frame),
      );
      const what = `frame ${index} ${formatFrame(frame)}`;
      if (seen[index] === now) continue;
      assert.equal(seen[index], other, what);
      inForce = 1 - inForce;
      changes += 1;
    }
    // The last one may come after the last frame that shows it.
    assert.ok(changes === swaps || changes === swaps - 1, `${changes} of ${swaps} changes seen`);

    const sent = bus.filter(
      ({ sender, frame }) => sender === CELL_SENDER && frame.identifier === 0x100,
    );
    assert.deepEqual(
      sent.map(({ frame }) => formatFrame(frame)),
      given.map(formatFrame),
      "AGL's frames are all there, in order",
    );
    const page = pageOf(rig);
    for (const name of ['answersDropped', 'forwardDroppedFull', 'deadlineMisses'] as const) {
      assert.equal(page.counters[COUNTER[name]], 0, name);
    }
    assert.equal(page.counters[COUNTER.received], FRAMES[engine]);
    rig.close();
  });

  it('makes no answer late', async () => {
    for (const rhythm of [CALM, ...DENSE[engine]]) {
      const rig = await openRig({ engine, rules: TABLES[0] });
      const { bus } = play(rig, rhythm === CALM ? 240 : 120, rhythm);
      let latestNanos = 0;
      for (const [index, { sender, frame, endNanos }] of bus.entries()) {
        if (sender === CELL_SENDER || frame.identifier !== 0x010) continue;
        const answer = bus
          .slice(index + 1)
          .find((record) => record.sender === CELL_SENDER && record.frame.identifier === 0x011);
        assert.ok(answer, formatFrame(frame));
        latestNanos = Math.max(latestNanos, answer.startNanos - endNanos);
      }
      const what = `${latestNanos} ns with a table each ${rhythm.swapNanos} ns`;
      assert.ok(latestNanos > 0 && latestNanos <= LATEST_ANSWER_NANOS, what);
      rig.close();
    }
  });
});
