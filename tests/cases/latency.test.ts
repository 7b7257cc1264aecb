// SPDX-License-Identifier: MIT
/**
 * The cell's own latencies against the wires: how long from INT to RTS, by way and by rule, and on the bus.
 *
 * The truth is what was seen on INT, SPI and the bus of the emulated board. The cell cannot know when INT fell, only
 * when it was last high: so its longest time is never below the true one, and at most a little above.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loadMeasured } from '../../lab/measure/bench.ts';
import { measureLatency } from '../../lab/measure/latency.ts';
import type { AnswerKind, LoadKind } from '../../lab/measure/latency-case.ts';
import type { Sample } from '../../lab/measure/wire-log.ts';
import { type Latencies, type LatencyName, readLatencies } from '../../lab/page/latency.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { COUNTER_HERTZ } from '../../twin/machine/timing-model.ts';

const NANOS_PER_TICK = 1e9 / COUNTER_HERTZ;
/**
 * Work that gave way reckons from the bytes that went out, nine clocks each, and takes half a byte off: docs/status-page.md.
 * With the gap behind each byte one takes 1,056 ns (docs/timing-budget.md). LOAD TX BUFFER has 14, a look at the chip 10.
 */
const BYTE_NANOS = 900;
const GAP_NANOS = 156;
const ABOVE_IDLE_NANOS = BYTE_NANOS / 2 + 10 * GAP_NANOS + 100;
const ABOVE_NANOS = BYTE_NANOS / 2 + 14 * GAP_NANOS + 100;
/** Reading the clock after chip select has risen. */
const BELOW_NANOS = 2 * NANOS_PER_TICK;

interface Seen {
  readonly samples: readonly Sample[];
  readonly answers: number;
  readonly latencies: Latencies;
}

async function see(engine: EngineName, answer: AnswerKind, load: LoadKind): Promise<Seen> {
  let latencies: Latencies | undefined;
  const result = await measureLatency(
    loadMeasured(engine),
    { engine, answer, load, bitrate: 500_000, spiHertz: 10_000_000, requests: 40, seed: 7 },
    (board) => {
      latencies = board.control && readLatencies(board.control.status);
    },
  );
  assert.ok(latencies);
  const samples = [...result.warmUp, ...result.samples];
  return { samples, answers: 42 - result.unanswered, latencies };
}

const CASES: readonly (readonly [EngineName, AnswerKind, LoadKind, LatencyName])[] = [
  ['image', 'single', 'forwarding', 'single'],
  ['image', 'static', 'forwarding', 'filter'],
  ['wasm', 'static', 'idle', 'filter'],
  ['wasm', 'staged', 'forwarding', 'staged'],
  ['wasm', 'window', 'forwarding', 'window'],
  ['wasm', 'computed', 'idle', 'read'],
];

for (const [engine, answer, load, way] of CASES) {
  it(`${answer}, ${load}: counted as ${way}, no shorter than on the wires (${engine})`, async () => {
    const { samples, answers, latencies } = await see(engine, answer, load);
    const times = samples.map(({ interruptNanos, sendNanos }) => sendNanos - interruptNanos);
    const histogram = latencies.ways[way];
    const longest = histogram.maxTicks * NANOS_PER_TICK;
    const most = Math.max(...times);
    assert.ok(longest >= most - BELOW_NANOS, `${longest} of the cell, ${most} on the wires`);
    const above = load === 'idle' ? ABOVE_IDLE_NANOS : ABOVE_NANOS;
    assert.ok(longest <= most + above, `${longest} of the cell, ${most} on the wires`);
    assert.ok(histogram.minTicks * NANOS_PER_TICK >= Math.min(...times) - BELOW_NANOS);
    // All that had INT to themselves, and no other way.
    assert.ok(histogram.count > 0.9 * answers && histogram.count <= answers, `${histogram.count}`);
    const others = Object.entries(latencies.ways).filter(
      ([name]) => name !== way && name !== 'bus',
    );
    assert.ok(others.every(([, { count }]) => count <= answers - histogram.count));
    // The rules' sums are the histograms'.
    const sum = latencies.rules.reduce((all, { sumTicks }) => all + sumTicks, 0);
    const waySum = Object.entries(latencies.ways)
      .filter(([name]) => name !== 'bus')
      .reduce((all, [, { sumTicks }]) => all + Number(sumTicks), 0);
    assert.equal(sum, waySum);
    assert.equal(Math.max(...latencies.rules.map(({ maxTicks }) => maxTicks)), histogram.maxTicks);
    assert.equal(latencies.missed, 0);
  });
}

it('the bus: from RTS to the end of the answer, and to the look that sees it', async () => {
  const { samples, answers, latencies } = await see('wasm', 'static', 'idle');
  const bus = latencies.ways.bus;
  assert.equal(bus.count, answers);
  // At 500 kbit/s with 8 data bytes: 111 bits without stuffing, at most 135, to the end of the frame.
  const waits = samples.map(({ sendNanos, answerStartNanos }) => answerStartNanos - sendNanos);
  const least = Math.min(...waits) + 108 * 2_000;
  const most = Math.max(...waits) + 132 * 2_000 + 16 * 2_000 + 5_000;
  assert.ok(bus.minTicks * NANOS_PER_TICK >= least - BELOW_NANOS, `${bus.minTicks}`);
  assert.ok(bus.maxTicks * NANOS_PER_TICK <= most, `${bus.maxTicks}`);
});
