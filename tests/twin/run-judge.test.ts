// SPDX-License-Identifier: MIT
/** The judge on runs made up by hand: what it counts, and what it does not let pass. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { judge } from '../../lab/verify/judge.ts';
import { Observations } from '../../lab/rig/observations.ts';
import { distributionOf, nearestRank } from '../../lab/measure/percentiles.ts';
import { summarize } from '../../lab/play/summary.ts';

const BIT_NANOS = 2_000;
const { table } = compileRules(
  `
version: 1
rules:
  - name: urgent
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01] }
  - name: noise
    match: { id: 0x7F0, mask: 0x7F0 }
    action: drop
`,
  'rules.yaml',
);
const REQUEST = makeFrame({ identifier: 0x1a0 });
const ANSWER = makeFrame({ identifier: 0x1a1, data: [1] });
const OTHER = makeFrame({ identifier: 0x222, data: [7] });
const NOISE = makeFrame({ identifier: 0x7f3 });

/** A run of frames of 100 us each, one after the other with a gap of 10 us. */
class MadeUpRun {
  readonly seen = new Observations();
  #nanos = 1_000_000;

  wire(sender: string, frame: CanFrame): this {
    const startNanos = this.#nanos;
    const endNanos = startNanos + 100_000;
    this.#nanos = endNanos + 10_000;
    this.seen.wireRecorded({
      frame,
      sender,
      startNanos,
      endNanos,
      acknowledged: true,
      bits: 50,
      outcome: 'complete',
      error: undefined,
    });
    return this;
  }

