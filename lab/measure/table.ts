// SPDX-License-Identifier: MIT
/**
 * The bench figures as text for a terminal.
 *
 * It shows a selection. All figures are in bench.json.
 */
import type { Figures } from './figures.ts';
import { keyOf } from './figures.ts';
import type { GoalOutcome } from './check-goals.ts';
import { CLOCK_PROMISES } from './clock-promises.ts';
import type { LatencyCase } from './latency-case.ts';
import { PEER_DRIVERS, LAYOUTS, LENGTHS } from './spi-bytes.ts';
import { TASK_TRIGGERS } from '../../formats/status-page.ts';

/** 3 ns an instruction, the slowest measured. A promise that holds there has no condition. */
const SLOW_MEGAHERTZ = 500;

/** All tables, as lines. */
export function tableOf(figures: Figures, cases: readonly LatencyCase[]): string[] {
  return [
    ...latencyTable(figures, cases),
    '',
    ...bytesTable(figures),
    '',
    ...peerTable(figures, cases),
    '',
    ...taskTable(figures),
    '',
    ...clockTable(figures),
    '',
    ...consoleTable(figures),
    '',
    ...restTable(figures),
  ];
}

/** One line for each goal. A missed goal has the amount by which it is missed. */
export function goalLines(outcomes: readonly GoalOutcome[]): string[] {
  return outcomes.map(({ goal, isMet, worst }) => {
    const limit = limitOf(goal);
    const seen = worst === undefined ? 'not measured' : `${round(worst.value)} (${worst.key})`;
    const why = isMet || goal.open === undefined ? '' : `; ${goal.open.reason}`;
    return `${isMet ? 'ok    ' : 'MISSED'}  ${goal.what}: ${limit}, seen ${seen}${why}`;
  });
}

function limitOf({ most, least, sameWithin }: GoalOutcome['goal']): string {
  if (sameWithin !== undefined) return `less than ${sameWithin} apart`;
  return most === undefined ? `at least ${least}` : `at most ${most}`;
}

function latencyTable(figures: Figures, cases: readonly LatencyCase[]): string[] {
  const header = [
    'answer',
    'load',
    'idle',
    'bit/s',
    'SPI MHz',
    'INT to RTS us: min',
    'p50',
    'p99',
    'max',
    'request to answer us: min',
    'p50',
    'p99',
    'max',
    'first slot',
    'SPI bytes/CS',
    'unanswered',
    'asleep',
  ];
  const rows = cases.map((item) => {
    const figure = (name: string): number | null => figures[`${keyOf(item)}.${name}`] ?? null;
    const spread = (name: string): string[] =>
      ['Min', 'P50', 'P99', 'Max'].map((part) => micros(figure(`${name}${part}`)));
    return [
      item.answer,
      item.load,
      item.idle ?? 'poll',
      `${item.bitrate / 1000}k`,
      `${item.spiHertz / 1e6}`,
      ...spread('interruptToSendNanos'),
      ...spread('requestToAnswerNanos'),
      `${round(figure('firstSlotPercent') ?? 0)} %`,
      `${figure('spiBytesP50')}/${figure('chipSelectsP50')}`,
      `${figure('unanswered')} of ${figure('requests')}`,
      item.idle === 'wfi' ? `${(figure('sleptPercent') ?? 0).toFixed(1)} %` : '-',
    ];
  });
  return columns([header, ...rows]);
}

function bytesTable(figures: Figures): string[] {
  const rows = LAYOUTS.flatMap((layout) =>
    ['receive', 'transmit', 'completion'].map((act) => [
      `SPI bytes, ${act}, ${layout} layout`,
      ...LENGTHS.map((length) => `${figures[`spiBytes.${layout}.${act}.dlc${length}`] ?? '-'}`),
    ]),
  );
  return columns([['by DLC', ...LENGTHS.map(String)], ...rows]);
}

