// SPDX-License-Identifier: MIT
/** The share of time in which the bus was busy, intermission included, over the run. */
import type { ScenarioResult } from '../play/scenario.ts';
import type { Chart } from './charts.ts';
import { folded, table } from './html.ts';

const INTERMISSION_BITS = 3;
const BINS_MOST = 200;
const BIN_STEPS_MILLIS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000];
const TABLE_ROWS_MOST = 60;

interface Load {
  readonly binMillis: number;
  readonly percents: readonly number[];
}

/** Time counts from the first frame. */
function loadOf({ seen, summary }: ScenarioResult, binsMost: number): Load {
  const first = seen.wire[0]?.startNanos ?? 0;
  const last = seen.wire.at(-1)?.endNanos ?? 0;
  const millis = (last - first) / 1e6;
  const binMillis =
    BIN_STEPS_MILLIS.find((step) => millis / step <= binsMost) ?? Math.ceil(millis / binsMost);
  const busy = new Array<number>(Math.max(1, Math.floor(millis / binMillis))).fill(0);
  const pauseNanos = (INTERMISSION_BITS * 1e9) / summary.bitrate;
  for (const { startNanos, endNanos } of seen.wire) {
    const bin = Math.floor((startNanos - first) / 1e6 / binMillis);
    // A last bin that is not whole would look like a bus that fell silent.
    if (bin < busy.length) busy[bin] += endNanos - startNanos + pauseNanos;
  }
  const percents = busy.map((nanos) => Math.min(100, Math.round(nanos / 1e3 / binMillis) / 10));
  return { binMillis, percents };
}

export function loadChart(result: ScenarioResult): Chart {
  const { binMillis, percents } = loadOf(result, BINS_MOST);
  return {
    ...{ id: 'bus-load', kind: 'line', xUnit: 's', yUnit: '%' },
    name: `Bus load, each point over ${binMillis} ms`,
    x: percents.map((_, index) => (index * binMillis) / 1000),
    y: percents,
  };
}

export function loadTable(result: ScenarioResult): string {
  const { binMillis, percents } = loadOf(result, TABLE_ROWS_MOST);
  const rows = percents.map((percent, index) => [(index * binMillis) / 1000, percent]);
  return folded('As a table', table('Bus load', ['from (s)', 'percent'], rows));
}
