// SPDX-License-Identifier: MIT
/** The page's two charts: the latency histogram and the bus load over time. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { bucketStartNanos } from '../latency-buckets.ts';
import { colour } from './elements.ts';

const HEIGHT = 170;
const KEPT_POINTS = 600;

/** Redraws at the width of its parent, and in the colours of the theme. */
abstract class Chart {
  readonly #parent: HTMLElement;
  #plot: uPlot | undefined;

  constructor(parent: HTMLElement) {
    this.#parent = parent;
    new ResizeObserver(() => this.#resize()).observe(parent);
  }

  protected abstract options(): Omit<uPlot.Options, 'width' | 'height'>;
  protected abstract data(): uPlot.AlignedData;

  /** Takes the colours again. */
  recolour(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
    this.draw();
  }

  draw(): void {
    const width = this.#parent.clientWidth;
    if (width === 0) return;
    if (this.#plot !== undefined) return this.#plot.setData(this.data());
    const common = { width, height: HEIGHT, legend: { show: false }, cursor: { show: false } };
    this.#plot = new uPlot({ ...common, ...this.options() }, this.data(), this.#parent);
  }

  #resize(): void {
    if (this.#plot === undefined) return this.draw();
    this.#plot.setSize({ width: this.#parent.clientWidth, height: HEIGHT });
  }
}

/** Steps of an axis that counts. */
const WHOLE = [1, 10, 100, 1000, 1e4, 1e5].flatMap((one) => [one, 2 * one, 5 * one]);

function axis(more: uPlot.Axis): uPlot.Axis {
  const line = { stroke: colour('line'), width: 1 };
  return { stroke: colour('faint'), grid: line, ticks: line, font: '11px system-ui', ...more };
}

export class LatencyChart extends Chart {
  #counts: readonly number[] = [];

  show(counts: readonly number[]): void {
    this.#counts = counts;
    this.draw();
  }

  protected options() {
    const bars = uPlot.paths.bars?.({ size: [0.9], align: 1 });
    return {
      scales: { x: { time: false }, y: { range: fromZero } },
      axes: [
        axis({ values: (_: uPlot, places: number[]) => places.map(bucketText) }),
        axis({ incrs: WHOLE }),
      ],
      series: [
        {},
        { paths: bars, fill: colour('answer'), stroke: colour('answer'), points: { show: false } },
      ],
    };
  }

  /** From the bucket before the first answer to the one behind the last. */
  protected data(): uPlot.AlignedData {
    const first = Math.max(0, this.#counts.findIndex((count) => count > 0) - 4);
    const last = Math.max(this.#counts.findLastIndex((count) => count > 0) + 5, first + 24);
    const places = Array.from({ length: last - first }, (_, index) => first + index);
    return [places, places.map((place) => this.#counts[place] ?? 0)];
  }
}

export class LoadChart extends Chart {
  readonly #seconds: number[] = [];
  readonly #percents: number[] = [];

  clear(): void {
    this.#seconds.length = 0;
    this.#percents.length = 0;
  }

  add(seconds: number, percent: number): void {
    if (seconds === this.#seconds.at(-1)) return;
    this.#seconds.push(seconds);
    this.#percents.push(percent);
    if (this.#seconds.length > KEPT_POINTS) {
      this.#seconds.shift();
      this.#percents.shift();
    }
    this.draw();
  }

  protected options() {
    return {
      scales: { x: { time: false }, y: { range: [0, 100] as [number, number] } },
      axes: [
        axis({ values: (_: uPlot, all: number[]) => all.map((seconds) => `${seconds} s`) }),
        axis({ values: (_: uPlot, all: number[]) => all.map((percent) => `${percent} %`) }),
      ],
      series: [{}, { stroke: colour('accent'), width: 2, points: { show: false } }],
    };
  }

  protected data(): uPlot.AlignedData {
    return [this.#seconds, this.#percents];
  }
}

function fromZero(_: uPlot, _low: number, high: number): [number, number] {
  return [0, Math.max(1, high)];
}

/** Where a bucket begins, as people read it: `8 µs`, `1.4 ms`. */
function bucketText(place: number): string {
  const microseconds = bucketStartNanos(place) / 1000;
  if (microseconds >= 1000) return `${(microseconds / 1000).toPrecision(2)} ms`;
  return `${Number(microseconds.toPrecision(2))} µs`;
}
