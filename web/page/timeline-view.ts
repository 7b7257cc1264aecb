// SPDX-License-Identifier: MIT
/** The last answer as a picture: all of it, and the cell's part of it magnified; and as a table. */
import type { AnswerTimeline, Span } from '../../lab/report/answer-timeline.ts';
import { timelineSvg } from '../../lab/report/timeline-svg.ts';
import { micros, row } from './elements.ts';

/** Narrower than this it is scrolled. */
const LEAST_WIDTH = 640;
/** Around the SPI instructions in the magnified part, and the most that it shows. */
const MARGIN_NANOS = 2_000;
const MAGNIFIED_NANOS = 80_000;

export class TimelineView {
  readonly #picture: HTMLElement;
  readonly #rows: HTMLTableSectionElement;

  constructor(picture: HTMLElement, rows: HTMLTableSectionElement) {
    this.#picture = picture;
    this.#rows = rows;
  }

  show(timeline: AnswerTimeline): void {
    const width = Math.max(LEAST_WIDTH, this.#picture.clientWidth - 8);
    const { ruleName, lanes, originNanos } = timeline;
    const title = `Answer of rule ${ruleName}: bus, INT, SPI and steps over time`;
    const spi = magnified(timeline);
    const parts = [timelineSvg(timeline, { width, title })];
    const [first] = spi;
    const last = spi.at(-1);
    if (first !== undefined && last !== undefined) {
      parts.push(
        timelineSvg(timeline, {
          ...{ width, title: `${title}, the cell's part magnified` },
          fromNanos: Math.max(timeline.fromNanos, first.fromNanos - MARGIN_NANOS),
          toNanos: Math.min(timeline.toNanos, last.toNanos + MARGIN_NANOS),
        }),
      );
    }
    this.#picture.innerHTML = parts.join('');
    const rows = lanes
      .flatMap(({ name, spans }) => spans.map((span) => ({ name, ...span })))
      .toSorted((left, right) => left.fromNanos - right.fromNanos);
    this.#rows.replaceChildren(
      ...rows.map(({ name, fromNanos, toNanos, detail }) =>
        row([micros(fromNanos - originNanos), micros(toNanos - fromNanos), name, detail]),
      ),
    );
  }
}

/** The instructions that led to the answer: those before it, as far as they are close together. */
function magnified({ lanes }: AnswerTimeline): readonly Span[] {
  const spansOf = (wanted: string): readonly Span[] =>
    lanes.find(({ name }) => name === wanted)?.spans ?? [];
  const answer = spansOf('CAN').find(({ kind }) => kind === 'answer');
  const spi = spansOf('SPI');
  const endNanos = (spi[0]?.fromNanos ?? 0) + MAGNIFIED_NANOS;
  return spi.filter(
    ({ fromNanos }) => fromNanos <= Math.min(answer?.fromNanos ?? Infinity, endNanos),
  );
}