function peerTable(figures: Figures, cases: readonly LatencyCase[]): string[] {
  const own = (answer: string): string => {
    const item = cases.find((one) => one.answer === answer && one.load === 'idle');
    const key = item ? keyOf(item) : '';
    return `${figures[`${key}.spiBytesP50`] ?? '-'}/${figures[`${key}.chipSelectsP50`] ?? '-'}`;
  };
  const receive = (layout: string): string => {
    const key = `spiBytes.${layout}.receive`;
    return `${figures[`${key}.dlc8`] ?? '-'}/${figures[`${key}.chipSelects`] ?? '-'}`;
  };
  const send = `${figures['spiBytes.plain.transmit.dlc8'] ?? '-'}/2`;
  return columns([
    ['driver, DLC 8, bytes/chip selects', 'receive', 'send', 'urgent reply'],
    ['canwarden, no rules', receive('plain'), send, '-'],
    ['canwarden, static answer', receive('static'), send, own('static')],
    ['canwarden, computed answer', receive('computed'), send, own('computed')],
    ...PEER_DRIVERS.map((peer) => [
      peer.name,
      peer.receive.join('/'),
      peer.send.join('/'),
      peer.reply.join('/'),
    ]),
  ]);
}

/** The cell's own account of its tasks (`task.image.*`), most urgent first. */
function taskTable(figures: Figures): string[] {
  const names = Object.keys(figures).flatMap(
    (key) => /^task\.image\.(.*)\.priority$/.exec(key)?.[1] ?? [],
  );
  const rows = names.map((name) => {
    const figure = (part: string): number => figures[`task.image.${name}.${part}`] ?? 0;
    const period = figure('periodMicros');
    return [
      name.replaceAll('-', ' '),
      `${figure('priority')}`,
      TASK_TRIGGERS[figure('trigger')],
      period === 0 ? '-' : `${period / 1000}`,
      micros(figure('boundNanos')),
      micros(figure('worstNanos')),
      `${figure('steps')}`,
      `${figure('misses')}`,
    ];
  });
  const header = ['priority', 'trigger', 'period ms', 'bound us', 'worst us', 'steps', 'misses'];
  return columns([['task, under load', ...header], ...rows]);
}

/** The core clock from which each promise holds, and the figures seen with a slow clock. */
function clockTable(figures: Figures): string[] {
  const slow = Object.fromEntries(
    Object.entries(figures).flatMap(([key, value]) =>
      key.startsWith('slow.') ? [[key.slice('slow.'.length), value]] : [],
    ),
  );
  const rows = CLOCK_PROMISES.map(({ name, what, most, valueOf }) => {
    const megahertz = figures[`clock.${name}.megahertz`] ?? Infinity;
    const needs =
      megahertz <= SLOW_MEGAHERTZ ? 'any' : Number.isFinite(megahertz) ? `${megahertz}` : '-';
    return [what, micros(most), micros(valueOf(figures)), micros(valueOf(slow)), needs];
  });
  return columns([['promise, SPI 10 MHz', 'us', 'this run', 'at 500 MHz', 'needs MHz'], ...rows]);
}

/** The times that have goals, without and with a line on the console. */
function consoleTable(figures: Figures): string[] {
  const rows = Object.entries(figures).flatMap(([key, value]) => {
    const [, own] = /^console\.(.*(?:interruptToSendNanosMax|worstCaseNanos))$/.exec(key) ?? [];
    if (own === undefined) return [];
    return [[own, micros(figures[own] ?? null), micros(value)]];
  });
  const percent = figures['console.uart.leastPercent'] ?? 0;
  return columns([
    ['largest, us', 'silent', `a line on the console, ${Math.floor(percent)} % of its UART`],
    ...rows,
  ]);
}

function restTable(figures: Figures): string[] {
  const rest = Object.entries(figures).filter(
    ([key]) => !/^(latency|latencyWfi|spiBytes|peer|task|slow|clock|console)\./.test(key),
  );
  return columns(rest.map(([key, value]) => [key, value === null ? '-' : `${round(value)}`]));
}

function micros(nanos: number | null): string {
  return nanos === null ? '-' : (nanos / 1000).toFixed(1);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Aligns the first column left and the others right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index])))
      .join('  '),
  );
}
