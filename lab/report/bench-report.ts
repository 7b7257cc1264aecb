// SPDX-License-Identifier: MIT
/**
 * The report of a bench run, as one HTML page.
 *
 * Does not: measure, or write the file.
 */
import type { TimingModel } from '../../twin/machine/timing-model.ts';
import type { GoalOutcome } from '../measure/check-goals.ts';
import type { Figures, Histogram } from '../measure/figures.ts';
import { type Chart, chartParts, chartPlace, latencyChart } from './charts.ts';
import { folded, page, paragraph, section, table } from './html.ts';
import { latencyRow, LATENCY_HEADS } from './latency-row.ts';
import { fileTable, modelParts } from './run-report.ts';
import type { FileSize } from './run-report.ts';

export interface BenchReportInput {
  readonly figures: Figures;
  readonly histograms: readonly Histogram[];
  readonly outcomes: readonly GoalOutcome[];
  readonly sizes: readonly FileSize[];
  readonly timing: TimingModel;
}

/** The page's text. */
export function benchReport(input: BenchReportInput): string {
  const { figures, histograms, outcomes } = input;
  const charts: Chart[] = histograms.map((histogram, index) =>
    latencyChart(`latency-${index}`, nameOf(histogram), histogram.interruptToSendNanos),
  );
  const missed = outcomes.filter(({ isMet }) => !isMet).length;
  return page({
    title: 'canwarden: report of the bench',
    lead: 'Measured in the twin, an emulator, on its wires; not on hardware.',
    sections: [
      section(
        'goals',
        'Goals',
        paragraph(`${outcomes.length - missed} goals are met, ${missed} are missed.`),
        table(
          'Goals, the missed ones first',
          ['goal', 'met', 'value', 'limit', 'figure'],
          goalRows(outcomes),
        ),
      ),
      section(
        'latency',
        'INT to the request to send',
        `<div class="charts">${charts.map(chartPlace).join('')}</div>`,
        table(
          'INT to send, by answer and load',
          LATENCY_HEADS,
          histograms.map((histogram) =>
            latencyRow(nameOf(histogram), histogram.interruptToSendNanos),
          ),
        ),
      ),
      section(
        'figures',
        'All figures',
        folded(
          'docs/bench.md has what each key means',
          table(
            'Figures',
            ['key', 'value'],
            Object.entries(figures).map(([key, value]) => [key, value ?? 'not measured']),
          ),
        ),
      ),
      section('sizes', 'Sizes', fileTable(input.sizes)),
      section('model', 'The model of time', ...modelParts(input.timing, 'image')),
    ],
    ...chartParts(charts),
  });
}

function nameOf({ answer, load, idle }: Histogram): string {
  return `${answer}, ${load}${idle === 'wfi' ? ', wfi' : ''}`;
}

function goalRows(outcomes: readonly GoalOutcome[]): (string | number | undefined)[][] {
  return outcomes
    .toSorted((left, right) => Number(left.isMet) - Number(right.isMet))
    .map(({ goal, isMet, worst }) => [
      ...[goal.what, isMet ? 'yes' : 'no', worst?.value, limitOf(goal), worst?.key],
    ]);
}

function limitOf({ most, least, sameWithin }: GoalOutcome['goal']): string {
  if (sameWithin !== undefined) return `within ${sameWithin} of each other`;
  return most === undefined ? `at least ${least}` : `at most ${most}`;
}