  agl(frame: CanFrame): this {
    this.seen.aglReceived.push({ frame, nanos: this.#nanos });
    return this;
  }

  given(frame: CanFrame, accepted = true): this {
    this.seen.aglGiven.push({ frame, nanos: this.#nanos, accepted });
    return this;
  }

  judged() {
    const toLogNanos = (nanos: number): bigint => BigInt(nanos);
    return judge(table, this.seen, { bitNanos: BIT_NANOS, toLogNanos });
  }
}

describe('the judge', () => {
  it('is content with a run in which everything happened', () => {
    const run = new MadeUpRun().wire('ecu', REQUEST).wire('canwarden', ANSWER);
    run.wire('ecu', OTHER).agl(OTHER).wire('ecu', NOISE).given(OTHER).wire('canwarden', OTHER);
    const { answered, urgentRequests, forwarded, sentForAgl, lost, dropped, problems } =
      run.judged();
    assert.deepEqual([urgentRequests, answered.length, forwarded, sentForAgl], [1, 1, 1, 1]);
    assert.deepEqual([lost, dropped, problems], [0, { rule: 1 }, []]);
  });

  it('counts a missing answer, a missing forward and a missing frame of AGL as lost', () => {
    const { lost, problems } = new MadeUpRun()
      .wire('ecu', REQUEST)
      .wire('ecu', OTHER)
      .given(OTHER)
      .judged();
    assert.equal(lost, 3);
    assert.deepEqual(problems.map((line) => line.split(':')[0]).sort(), [
      'given by AGL, never sent',
      'never reached AGL',
      'not answered',
    ]);
  });

  it('does not accept an answer with other data, nor a second one', () => {
    const wrong = makeFrame({ identifier: 0x1a1, data: [2] });
    const { answered, lost, problems } = new MadeUpRun()
      .wire('ecu', REQUEST)
      .wire('canwarden', wrong)
      .judged();
    assert.deepEqual([answered.length, lost, problems.length], [0, 1, 2]);
    const twice = new MadeUpRun().wire('ecu', REQUEST);
    twice.wire('canwarden', ANSWER).wire('canwarden', ANSWER);
    assert.match(twice.judged().problems.join(), /nobody asked for it/);
  });

  it('notices frames that reach AGL in another order, twice or unasked', () => {
    const second = makeFrame({ identifier: 0x111 });
    const swapped = new MadeUpRun().wire('ecu', OTHER).wire('ecu', second).agl(second).agl(OTHER);
    assert.match(swapped.judged().problems.join(), /out of order/);
    const twice = new MadeUpRun().wire('ecu', OTHER).agl(OTHER).agl(OTHER);
    assert.match(twice.judged().problems.join(), /no rule forwards it/);
    const unasked = new MadeUpRun().wire('ecu', NOISE).agl(NOISE);
    assert.match(unasked.judged().problems.join(), /no rule forwards it/);
  });

  it('expects length codes above 8 to be kept, on either side of the link', () => {
    const data = [1, 2, 3, 4, 5, 6, 7, 8];
    const coded = makeFrame({ identifier: 0x222, dlc: 9, data });
    const plain = makeFrame({ identifier: 0x222, data });
    const remote = makeFrame({ identifier: 0x223, remote: true, dlc: 15 });
    const run = new MadeUpRun().wire('ecu', coded).agl(coded).wire('ecu', remote).agl(remote);
    run.given(coded).wire('canwarden', coded);
    const { problems, forwarded, sentForAgl } = run.judged();
    assert.deepEqual([problems, forwarded, sentForAgl], [[], 2, 1]);
    const lost = new MadeUpRun().wire('ecu', coded).agl(plain).judged();
    assert.equal(lost.problems.length, 2);
  });

  it('does not blame the cell for what AGL misses while it is away', () => {
    const run = new MadeUpRun();
    run.seen.aglPresent(false, 0);
    run.wire('ecu', OTHER).given(OTHER, false).wire('ecu', REQUEST).wire('canwarden', ANSWER);
    const { lost, dropped, problems, answered } = run.judged();
    assert.deepEqual([lost, dropped, problems], [0, { aglDown: 2 }, []]);
    assert.equal(answered.length, 1);
  });
});

describe('the figures of a run', () => {
  it('uses the nearest rank, a value that occurred', () => {
    assert.deepEqual(distributionOf([]), { min: null, p50: null, p99: null, max: null });
    assert.deepEqual(distributionOf([3, 1, 2]), { min: 1, p50: 2, p99: 3, max: 3 });
    assert.equal(nearestRank([10, 20, 30, 40], 50), 20);
    const hundred = Array.from({ length: 200 }, (_, index) => index + 1);
    assert.equal(nearestRank(hundred, 99), 198);
  });

  it('measures an answer from the edges of the wires', () => {
    const run = new MadeUpRun().wire('ecu', REQUEST).wire('canwarden', ANSWER);
    const { seen } = run;
    const requestEnd = 1_100_000;
    // INT falls at the last but one bit of EOF; one transaction of two bytes, then RTS.
    seen.interruptChanged(true, requestEnd - BIT_NANOS);
    const spi = (start: number, ...mosi: number[]): void => {
      seen.spi.selected(start);
      mosi.forEach((byte, index) => seen.spi.byte(byte, 0, start + (index + 1) * 900));
      seen.spi.deselected(start + mosi.length * 900);
    };
    seen.spi.selected(0);
    for (const byte of [0x40, 0x34, 0x20, 0, 0, 1, 1]) seen.spi.byte(byte, 0, 500);
    seen.spi.deselected(600);
    spi(requestEnd - BIT_NANOS + 500, 0xb0, 0x00);
    spi(requestEnd + 1_000, 0x81);
    const judgement = run.judged();
    const input = { engine: 'wasm', bitrate: 500_000, oscillatorHertz: 12_000_000 } as const;
    const statusPage = undefined;
    const summary = summarize({ ...input, seen, judgement, ruleNames: [], statusPage });
    const { frames, latencyNanos, spiBytes } = summary;
    assert.equal(summary.counters, null);
    assert.equal(frames.onBus, 2);
    assert.equal(latencyNanos.requestEndToAnswerStart.min, 10_000);
    assert.equal(latencyNanos.interruptToSend.max, 1_900 + BIT_NANOS);
    assert.deepEqual([spiBytes.staticAnswer, spiBytes.computedAnswer], [3, null]);
  });
});
