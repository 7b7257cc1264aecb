// SPDX-License-Identifier: MIT
/**
 * One answer as spans of time in lanes: the bus, INT, SPI and the cell's steps, from the first bit of the
 * request to the last of the answer.
 *
 * It is data for a picture and for the table behind it.
 * Does not: draw (timeline-svg.ts), or judge.
 */
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { instructionName, instructionText } from '../rig/spi-names.ts';
import type { SpiTransaction } from '../rig/spi-transactions.ts';

export type SpanKind = 'request' | 'answer' | 'frame' | 'error' | 'line' | 'spi' | 'step';

export interface Span {
  readonly fromNanos: number;
  readonly toNanos: number;
  readonly kind: SpanKind;
  /** Short, to stand in the span. */
  readonly label: string;
  /** The whole of it. */
  readonly detail: string;
}

export interface Lane {
  readonly name: string;
  readonly spans: readonly Span[];
}

export interface AnswerTimeline {
  readonly ruleName: string;
  /** The zero of the axis: the end of the request. */
  readonly originNanos: number;
  readonly fromNanos: number;
  readonly toNanos: number;
  readonly lanes: readonly Lane[];
}

/** What was seen around the answer. More than belongs to it may be given. */
export interface AnswerSight {
  readonly ruleName: string;
  readonly request: WireRecord;
  readonly answer: WireRecord;
  /** Attempts on the bus. */
  readonly wire: Iterable<WireRecord>;
  /** Edges of INT, ascending. */
  readonly edges: Iterable<{ readonly low: boolean; readonly nanos: number }>;
  readonly transactions: Iterable<SpiTransaction>;
  /** Steps of the cell's loop. Those without a transaction are left out. */
  readonly steps: Iterable<readonly [fromNanos: number, toNanos: number]>;
}

/** What lanes and colours mean. */
export const TIMELINE_KEY =
  'CAN: the request, then its answer, and other frames in grey. INT: the line is low while the chip has something ' +
  "to say. SPI: instructions to the chip. Step: the cell's loop at work, and for how long. Time counts in " +
  'microseconds from the end of the request.';

/** Around the instructions in the magnified part, and the most that it shows. */
const MARGIN_NANOS = 2_000;
const MAGNIFIED_NANOS = 80_000;

/** The times of the instructions that led to the answer. Undefined: there are none. */
export function magnifiedSpan({
  lanes,
  fromNanos,
  toNanos,
}: AnswerTimeline): { fromNanos: number; toNanos: number } | undefined {
  const spansOf = (wanted: string): readonly Span[] =>
    lanes.find(({ name }) => name === wanted)?.spans ?? [];
  const answer = spansOf('CAN').find(({ kind }) => kind === 'answer');
  const spi = spansOf('SPI');
  const endNanos = Math.min(
    answer?.fromNanos ?? Infinity,
    (spi[0]?.fromNanos ?? 0) + MAGNIFIED_NANOS,
  );
  const near = spi.filter((span) => span.fromNanos <= endNanos);
  const last = near.at(-1);
  if (last === undefined) return undefined;
  return {
    fromNanos: Math.max(fromNanos, near[0].fromNanos - MARGIN_NANOS),
    toNanos: Math.min(toNanos, last.toNanos + MARGIN_NANOS),
  };
}

export function answerTimeline(sight: AnswerSight): AnswerTimeline {
  const fromNanos = sight.request.startNanos;
  const toNanos = sight.answer.endNanos;
  const isInside = (from: number, to: number): boolean => to > fromNanos && from < toNanos;
  const transactions = [...sight.transactions].filter((one) =>
    isInside(one.selectNanos, one.deselectNanos),
  );
  const steps = [...sight.steps].filter(([from, to]) =>
    transactions.some((one) => one.selectNanos < to && one.deselectNanos > from),
  );
  const wire = [...sight.wire].filter((one) => isInside(one.startNanos, one.endNanos));
  return {
    ruleName: sight.ruleName,
    originNanos: sight.request.endNanos,
    fromNanos,
    toNanos,
    lanes: [
      { name: 'CAN', spans: wire.map((record) => frameSpan(record, sight)) },
      { name: 'INT', spans: lowSpans(sight.edges, fromNanos, toNanos) },
      { name: 'SPI', spans: transactions.map(spiSpan) },
      { name: 'step', spans: steps.map(stepSpan) },
    ],
  };
}

function frameSpan(record: WireRecord, { request, answer }: AnswerSight): Span {
  const { startNanos, endNanos, sender, frame, outcome } = record;
  const kind =
    outcome === 'error'
      ? 'error'
      : record === request
        ? 'request'
        : record === answer
          ? 'answer'
          : 'frame';
  const text = formatFrame(frame);
  const label = kind === 'frame' ? text : `${kind} ${text}`;
  const detail = `${kind === 'frame' ? 'another frame' : kind}: ${sender} ${text}`;
  return { fromNanos: startNanos, toNanos: endNanos, kind, label, detail };
}

/** The times at which INT is low, cut to the window. */
function lowSpans(edges: AnswerSight['edges'], fromNanos: number, toNanos: number): Span[] {
  const spans: Span[] = [];
  let lowSince: number | undefined;
  const add = (from: number, to: number): void => {
    if (to <= fromNanos || from >= toNanos) return;
    const [start, end] = [Math.max(from, fromNanos), Math.min(to, toNanos)];
    spans.push({
      ...{ fromNanos: start, toNanos: end, kind: 'line', label: 'low' },
      detail: `INT low for ${((to - from) / 1000).toFixed(1)} µs`,
    });
  };
  for (const { low, nanos } of edges) {
    if (low) lowSince ??= nanos;
    else if (lowSince !== undefined) {
      add(lowSince, nanos);
      lowSince = undefined;
    }
  }
  if (lowSince !== undefined) add(lowSince, toNanos);
  return spans;
}

function spiSpan(transaction: SpiTransaction): Span {
  return {
    ...{ fromNanos: transaction.selectNanos, toNanos: transaction.deselectNanos, kind: 'spi' },
    label: instructionName(transaction.mosi[0] ?? 0),
    detail: instructionText(transaction),
  };
}

function stepSpan([fromNanos, toNanos]: readonly [number, number]): Span {
  const micros = ((toNanos - fromNanos) / 1000).toFixed(1);
  return {
    fromNanos,
    toNanos,
    kind: 'step',
    label: `${micros} µs`,
    detail: `step of ${micros} µs`,
  };
}
