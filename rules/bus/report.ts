// SPDX-License-Identifier: MIT
/**
 * The worst times on the bus as text, with the verdict on each deadline.
 */
import { counted } from '../../cell-config/plural.ts';
import { duration } from '../describe-timer.ts';
import { formatIdentifier } from '../model.ts';
import type { Rule } from '../model.ts';
import type { Stream, Streams } from './streams.ts';
import type { Traffic } from './traffic.ts';
import type { NoBound, Result } from './worst-case.ts';

export interface BusReport {
  readonly lines: readonly string[];
  /** Stated deadlines, and the number of them that are not shown to be met. */
  readonly deadlines: number;
  readonly missed: number;
}

const COLUMNS = ['worst ms', 'cell', 'blocked', 'stronger', 'own', 'errors', 'frame'];
const COLUMN_WIDTH = 9;
/** Names that are listed one by one. */
const NAMES_MAXIMUM = 4;

/** The report: a line for each answer and for each frame from AGL. */
export function reportOf(
  traffic: Traffic,
  { all, unasked, untimely }: Streams,
  results: readonly Result[],
): BusReport {
  const own = results.filter(({ stream }) => stream.own !== undefined);
  const stated = own.filter(({ stream }) => stream.own?.deadlineNanos !== undefined);
  const without = unasked.filter(({ deadlineNanos }) => deadlineNanos !== undefined);
  // A timer's frame that has no bound is faster than this bus carries.
  const endless = own.filter(({ stream, worst }) => stream.own?.isTimed && worst === 'overload');
  const missed = stated.filter((result) => !isMet(result)).length + without.length;
  const deadlines = stated.length + without.length;
  const lines = [...loadLines(traffic, all), ...unasked.map(unaskedLine), ''];
  if (own.length === 0) lines.push('No answer and no frame of AGL is in this traffic.');
  else lines.push(...tableOf(own));
  for (const { stream } of endless)
    lines.push(`${titleOf(stream)}: more often than this bus carries`);
  for (const { rule, nanos } of untimely) {
    const after = duration(rule.watch?.timeout?.micros ?? 0);
    lines.push(
      `${rule.name}: its frames may be ${millis(nanos)} ms apart in this traffic, and its timeout is ${after}`,
    );
  }
  if (deadlines > 0) lines.push(`${counted(deadlines, 'deadline')}, ${missed} not met.`);
  return { lines, deadlines, missed: missed + endless.length + untimely.length };
}

function tableOf(own: readonly Result[]): string[] {
  const names = own.map(({ stream }) => titleOf(stream));
  const width = names.reduce((most, { length }) => Math.max(most, length), 0);
  const columns = COLUMNS.map((name) => name.padStart(COLUMN_WIDTH));
  return [
    ['answer or frame'.padEnd(width), ...columns].join(' '),
    ...own.map((result, index) => `${names[index].padEnd(width)} ${describe(result)}`),
    '',
    'worst: from the end of the request, from its place in the ring of AGL, or from when it is due, to the end of the frame.',
    'cell: until it contends, SPI 10 MHz, core 1.5 GHz (emulated board). blocked: by a frame that has just begun.',
    'stronger: frames of other nodes that go first. own: frames of the cell that do.',
    ...own.flatMap(orderLine),
  ];
}

function loadLines({ bitrate, errorEveryNanos }: Traffic, all: readonly Stream[]): string[] {
  const share = (streams: readonly Stream[]) =>
    streams.reduce((sum, stream) => sum + stream.transmissionNanos / stream.periodNanos, 0);
  const total = share(all);
  const ofCell = all.filter(({ own }) => own !== undefined);
  const errors =
    errorEveryNanos === undefined ? 'no errors' : `one error in ${millis(errorEveryNanos)} ms`;
  const line = `Bus load ${percent(total)} at ${bitrate} bit/s with every stuff bit, ${percent(share(ofCell))} of it by the cell; ${errors}.`;
  if (total < 1) return [line];
  return [line, 'The bus is overloaded: frames queue up without end, the weakest first.'];
}

function unaskedLine({ name, match }: Rule): string {
  const request = formatIdentifier(match.identifier, match.extended);
  return `${name}: its period is unknown, as no message of the traffic is its request ${request}${match.remote === true ? ' remote' : ''}; all times are without its answers.`;
}

function titleOf({ name, frame, own }: Stream): string {
  if (own?.isTimed) return `${name} ${frame} by its timer`;
  if (own?.request === undefined) return `${frame} of AGL`;
  return `${name} ${frame} to ${own.request.frame}`;
}

function describe({ stream, worst, delayNanos }: Result): string {
  const { own, transmissionNanos } = stream;
  const deadline = own?.deadlineNanos;
  if (typeof worst === 'string') {
    const missed = deadline === undefined ? '' : `; deadline ${millis(deadline)} ms: NOT MET`;
    const what = `no bound: a weaker ${own?.request === undefined ? 'frame of AGL' : 'answer'} `;
    const reason = `${worst === 'order' ? what : ''}${REASONS[worst]}`;
    return `${'none'.padStart(COLUMN_WIDTH)} ${reason}${missed}`;
  }
  const { totalNanos, blockingNanos, strongerNanos, ownNanos, errorNanos, instance } = worst;
  const cells = [totalNanos, delayNanos, blockingNanos, strongerNanos, ownNanos];
  const numbers = [...cells, errorNanos, transmissionNanos]
    .map((nanos) => millis(nanos).padStart(COLUMN_WIDTH))
    .join(' ');
  const place = instance === 0 ? '' : `  number ${instance + 1} in a row`;
  if (deadline === undefined) return numbers + place;
  const met = totalNanos <= deadline ? 'met' : 'NOT MET';
  return `${numbers}${place}  deadline ${millis(deadline)}: ${met}`;
}

const REASONS: Readonly<Record<NoBound, string>> = {
  overload: 'no bound: what goes before it fills the bus',
  order: 'may be ahead, and what goes before that fills the bus',
  follows: 'no bound: what it waits for, or answers, has none itself',
};

function isMet({ stream: { own }, worst }: Result): boolean {
  return typeof worst !== 'string' && worst.totalNanos <= (own?.deadlineNanos ?? Infinity);
}

/** The weaker frames that may be ahead: of AGL, or of the rule. */
function orderLine({ stream, weakerAhead }: Result): string[] {
  if (weakerAhead.length === 0) return [];
  const names = weakerAhead.map(titleOf);
  const more = names.length - NAMES_MAXIMUM;
  const whose = stream.own?.request === undefined ? 'the frames of AGL' : 'the answers of a rule';
  const listed = names.slice(0, NAMES_MAXIMUM).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return [
    `${titleOf(stream)} may wait behind weaker ones, as ${whose} keep their order, and so for all that is stronger than they are: ${listed}.`,
  ];
}

function millis(nanos: number): string {
  return (nanos / 1e6).toFixed(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
