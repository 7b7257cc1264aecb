// SPDX-License-Identifier: MIT
/**
 * The status page of the running cell: what is in it is what happened on the wires.
 *
 * Expected values come from docs/status-page.md and from the frames put on the bus.
 */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { compileRules } from '../../rules/compile.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { readStatusPage } from '../../lab/page/status-page.ts';
import type { StatusPage } from '../../lab/page/status-page.ts';
import { readRecorder, readTrace } from '../../lab/page/rings.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { onBothEngines } from './play.ts';
import { EACH_KIND } from '../rule-tables.ts';

// src/page/trace-event.ts, docs/status-page.md.
const STARTED = 1;
const ANSWERED = 2;
const DROPPED = 3;
const SESSION_BEGUN = 9;

const MILLISECOND = 1_000_000;

function sectionOf(rig: Rig): Buffer {
  const { control } = rig.board;
  assert.ok(control, 'the board has a control link');
  return control.status;
}

function pageOf(rig: Rig): StatusPage {
  rig.runUntil(() => readStatusPage(sectionOf(rig)) !== undefined, MILLISECOND, 1_000);
  const page = readStatusPage(sectionOf(rig));
  assert.ok(page, 'there is a page');
  return page;
}

onBothEngines('the status page', (engine) => {
  let rig: Rig;
  before(async () => {
    rig = await openRig({ engine, rules: EACH_KIND });
    const ids = [0x1a0, 0x1a0, 0x2b0, 0x7f3, 0x111];
    for (const [index, identifier] of ids.entries()) {
      rig.send({ identifier, data: [index, 0x22] }, index * MILLISECOND);
    }
    rig.run(6 * MILLISECOND);
    rig.sendFromAgl({ identifier: 0x300, data: [0xaa] });
    rig.run(30 * MILLISECOND);
  });
  after(() => rig.close());

  it('says what the cell is, and which rules are in force', () => {
    const page = pageOf(rig);
    const { image } = compileRules(EACH_KIND, 'rules.yaml');
    const hash = image.readUInt32LE(12);
    const zeroed = Buffer.from(image);
    zeroed.writeUInt32LE(0, 12);
    assert.equal(hash, crc32(zeroed));
    assert.deepEqual(
      { count: page.rules.count, hash: page.rules.hash, source: page.rules.source },
      { count: 5, hash, source: 'loaded at start' },
    );
    assert.match(page.firmwareVersion, /^\d+\.\d+\.\d+$/);
    assert.equal(page.bitrate, 500_000);
    assert.equal(page.linkRole, 'front-end');
    assert.equal(page.session, 'running');
    assert.equal(page.faultState, 'active');
    assert.equal(page.lastStatus, 0);
  });

  it('counts what was on the wires', () => {
    const { counters, rules } = pageOf(rig);
    assert.equal(counters[COUNTER.received], 5);
    assert.equal(counters[COUNTER.answeredStatic], 2);
    assert.equal(counters[COUNTER.answeredComputed], 1);
    assert.equal(counters[COUNTER.droppedByRule], 1);
    assert.equal(counters[COUNTER.forwarded], 2);
    assert.equal(counters[COUNTER.fromAgl], 1);
    assert.equal(counters[17], 1, 'the peer was seen to come');
    assert.equal(counters[18], 0, 'and not to go');
    assert.deepEqual(rules.hits.slice(0, 6), [2, 1, 0, 0, 1, 0]);
  });

  it('times the answers as the wires show them', () => {
    const { histograms, ticksPerSecond, worstStepTicks, stepBoundTicks } = pageOf(rig);
    assert.equal(histograms.staticAnswers.count, 2);
    assert.equal(histograms.computedAnswers.count, 1);
    const micros = (ticks: number): number => (ticks / ticksPerSecond) * 1e6;
    // The promises of docs/timing-budget.md, with at most one idle round before.
    assert.ok(micros(histograms.staticAnswers.maxTicks) < 5, 'static');
    assert.ok(micros(histograms.staticAnswers.minTicks) > 2.7, 'three bytes take 2.7 us');
    assert.ok(micros(histograms.computedAnswers.maxTicks) < 30, 'computed');
    assert.ok(micros(histograms.computedAnswers.minTicks) > 20, '24 bytes take 21.6 us');
    assert.ok(histograms.steps.count > 10);
    assert.ok(histograms.steps.maxTicks <= worstStepTicks);
    assert.ok(worstStepTicks <= stepBoundTicks);
  });

  it('is refreshed about every 10 ms, with a sequence number that goes on by two', () => {
    const first = pageOf(rig);
    rig.run(100 * MILLISECOND);
    const later = pageOf(rig);
    const refreshes = later.heartbeat - first.heartbeat;
    assert.ok(refreshes >= 8 && refreshes <= 11, `${refreshes} refreshes in 100 ms`);
    assert.equal(later.sequence - first.sequence, 2 * refreshes);
    const ticks = Number(later.nowTicks - first.nowTicks);
    assert.ok(ticks > 0.08 * first.ticksPerSecond && ticks < 0.12 * first.ticksPerSecond);
  });

  it('has every frame in the recorder, both ways, in the order of their times', () => {
    const frames = readRecorder(sectionOf(rig));
    assert.deepEqual(
      frames.map(({ direction, frame }) => `${direction} ${formatFrame(frame)}`),
      [
        'received 1A0#0022',
        'answered 1A1#010064A5',
        'received 1A0#0122',
        'answered 1A1#010064A5',
        'received 2B0#0222',
        'answered 2B1#5002220000000000',
        'received 7F3#0322',
        'received 111#0422',
        'sent 300#AA',
      ],
    );
    const times = frames.map(({ ticks }) => ticks);
    assert.deepEqual(
      times,
      times.toSorted((left, right) => Number(left - right)),
    );
  });

  it('has what happened in the trace', () => {
    const records = readTrace(sectionOf(rig));
    assert.equal(records[0].code, STARTED);
    assert.equal(records[0].a, 5);
    const seen = (code: number): string[] =>
      records.filter((one) => one.code === code).map(({ a, b }) => `${a} ${b.toString(16)}`);
    assert.deepEqual(seen(ANSWERED), ['0 1a0', '0 1a0', '1 2b0']);
    assert.deepEqual(seen(DROPPED), ['4 7f3']);
    assert.deepEqual(seen(SESSION_BEGUN), ['0 0']);
  });
});

onBothEngines('answers that have to wait for those before', (engine) => {
  // A filter knows 0x1a0: its answer has one buffer at once, that to 0x2b0 the two others.
  for (const [identifier, answer, buffers] of [
    [0x1a0, 0x1a1, 1],
    [0x2b0, 0x2b1, 2],
  ]) {
    it(`are counted instead of timed (0x${identifier.toString(16)})`, async () => {
      const rig = await openRig({ engine, rules: EACH_KIND });
      // Back to back: each request goes before the answer to the first, by its identifier.
      for (const index of [0, 1, 2]) rig.send({ identifier, data: [index, 0x22] });
      rig.run(40 * MILLISECOND);
      const sent = rig.sentBy(CELL_SENDER).filter((frame) => frame.identifier === answer);
      assert.equal(sent.length, 3);
      const { counters, histograms } = pageOf(rig);
      assert.equal(counters[COUNTER.answersDelayed], 3 - buffers);
      assert.equal(counters[COUNTER.answersDropped], 0);
      assert.equal(histograms.staticAnswers.count + histograms.computedAnswers.count, buffers);
      rig.close();
    });
  }
});
