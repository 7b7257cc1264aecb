// SPDX-License-Identifier: MIT
/**
 * The state of a run as a screen of text: rates, bus load, times, health, rules, losses. It has the layout of
 * `canwarden top` (agl/lib/top.sh).
 *
 * Does not: know a terminal (watcher.ts).
 */
import { percentileTicks } from '../page/histogram.ts';
import type { Histogram } from '../page/histogram.ts';
import { namedCounters } from '../page/counters.ts';
import type { StatusPage } from '../page/status-page.ts';

/** What is known at one time. */
export interface Sample {
  /** Board time. */
  readonly nanos: number;
  readonly page: StatusPage;
  /** Time in which the bus was busy, intermissions included. */
  readonly busyNanos: number;
  readonly frames: number;
}

/** Counters that say that something did not arrive. */
const LOSS = /drop|overflow|refused|timed_out|withdrawn|bus_off|limited|broken|resets|timeouts/;
const WRAP = 2 ** 32;

/** The lines. Rates are those since `before`. */
export function screenOf(
  ruleNames: readonly string[],
  now: Sample,
  before: Sample | undefined,
): string[] {
  const { page } = now;
  const seconds = before === undefined ? 0 : (now.nanos - before.nanos) / 1e9;
  const rate = (is: number, was: number | undefined): string =>
    seconds <= 0 || was === undefined ? '0' : (((is - was + WRAP) % WRAP) / seconds).toFixed(0);
  const counters = namedCounters(page.counters);
  const wasCounters = before && namedCounters(before.page.counters);
  const counted = (name: string): number => counters[name] ?? 0;
  const line = (label: string, is: number, was: number | undefined, width: number): string =>
    `  ${label.padEnd(width)} ${rate(is, was).padStart(9)}/s  ${String(is).padStart(11)} in all`;
  const counter = (label: string, name: string, width = 14): string =>
    line(label, counted(name), before && (wasCounters?.[name] ?? 0), width);
  const load =
    seconds <= 0 || before === undefined
      ? 0
      : (now.busyNanos - before.busyNanos) / (now.nanos - before.nanos);
  const micros = (ticks: number): string => ((ticks / page.ticksPerSecond) * 1e6).toFixed(1);
  const losses = Object.keys(counters).filter((name) => LOSS.test(name));
  const { hits, count, source, hash } = page.rules;
  return [
    `canwarden ${page.firmwareVersion}  ${(now.nanos / 1e9).toFixed(2)} s of board time, bus ${page.faultState} ` +
      `(TEC ${page.transmitErrors}, REC ${page.receiveErrors}), session ${page.session}`,
    `${page.bitrate} bit/s, load ${(100 * load).toFixed(0)} %, ${rate(now.frames, before?.frames)} frames a second on the bus`,
    '',
    'frames',
    counter('from the bus', 'received'),
    counter('onto the bus', 'transmitted'),
    counter('answers', 'answers_sent'),
    counter('to AGL', 'forwarded'),
    counter('from AGL', 'from_agl_taken'),
    '',
    heads('times (us)', ['count', 'min', 'median', '99 %', 'max']),
    times('static', page.histograms.staticAnswers, micros),
    times('computed', page.histograms.computedAnswers, micros),
    times('step', page.histograms.steps, micros),
    `  longest step ${micros(page.worstStepTicks)} us, bound ${micros(page.stepBoundTicks)} us; ` +
      `restarts ${page.fault.restarts}; last status ${page.lastStatus}`,
    '',
    `rules: ${count} (${source}, ${hash.toString(16).padStart(8, '0')})`,
    ...ruleNames.slice(0, hits.length).flatMap((name, index) => {
      const is = hits[index];
      return is === 0 ? [] : [line(name, is, before?.page.rules.hits[index], 24)];
    }),
    '',
    'losses and drops',
    ...(losses.length === 0 ? ['  none'] : losses.map((name) => counter(name, name, 32))),
  ];
}

function heads(first: string, columns: readonly string[]): string {
  return [first.padEnd(16), ...columns.map((column) => column.padStart(9))].join(' ');
}

function times(label: string, histogram: Histogram, micros: (ticks: number) => string): string {
  const { count, minTicks, maxTicks } = histogram;
  const ticks = [count === 0 ? 0 : minTicks, percentileTicks(histogram, 50)];
  const all = [...ticks, percentileTicks(histogram, 99), maxTicks].map(micros);
  return `  ${[label.padEnd(14), String(count).padStart(9), ...all.map((text) => text.padStart(9))].join(' ')}`;
}
