// SPDX-License-Identifier: MIT
/** The histograms of `npm run bench` as SVG: every request in a bar, also the one that took long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { histogramSvg } from '../../lab/measure/histogram.ts';

describe('the latency histogram', () => {
  const idle = 'poll';
  const svg = histogramSvg('title', [
    { answer: 'static', load: 'idle', idle, interruptToSendNanos: [3_999, 4_000, 4_999, 5_000] },
    { answer: 'computed', load: 'idle', idle: 'wfi', interruptToSendNanos: [48_999, 4_000_000] },
  ]);
  const bars = [...svg.matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title);

  it('counts each request in its microsecond', () => {
    assert.deepEqual(bars.slice(0, 3), ['3 to 4 us: 1', '4 to 5 us: 2', '5 to 6 us: 1']);
  });

  it('does not hide one that took longer than the axis', () => {
    assert.deepEqual(bars.slice(3), ['48 to 49 us: 1', '49 us or more: 1']);
    assert.match(svg, />worst 4000\.0 us</);
  });

  it('has a panel for each answer, load and way of idling', () => {
    assert.match(svg, />static, idle</);
    assert.match(svg, />computed, idle, wfi</);
    assert.deepEqual(
      [...svg.matchAll(/>(\d+) requests</g)].map(([, count]) => count),
      ['4', '2'],
    );
  });

  it('makes the most frequent bar the highest, by the square root of the share', () => {
    const heights = [...svg.matchAll(/height="([\d.]+)" fill="#1b7837"/g)].map(([, height]) =>
      Number(height),
    );
    assert.equal(heights.length, 3);
    assert.ok(Math.abs(heights[0] / heights[1] - Math.SQRT1_2) < 0.01, String(heights));
  });
});
