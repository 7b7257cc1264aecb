// SPDX-License-Identifier: MIT
/**
 * The report of a run of the twin, as one HTML page.
 *
 * Does not: run anything, or write the file.
 */
import type { RuleTable } from '../../rules/model.ts';
import type { TimingModel } from '../../twin/machine/timing-model.ts';
import { chooseForTimeline } from '../play/timeline.ts';
import type { ScenarioResult } from '../play/scenario.ts';
import { reportLines } from '../play/summary.ts';
import { type Chart, chartParts, chartPlace, latencyChart } from './charts.ts';
import { folded, page, paragraph, section, table } from './html.ts';
import { loadChart, loadTable } from './bus-load.ts';
import { latencyRow, LATENCY_HEADS } from './latency-row.ts';
import { answerSection } from './answer-section.ts';
import { senderAndIdentifier, waitRows, waitsOf } from './waits.ts';

/** A file of the card and the bytes that it may have. */
export interface FileSize {
  readonly name: string;
  readonly bytes: number;
  readonly mostBytes: number;
}

export interface RunReportInput {
  readonly result: ScenarioResult;
  readonly table: RuleTable;
  /** Begins and ends of steps of the cell's loop. */
  readonly steps: readonly (readonly [number, number])[];
  readonly sizes: readonly FileSize[];
  readonly timing: TimingModel;
  /** What was played, for the lead. */
  readonly played: string;
}

const WAIT_ROWS = 30;
const WORST_WAITS = 10;
/** Rules that have a histogram of their own. */
const RULE_CHARTS = 24;

/** The page's text. */
export function runReport(input: RunReportInput): string {
  const { result } = input;
  const charts: Chart[] = [];
  const show = (chart: Chart): string => {
    charts.push(chart);
    return chartPlace(chart);
  };
  const sections = [
    section('summary', 'Summary', summaryTable(result), problems(result)),
    answerSection(chooseForTimeline(result.judgement.answered, result.seen), result, input.steps),
    section('latency', 'Latency', ...latency(input, show)),
    section('rules', 'Rules', rulesTable(input)),
    section('load', 'Bus load over time', show(loadChart(result)), loadTable(result)),
    section('waits', 'What waited for what', ...waits(result)),
    section('losses', 'Losses and drops', ...losses(result)),
    section('sizes', 'Sizes', fileTable(input.sizes)),
    section('model', 'The model of time', ...modelParts(input.timing, result.summary.engine)),
  ];
  return page({
    title: 'canwarden: report of a run of the twin',
    lead: `${input.played}. Measured in the twin, an emulator, on its wires; not on hardware.`,
    sections,
    ...chartParts(charts),
  });
}

function summaryTable({ summary }: ScenarioResult): string {
  const rows = reportLines(summary).map((line) => {
    const [, name = 'measured', value = line.replace(/^measured /, '')] =
      /^(.{2,20}?) {2,}(.*)$/.exec(line) ?? [];
    return [name, value.replace(/(\d) us\b/g, '$1 µs')];
  });
  return table('Figures of the run', ['what', 'how much'], rows);
}

function problems({ problems: found, remarks }: ScenarioResult): string {
  const lines = [...found.map((text) => `Not as expected: ${text}`), ...remarks];
  if (lines.length === 0) return paragraph('Everything happened as the rules demand.');
  return lines.map(paragraph).join('');
}

function latency({ result }: RunReportInput, show: (chart: Chart) => string): string[] {
  const { answered } = result.judgement;
  const waiting = answered.map(({ request, answer }) => answer.startNanos - request.endNanos);
  const ways = (['static', 'computed'] as const).map((way) => {
    const items = answered.filter(({ isStatic }) => isStatic === (way === 'static'));
    return { way, items };
  });
  const toSend = ({ send, interruptNanos }: (typeof answered)[number]): number[] =>
    send === undefined ? [] : [send.nanos - interruptNanos];
  const used = ways.filter(({ items }) => items.length > 0);
  const rules = [...new Set(answered.map(({ ruleName }) => ruleName))].slice(0, RULE_CHARTS);
  const ofRule = (name: string): number[] =>
    waiting.filter((_, index) => answered[index].ruleName === name);
  return [
    paragraph(
      'From the end of the request to the start of its answer, and from INT to the request to send. The height of a ' +
        'bar counts answers; it stands for the times from its mark up to a fifth more, so four bars double the time.',
    ),
    `<div class="charts">${[
      show(latencyChart('latency-all', 'Request to answer, all', waiting)),
      ...used.map(({ way, items }) =>
        show(latencyChart(`send-${way}`, `INT to send, ${way} answers`, items.flatMap(toSend))),
      ),
    ].join('')}</div>`,
    table('Latency by way', LATENCY_HEADS, [
      latencyRow('request to answer, all', waiting),
      ...used.flatMap(({ way, items }) => [
        latencyRow(
          `request to answer, ${way}`,
          items.map(({ request, answer }) => answer.startNanos - request.endNanos),
        ),
        latencyRow(`INT to send, ${way}`, items.flatMap(toSend)),
      ]),
    ]),
    `<h3>By rule: request to answer</h3><div class="charts">${rules
      .map((name, index) => show(latencyChart(`rule-${index}`, name, ofRule(name))))
      .join('')}</div>`,
    paragraph('The table of the next part has their numbers.'),
  ];
}

