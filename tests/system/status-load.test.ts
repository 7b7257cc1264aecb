// SPDX-License-Identifier: MIT
/**
 * The status page while the bus is full and AGL sends: what a reader sees is consistent at every
 * moment, and in the end it is what happened on the wires.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { Histogram } from '../../lab/page/histogram.ts';
import { readRecorder } from '../../lab/page/rings.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { readStatusPage, type StatusPage } from '../../lab/page/status-page.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { onBothEngines } from './play.ts';
import { EACH_KIND } from '../rule-tables.ts';

const MILLISECOND = 1_000_000;
const SEQUENCE = 0x08;
const LOCKED_START = 0x0c;
const LOCKED_END = 0x1f00;
/** The latency histogram of the bus: in the middle, and not under the number (docs/status-page.md). */
const UNLOCKED_START = 0x0f00;
const UNLOCKED_END = 0x1058;
/** A refresh every 10 ms, and the time it takes under load. */
const REFRESHED_NANOS = 40 * MILLISECOND;

const statusOf = (rig: Rig): Buffer => {
  assert.ok(rig.board.control);
  return rig.board.control.status;
};

/** One frame in four is a request; the second byte counts, so that every frame is another one. */
function loadFrame(index: number): CanFrame {
  const identifier = [0x111, 0x1a0, 0x222, 0x2b0, 0x333, 0x7f3, 0x444, 0x555][index % 8];
  return makeFrame({ identifier, data: [index & 0xff, index >> 8, 3, 4, 5, 6, 7, 8] });
}

/** A bus that is never free for `frames` frames, and AGL's frames besides. */
function startTraffic(rig: Rig, frames: number): { readonly isDone: () => boolean } {
  let made = 0;
  const stream = new StreamNode({
    bus: rig.board.bus,
    name: 'ecu',
    next: () => (made < frames ? loadFrame(made++) : undefined),
  });
  stream.start();
  const { clock } = rig.board;
  let given = 0;
  const give = (nanos: number): void => {
    if (stream.sent >= frames) return;
    rig.sendFromAgl({ identifier: 0x100, data: [given & 0xff, given >> 8] });
    given += 1;
    clock.schedule(nanos + 3 * MILLISECOND, give);
  };
  give(clock.now);
  return { isDone: () => stream.sent >= frames && (rig.board.bridge?.pendingCount ?? 0) === 0 };
}

function pageOf(rig: Rig): StatusPage {
  let page: StatusPage | undefined;
  assert.ok(rig.runUntil(() => (page = readStatusPage(statusOf(rig))) !== undefined, 50e6));
  assert.ok(page);
  return page;
}

const inBuckets = ({ buckets }: Histogram): number => buckets.reduce((sum, one) => sum + one, 0);

/** What a page says that never gets less. */
const totalsOf = ({ counters, rules, histograms, tasks }: StatusPage): number[] => [
  ...counters,
  ...rules.hits,
  ...Object.values(histograms).flatMap(({ count, buckets }) => [count, ...buckets]),
  ...tasks.map(({ runs }) => runs),
];

const framesOf: Record<EngineName, number> = { image: 300, wasm: 5_000 };

