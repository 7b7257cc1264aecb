// SPDX-License-Identifier: MIT
/** One answer of a run as an SVG that stands alone, in the colours of the reader's system. */
import type { ScenarioResult } from '../play/scenario.ts';
import { chooseForTimeline } from '../play/timeline.ts';
import { answerTimeline, magnifiedSpan } from './answer-timeline.ts';
import { timelineSvg } from './timeline-svg.ts';

const WIDTH = 900;
/** Room for a word of the request and of the answer. */
const MARGIN_NANOS = 6_000;
const STYLE = `
:root{--back:#fff;--faint:#55606b;--line:#d5dae0;--request:#9a4d00;--answer:#1a6b3a;--spi:#0b5cad;--step:#6b46a8;--other:#6b7681;--on:#fff}
@media(prefers-color-scheme:dark){:root{--back:#16191c;--faint:#a9b4be;--line:#3a424a;--request:#f5b26b;--answer:#7fd6a0;--spi:#7db8f5;--step:#c3a6f5;--other:#9aa5b0;--on:#16191c}}
svg{background:var(--back)}text{font:11px ui-monospace,monospace;fill:var(--on)}.label{fill:var(--faint)}.small{font-size:9px}.lane,.axis{stroke:var(--line)}
.request rect{fill:var(--request)}.answer rect{fill:var(--answer)}.frame rect{fill:var(--other)}.line rect{fill:var(--faint)}.spi rect{fill:var(--spi)}.step rect{fill:var(--step)}`;

/** The SVG's text: from shortly before the end of the request to shortly after the answer began. Undefined: no answer. */
export function answerPicture(
  { judgement, seen }: ScenarioResult,
  steps: readonly (readonly [number, number])[],
): string | undefined {
  const chosen = chooseForTimeline(judgement.answered, seen);
  if (chosen === undefined) return undefined;
  const timeline = answerTimeline({
    ...chosen,
    ...{ wire: seen.wire, edges: seen.interruptEdges, transactions: seen.transactions, steps },
  });
  const near = magnifiedSpan(timeline);
  const title = `A request and the answer of rule ${chosen.ruleName}: bus, INT, SPI and the cell's step, in microseconds`;
  const part = near && {
    fromNanos: near.fromNanos - MARGIN_NANOS,
    toNanos: Math.min(timeline.toNanos, near.toNanos + MARGIN_NANOS),
  };
  const svg = timelineSvg(timeline, { width: WIDTH, title, labelsAbove: true, ...part });
  return `${svg.replace('</title>', `</title>\n<style>${STYLE}</style>`)}\n`;
}
