// SPDX-License-Identifier: MIT
/**
 * Draws an answer's timeline as SVG. Its classes leave the colours to the page that holds it:
 * `lane`, `span KIND`, `axis`, `label`.
 *
 * Does not: choose what is on it (answer-timeline.ts).
 */
import type { AnswerTimeline, Span } from './answer-timeline.ts';

const LEFT = 44;
const LANE_HEIGHT = 34;
const SPAN_HEIGHT = 24;
const AXIS_HEIGHT = 26;
/** Width of a character of a label, roughly, and of one above a span. */
const CHARACTER_WIDTH = 6.7;
const SMALL_WIDTH = 5.5;
const SMALL_HEIGHT = 8;
/** Fewer characters of a label than this say nothing. */
const LEAST_CUT = 6;
/** Distances of the marks of the axis in nanoseconds. */
const AXIS_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].map(
  (micros) => micros * 1000,
);
const AXIS_MARKS_MOST = 12;

export interface TimelineView {
  readonly width: number;
  /** The part that is shown. Default: all of it. */
  readonly fromNanos?: number;
  readonly toNanos?: number;
  /** Name for a screen reader. */
  readonly title: string;
  /** A label that finds no room in its span stands above it, where it meets no other. */
  readonly labelsAbove?: boolean;
}

/** The SVG's text. */
export function timelineSvg(timeline: AnswerTimeline, view: TimelineView): string {
  const { width, fromNanos = timeline.fromNanos, toNanos = timeline.toNanos } = view;
  const scale = (width - LEFT - 4) / Math.max(1, toNanos - fromNanos);
  const place = (nanos: number): number =>
    LEFT + (Math.min(Math.max(nanos, fromNanos), toNanos) - fromNanos) * scale;
  const head = view.labelsAbove === true ? SMALL_HEIGHT : 0;
  const height = head + timeline.lanes.length * LANE_HEIGHT + AXIS_HEIGHT;
  const lanes = timeline.lanes.flatMap(({ name, spans }, index) => {
    const top = head + index * LANE_HEIGHT + 4;
    const middle = top + SPAN_HEIGHT / 2;
    return [
      `<text class="label" x="0" y="${middle + 4}">${escapeText(name)}</text>`,
      `<line class="lane" x1="${LEFT}" x2="${width}" y1="${middle}" y2="${middle}"/>`,
      ...spans
        .filter((span) => span.toNanos > fromNanos && span.fromNanos < toNanos)
        .map((span) => drawSpan(span, place(span.fromNanos), place(span.toNanos), top)),
      ...(view.labelsAbove === true ? labelsAbove(spans, place, top, width) : []),
    ];
  });
  const axis = axisMarks(fromNanos, toNanos, timeline.originNanos).flatMap((nanos) => {
    const x = place(nanos).toFixed(1);
    const micros = Math.round((nanos - timeline.originNanos) / 1000);
    const text = micros > 0 ? `+${micros}` : `${micros}`;
    return [
      `<line class="axis" x1="${x}" x2="${x}" y1="0" y2="${height - AXIS_HEIGHT}"/>`,
      `<text class="label" x="${x}" y="${height - 8}" text-anchor="middle">${text}</text>`,
    ];
  });
  return [
    `<svg class="timeline" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">`,
    `<title>${escapeText(view.title)}</title>`,
    ...axis,
    ...lanes,
    `<text class="label" x="0" y="${height - 8}">µs</text>`,
    '</svg>',
  ].join('\n');
}

/** Characters that a span of this width can hold. */
function roomIn(width: number): number {
  return Math.floor((width - 6) / CHARACTER_WIDTH);
}

/** The labels of a lane that its spans are too narrow for. */
function labelsAbove(
  spans: readonly Span[],
  place: (nanos: number) => number,
  top: number,
  width: number,
): string[] {
  let end = 0;
  return spans.flatMap(({ fromNanos, toNanos, label }) => {
    const [from, to] = [place(fromNanos), place(toNanos)];
    const room = roomIn(to - from);
    const length = (label.length + 1) * SMALL_WIDTH;
    const start = Math.min(from, width - length);
    if (to <= from || room >= LEAST_CUT || room >= label.length || start < end) return [];
    end = start + length;
    return [
      `<text class="label small" x="${start.toFixed(1)}" y="${top - 2}">${escapeText(label)}</text>`,
    ];
  });
}

function drawSpan(span: Span, from: number, to: number, top: number): string {
  const width = Math.max(1.2, to - from);
  const room = roomIn(width);
  const text =
    span.label.length <= room ? span.label : room >= LEAST_CUT ? cut(span.label, room) : '';
  const shown =
    text === ''
      ? ''
      : `<text x="${(from + 4).toFixed(1)}" y="${top + SPAN_HEIGHT / 2 + 4}">${escapeText(text)}</text>`;
  return (
    `<g class="span ${span.kind}"><title>${escapeText(span.detail)}</title>` +
    `<rect x="${from.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${SPAN_HEIGHT}" rx="3"/>${shown}</g>`
  );
}

function cut(text: string, room: number): string {
  return `${text.slice(0, room - 1)}…`;
}

/** Round times in the window, counted from the origin. */
function axisMarks(fromNanos: number, toNanos: number, originNanos: number): number[] {
  const step =
    AXIS_STEPS.find((nanos) => (toNanos - fromNanos) / nanos <= AXIS_MARKS_MOST) ??
    (toNanos - fromNanos) / AXIS_MARKS_MOST;
  const marks: number[] = [];
  const first = Math.ceil((fromNanos - originNanos) / step);
  for (let index = first; originNanos + index * step <= toNanos; index += 1) {
    marks.push(originNanos + index * step);
  }
  return marks;
}

/** Text that may stand in HTML, also in an attribute. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
