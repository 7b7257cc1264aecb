// SPDX-License-Identifier: MIT
/**
 * The frame of a report: one HTML page that needs nothing else, for screen, paper and screen readers.
 *
 * Does not: know what is reported.
 */
import { escapeText } from './timeline-svg.ts';

export type Cell = string | number | undefined;

/** A table with its heads. Numbers stand to the right. */
export function table(caption: string, heads: readonly string[], rows: readonly Cell[][]): string {
  const head = heads.map((text) => `<th scope="col">${escapeText(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return scrolled(
    caption,
    `<table><caption>${escapeText(caption)}</caption><thead><tr>${head}</tr></thead>\n` +
      `<tbody>${body}</tbody></table>`,
  );
}

/** What is wider than a small screen moves in a place of its own, by keyboard as well. */
export function scrolled(name: string, content: string): string {
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeText(name)}">${content}</div>`;
}

function cell(value: Cell): string {
  if (typeof value === 'number') return `<td class="number">${value}</td>`;
  return `<td>${escapeText(value ?? '')}</td>`;
}

/** A part of the page under a heading. `id` is its place in the address. */
export function section(id: string, heading: string, ...parts: readonly string[]): string {
  return `<section id="${id}" aria-labelledby="${id}-heading"><h2 id="${id}-heading">${escapeText(heading)}</h2>\n${parts.join('\n')}</section>`;
}

export function paragraph(text: string): string {
  return `<p>${escapeText(text)}</p>`;
}

/** Shown when it is opened, and on paper. */
export function folded(summary: string, content: string): string {
  return `<details><summary>${escapeText(summary)}</summary>${content}</details>`;
}

export interface PageParts {
  readonly title: string;
  readonly lead: string;
  readonly sections: readonly string[];
  /** What draws the charts. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

/** The whole page. */
export function page({ title, lead, sections, scripts, styles }: PageParts): string {
  const contents = sections.flatMap((text) => {
    const [, id, heading] = /<section id="([^"]+)"[^>]*><h2[^>]*>([^<]*)</.exec(text) ?? [];
    return id === undefined ? [] : [`<a href="#${id}">${heading}</a>`];
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeText(title)}</title>`,
    '<link rel="icon" href="data:,">',
    `<style>${[STYLE, ...styles].join('\n')}</style></head><body>`,
    `<header><h1>${escapeText(title)}</h1><p>${escapeText(lead)}</p>`,
    `<nav aria-label="Contents">${contents.join(' · ')}</nav></header>`,
    `<main>${sections.join('\n')}</main>`,
    ...scripts.map((text) => `<script>${text.replaceAll('</script', '<\\/script')}</script>`),
    '</body></html>',
    '',
  ].join('\n');
}

const COLOURS = {
  light:
    '--back:#fff;--ink:#1c1f23;--faint:#55606b;--line:#d5dae0;--request:#9a4d00;--answer:#1a6b3a;--spi:#0b5cad;--step:#6b46a8;--other:#6b7681;--bad:#b3261e;--on:#fff',
  dark: '--back:#16191c;--ink:#e8eaed;--faint:#a9b4be;--line:#3a424a;--request:#f5b26b;--answer:#7fd6a0;--spi:#7db8f5;--step:#c3a6f5;--other:#9aa5b0;--bad:#ff9a92;--on:#16191c',
};

const STYLE = `
:root{color-scheme:light dark;${COLOURS.light}}
@media screen and (prefers-color-scheme:dark){:root{${COLOURS.dark}}}
body{margin:0 auto;padding:0 16px 40px;max-width:1100px;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:24px;margin:16px 0 0}h2{font-size:19px;margin:32px 0 8px;border-bottom:1px solid var(--line)}h3{font-size:15px;margin:16px 0 4px}
header p,caption{color:var(--faint)}a{color:var(--spi)}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:4px 0}
caption{text-align:left;padding:2px 0;white-space:nowrap}th{text-align:left;color:var(--faint);font-weight:600}
th,td{padding:2px 12px 2px 0;border-bottom:1px solid var(--line);vertical-align:top}td.number{text-align:right}
.scroll{overflow:auto}.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:8px 24px}
.chart{min-height:190px}.bad{color:var(--bad)}:focus-visible{outline:3px solid var(--spi);outline-offset:1px}
.timeline{display:block;width:100%;min-width:760px;height:auto}.timeline text{font:11px ui-monospace,monospace;fill:var(--on)}.timeline .label{fill:var(--faint)}.timeline .small{font-size:9px}
.timeline .lane,.timeline .axis{stroke:var(--line)}.timeline .request rect{fill:var(--request)}.timeline .answer rect{fill:var(--answer)}
.timeline .frame rect{fill:var(--other)}.timeline .error rect{fill:var(--bad)}.timeline .line rect{fill:var(--faint)}
.timeline .spi rect{fill:var(--spi)}.timeline .step rect{fill:var(--step)}
@media print{body{max-width:none}section{break-inside:avoid-page}.timeline{min-width:0}nav{display:none}.scroll{overflow:visible}}`;
