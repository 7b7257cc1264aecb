// SPDX-License-Identifier: MIT
/**
 * The status page as a few lines of text.
 */
import { type Histogram, percentileTicks } from './histogram.ts';
import type { StatusPage } from './status-page.ts';

/** Lines for a person: what is in force, how long things took, and how often each task ran. */
export function statusLines(page: StatusPage): string[] {
  const { rules, histograms, ticksPerSecond } = page;
  const micros = (ticks: number): string => ((ticks / ticksPerSecond) * 1e6).toFixed(1);
  const row = (name: string, histogram: Histogram): string =>
    [
      name.padEnd(18),
      String(histogram.count).padStart(9),
      ...[
        histogram.count === 0 ? 0 : histogram.minTicks,
        percentileTicks(histogram, 50),
        percentileTicks(histogram, 99),
        histogram.maxTicks,
      ].map((ticks) => micros(ticks).padStart(9)),
    ].join(' ');
  const hash = rules.hash.toString(16).padStart(8, '0');
  return [
    `rules ${rules.count} (${rules.source}, ${hash}), bus ${page.faultState}, ` +
      `link ${page.linkRole} ${page.session}, last status ${page.lastStatus}`,
    '',
    header('time, us', ['count', 'min', 'median', '99 %', 'max']),
    row('static answer', histograms.staticAnswers),
    row('computed answer', histograms.computedAnswers),
    row('step', histograms.steps),
    '',
    header('task', ['runs', 'mean us', 'worst', 'bound', 'late']),
    ...page.tasks.map((task) => {
      const meanTicks = task.runs === 0 ? 0 : Number(task.totalTicks) / task.runs;
      return [
        task.name.padEnd(18),
        String(task.runs).padStart(9),
        micros(meanTicks).padStart(9),
        micros(task.worstTicks).padStart(9),
        micros(task.boundTicks).padStart(9),
        String(task.misses).padStart(9),
      ].join(' ');
    }),
  ];
}

function header(first: string, columns: readonly string[]): string {
  return [first.padEnd(18), ...columns.map((column) => column.padStart(9))].join(' ');
}
