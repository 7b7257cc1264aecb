// SPDX-License-Identifier: MIT
/** The part of a report that shows one answer: as a picture, magnified, and as a table. */
import type { ScenarioResult } from '../play/scenario.ts';
import type { AnsweredRequest } from '../verify/judge.ts';
import { answerTimeline, magnifiedSpan, TIMELINE_KEY } from './answer-timeline.ts';
import { folded, paragraph, scrolled, section, table } from './html.ts';
import { timelineSvg } from './timeline-svg.ts';

const WIDTH = 1060;

export function answerSection(
  chosen: AnsweredRequest | undefined,
  { seen }: ScenarioResult,
  steps: readonly (readonly [number, number])[],
): string {
  if (chosen === undefined) {
    return section('answer', 'One answer', paragraph('No request was answered.'));
  }
  const timeline = answerTimeline({
    ...chosen,
    ...{ wire: seen.wire, edges: seen.interruptEdges, transactions: seen.transactions, steps },
  });
  const title = `Answer of rule ${chosen.ruleName} on the bus, INT, SPI, and the cell's steps`;
  const near = magnifiedSpan(timeline);
  const micros = (nanos: number): number => Math.round(nanos / 100) / 10;
  const rows = timeline.lanes
    .flatMap(({ name, spans }) => spans.map((span) => ({ name, ...span })))
    .toSorted((left, right) => left.fromNanos - right.fromNanos)
    .map(({ name, fromNanos, toNanos, detail }) => [
      ...[micros(fromNanos - timeline.originNanos), micros(toNanos - fromNanos), name, detail],
    ]);
  const kind = chosen.isStatic ? 'static' : 'computed';
  return section(
    'answer',
    'One answer, from the first bit of the request to the last of the answer',
    paragraph(`Rule ${chosen.ruleName}, ${kind} answer. ${TIMELINE_KEY}`),
    scrolled(title, timelineSvg(timeline, { width: WIDTH, title })),
    ...(near
      ? [
          paragraph("The cell's part magnified:"),
          scrolled(
            `${title}, magnified`,
            timelineSvg(timeline, {
              ...{ width: WIDTH, title: `${title}, magnified`, labelsAbove: true },
              ...near,
            }),
          ),
        ]
      : []),
    folded('As a table', table('One answer', ['from (µs)', 'for (µs)', 'where', 'what'], rows)),
  );
}