onBothEngines('the status page under load', (engine) => {
  it('changes only while its sequence number says so, and nothing in it ever goes back', async () => {
    const rig = await openRig({ engine, rules: EACH_KIND });
    const traffic = startTraffic(rig, 300);
    const section = statusOf(rig);
    let before = pageOf(rig);
    let last: { readonly sequence: number; readonly bytes: Buffer } | undefined;
    let rewriting = 0;
    let pages = 0;
    while (!traffic.isDone()) {
      rig.run(13_000);
      const sequence = section.readUInt32LE(SEQUENCE);
      const bytes = Buffer.concat([
        section.subarray(LOCKED_START, UNLOCKED_START),
        section.subarray(UNLOCKED_END, LOCKED_END),
      ]);
      if (sequence % 2 !== 0) {
        rewriting += 1;
        continue;
      }
      if (last?.sequence === sequence) assert.ok(last.bytes.equals(bytes), 'changed meanwhile');
      last = { sequence, bytes };
      const page = readStatusPage(section);
      assert.ok(page);
      if (page.sequence === before.sequence) continue;
      pages += 1;
      assert.ok(page.heartbeat > before.heartbeat && page.nowTicks > before.nowTicks);
      const totals = totalsOf(page);
      totalsOf(before).forEach((total, index) => assert.ok(totals[index] >= total, `${index}`));
      before = page;
    }
    assert.ok(pages >= 5, `${pages} refreshes`);
    assert.ok(rewriting > 0, 'never seen in the middle of a refresh');
    rig.close();
  });

  it('is in the end what was on the wires, and the recorder has every frame', async () => {
    const rig = await openRig({ engine, rules: EACH_KIND });
    const frames = framesOf[engine];
    const traffic = startTraffic(rig, frames);
    assert.ok(rig.runUntil(traffic.isDone, 4_000 * MILLISECOND, MILLISECOND));
    rig.run(REFRESHED_NANOS);
    const page = pageOf(rig);
    const own = rig.sentBy(CELL_SENDER);
    const others = rig.sentByOthers;
    const count = (list: readonly CanFrame[], identifier: number): number =>
      list.filter((frame) => frame.identifier === identifier).length;
    const said = (name: keyof typeof COUNTER): number => page.counters[COUNTER[name]];

    assert.equal(others.length, frames);
    assert.equal(said('received'), frames);
    assert.equal(said('transmitted'), own.length);
    assert.equal(said('answeredStatic'), count(own, 0x1a1));
    assert.equal(said('answeredStatic'), count(others, 0x1a0));
    assert.equal(said('answeredComputed'), count(own, 0x2b1));
    assert.equal(said('answeredComputed'), count(others, 0x2b0));
    assert.equal(said('fromAgl'), count(own, 0x100));
    assert.equal(said('forwarded'), rig.agl.length);
    assert.equal(said('droppedByRule'), count(others, 0x7f3));
    assert.equal(said('forwarded') + said('droppedByRule') + said('answeredStatic'), frames);
    for (const name of ['answersDropped', 'forwardDroppedFull', 'deadlineMisses'] as const) {
      assert.equal(said(name), 0, name);
    }
    assert.deepEqual(page.rules.hits.slice(0, 5), [
      count(others, 0x1a0),
      count(others, 0x2b0),
      0,
      0,
      count(others, 0x7f3),
    ]);
    for (const [name, histogram] of Object.entries(page.histograms)) {
      assert.equal(inBuckets(histogram), histogram.count, name);
      const { minTicks, maxTicks, sumTicks } = histogram;
      assert.ok(sumTicks >= BigInt(histogram.count) * BigInt(minTicks), name);
      assert.ok(sumTicks <= BigInt(histogram.count) * BigInt(maxTicks), name);
    }
    assert.equal(page.histograms.staticAnswers.count, said('answeredStatic'));
    assert.equal(page.histograms.computedAnswers.count, said('answeredComputed'));

    // 4096 places: of the long run the last ones.
    const recorded = readRecorder(statusOf(rig));
    assert.equal(recorded.length, Math.min(4096, frames + own.length));
    const inOrder = (isOwn: boolean): string[] =>
      recorded
        .filter(({ direction }) => (direction !== 'received') === isOwn)
        .map(({ frame }) => formatFrame(frame));
    const onWire = (list: readonly CanFrame[], last: number): string[] =>
      list.slice(-last).map((frame) => formatFrame(frame));
    const received = inOrder(false);
    assert.deepEqual(received, onWire(others, received.length));
    const sent = inOrder(true);
    assert.deepEqual(sent.toSorted(), onWire(own, sent.length).toSorted());
    rig.close();
  });
});
