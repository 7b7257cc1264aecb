// SPDX-License-Identifier: MIT
/**
 * Charts of a report: their data in the page, drawn by uPlot, which is written into the page as well.
 *
 * Each chart has a name and, beside it, a table with the same numbers, for those who do not see it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { distributionOf } from '../measure/percentiles.ts';
import { escapeText } from './timeline-svg.ts';

export interface Chart {
  readonly id: string;
  readonly name: string;
  readonly kind: 'bars' | 'line';
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Words for the marks of the x axis, if they are not its numbers. */
  readonly marks?: readonly string[];
  readonly xUnit: string;
  readonly yUnit: string;
}

/** The place of a chart in the page. */
export function chartPlace({ id, name }: Chart): string {
  return `<figure class="chart" style="margin:0"><figcaption>${escapeText(name)}</figcaption><div id="${id}" role="img" aria-label="${escapeText(name)}; the table beside it has the numbers"></div></figure>`;
}

/** What a page needs to draw them: styles, and scripts in their order. */
export function chartParts(charts: readonly Chart[]): { scripts: string[]; styles: string[] } {
  const find = createRequire(import.meta.url);
  const read = (name: string): string =>
    readFileSync(find.resolve(`uplot/dist/${name}`), 'utf8').replace(/\/\/# sourceMapping.*/g, '');
  return {
    styles: [read('uPlot.min.css')],
    scripts: [read('uPlot.iife.min.js'), `const CHARTS = ${JSON.stringify(charts)};\n${DRAW}`],
  };
}

/** Draws all charts; again for paper, and when the system changes between dark and light. */
const DRAW = `
const drawn = [];
const WHOLE = [1, 10, 100, 1000, 1e4, 1e5, 1e6].flatMap((one) => [one, 2 * one, 5 * one]);
function drawCharts() {
  for (const plot of drawn.splice(0)) plot.destroy();
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue('--' + name).trim();
  const line = { stroke: colour('line'), width: 1 };
  const axis = (values) => ({ stroke: colour('faint'), grid: line, ticks: line, font: '11px system-ui', values });
  for (const { id, kind, x, y, marks, xUnit, yUnit } of CHARTS) {
    const place = document.getElementById(id);
    const names = (_, all) => all.map((at) => (marks ? (marks[at] ?? '') : at + ' ' + xUnit));
    const fill = colour(kind === 'bars' ? 'answer' : 'spi');
    drawn.push(new uPlot({
      width: Math.max(280, place.clientWidth), height: 180,
      legend: { show: false }, cursor: { show: false },
      scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1, high)] } },
      axes: [axis(names), { ...axis((_, all) => all.map((value) => value + (yUnit ? ' ' + yUnit : ''))), incrs: WHOLE }],
      series: [{}, { stroke: fill, points: { show: false },
        ...(kind === 'bars' ? { fill, paths: uPlot.paths.bars({ size: [0.9], align: 1 }) } : { width: 1.5 }) }],
    }, [x, y], place));
  }
}
drawCharts();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawCharts);
addEventListener('beforeprint', () => { for (const one of document.querySelectorAll('details')) one.open = true; drawCharts(); });
addEventListener('afterprint', drawCharts);
let later;
addEventListener('resize', () => { clearTimeout(later); later = setTimeout(drawCharts, 200); });`;

/** Buckets of a histogram: four for each doubling, from 1 us on. */
const PER_DOUBLING = 4;

/** A histogram of times. Its last bucket is that of the longest. */
export function latencyChart(id: string, name: string, nanos: readonly number[]): Chart {
  const bucketOf = (time: number): number =>
    Math.floor(Math.log2(Math.max(time, 1000) / 1000) * PER_DOUBLING);
  const { min, max } = distributionOf(nanos);
  const first = bucketOf(min ?? 0);
  const last = bucketOf(max ?? 0) + 2;
  const counts = new Map<number, number>();
  for (const time of nanos) counts.set(bucketOf(time), (counts.get(bucketOf(time)) ?? 0) + 1);
  const places = Array.from({ length: last - first }, (_, index) => first + index);
  return {
    ...{ id, name, kind: 'bars', xUnit: '', yUnit: '' },
    x: places.map((_, index) => index),
    y: places.map((place) => counts.get(place) ?? 0),
    marks: places.map((place) => timeText(1000 * 2 ** (place / PER_DOUBLING))),
  };
}

/** `8 µs`, `1.4 ms`. */
function timeText(nanos: number): string {
  return nanos >= 1e6
    ? `${Number((nanos / 1e6).toPrecision(2))} ms`
    : `${Number((nanos / 1000).toPrecision(2))} µs`;
}
