// SPDX-License-Identifier: MIT
/** The last answer as a picture: all of it, and the cell's part of it magnified; and as a table. */
import {
  type AnswerTimeline,
  magnifiedSpan,
  TIMELINE_KEY,
} from '../../lab/report/answer-timeline.ts';
import { timelineSvg } from '../../lab/report/timeline-svg.ts';
import { element, micros, row, tableBelow } from './elements.ts';

/** Narrower than this it is scrolled. */
const LEAST_WIDTH = 640;

export class TimelineView {
  readonly #picture: HTMLElement;
  readonly #rows: HTMLTableSectionElement;

  constructor(picture: HTMLElement) {
    this.#picture = picture;
    const heads = ['from (µs)', 'for (µs)', 'where', 'what'];
    this.#rows = tableBelow(picture, 'The last answer', heads);
    element('timeline-key', HTMLElement).textContent = TIMELINE_KEY;
  }

  show(timeline: AnswerTimeline): void {
    const width = Math.max(LEAST_WIDTH, this.#picture.clientWidth - 8);
    const { ruleName, lanes, originNanos } = timeline;
    const title = `Answer of rule ${ruleName}: bus, INT, SPI and steps over time`;
    const near = magnifiedSpan(timeline);
    const parts = [timelineSvg(timeline, { width, title })];
    if (near !== undefined) {
      const magnified = `${title}, the cell's part magnified`;
      parts.push(timelineSvg(timeline, { width, title: magnified, labelsAbove: true, ...near }));
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