function rulesTable({ result, table: rules }: RunReportInput): string {
  const { answered } = result.judgement;
  const hits = result.statusPage?.rules.hits;
  const rows = rules.rules.map(({ name, forward, answer }, index) => {
    const own = answered.filter(({ ruleName }) => ruleName === name);
    const times = own.map(({ request, answer: sent }) => sent.startNanos - request.endNanos);
    const isComputed = own.at(0)?.isStatic === false;
    const answers = isComputed ? 'computed answer' : 'answers';
    const way = answer === null ? (forward ? 'forwards' : 'drops') : answers;
    const [, ...figures] = latencyRow(name, times);
    return [name, way, hits?.[index], ...figures];
  });
  const [, ...heads] = LATENCY_HEADS;
  return table(
    'Rules in their order; times from request to answer',
    ['rule', 'does', 'hits', ...heads],
    rows,
  );
}

function waits({ judgement, seen }: ScenarioResult): string[] {
  const all = waitsOf(judgement.answered, seen.wire);
  const rows = waitRows(all);
  const micros = (nanos: number | undefined): number | undefined =>
    nanos === undefined ? undefined : Math.round(nanos / 100) / 10;
  const worst = all
    .toSorted((left, right) => totalOf(right) - totalOf(left))
    .slice(0, WORST_WAITS)
    .map((wait) => [
      ...[wait.item.ruleName, (wait.item.request.endNanos / 1e6).toFixed(3), micros(totalOf(wait))],
      ...[micros(wait.cellNanos), micros(wait.busNanos)],
      wait.behind.map(senderAndIdentifier).join(', '),
    ]);
  return [
    paragraph(
      'An answer waits for the frame that is on the bus when it is ready, and for those that are stronger.',
    ),
    table(
      'Answers of a rule behind frames of an identifier, longest in all first',
      ['rule', 'behind', 'times', 'in all (µs)', 'longest (µs)'],
      rows
        .slice(0, WAIT_ROWS)
        .map((row) => [
          row.ruleName,
          row.behind,
          row.count,
          micros(row.totalNanos),
          micros(row.worstNanos),
        ]),
    ),
    table(
      'The longest waits',
      ['rule', 'request ends (ms)', 'waited (µs)', 'cell (µs)', 'bus (µs)', 'frames meanwhile'],
      worst,
    ),
  ];
}

function totalOf({ item }: { item: ScenarioResult['judgement']['answered'][number] }): number {
  return item.answer.startNanos - item.request.endNanos;
}

function losses({ summary, judgement }: ScenarioResult): string[] {
  const dropped = Object.entries(judgement.dropped).map(([reason, count]) => [reason, count]);
  const counters = Object.entries(summary.counters ?? {}).map(([name, count]) => [name, count]);
  return [
    table(
      'Lost, and dropped on purpose, as the wires say',
      ['why', 'frames'],
      [['lost', summary.frames.lost], ...dropped],
    ),
    counters.length === 0
      ? paragraph('The cell has no status page, so there are no counters.')
      : folded(
          'All counters of the cell that are not 0',
          table('Counters', ['counter', 'count'], counters),
        ),
  ];
}

/** Files with their budgets. */
export function fileTable(sizes: readonly FileSize[]): string {
  return table(
    'Files of the card',
    ['file', 'bytes', 'at most', 'percent'],
    sizes.map(({ name, bytes, mostBytes }) => [
      ...[name, bytes, mostBytes, Math.round((1000 * bytes) / mostBytes) / 10],
    ]),
  );
}

/** What time is made of. */
export function modelParts(timing: TimingModel, engine: string): string[] {
  const rows = Object.entries(timing).map(([name, value]) => [name, value as number]);
  return [
    paragraph(
      `Engine ${engine}. What each act costs is assumed, none of it measured; twin/machine/timing-model.ts ` +
        'has the reasons. It knows no caches and no memory contention by Linux.',
    ),
    table('Constants', ['constant', 'value'], rows),
  ];
}
