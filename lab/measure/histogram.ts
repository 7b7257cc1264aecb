// SPDX-License-Identifier: MIT
/**
 * Histograms of INT to RTS as one SVG: a panel for each answer and load.
 *
 * Each bar counts the requests whose latency lies in its microsecond. The last bar counts those of
 * 49 us and more.
 * Does not: smooth.
 */
import type { Histogram } from './figures.ts';

const PANEL = { width: 720, height: 110, left: 150, bottom: 24 };
const BIN_NANOS = 1_000;
const BINS = 50;
const COLOURS: Readonly<Record<string, string>> = { static: '#1b7837', computed: '#2166ac' };

/** Returns the SVG text. `title` goes above the panels. */
export function histogramSvg(title: string, histograms: readonly Histogram[]): string {
  const height = 40 + histograms.length * PANEL.height + 10;
  const width = PANEL.left + PANEL.width + 20;
  const panels = histograms.map((histogram, index) => panel(histogram, 40 + index * PANEL.height));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="10" y="22" font-size="15">${title}</text>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel({ answer, load, idle, interruptToSendNanos }: Histogram, top: number): string {
  const counts = Array.from({ length: BINS }, () => 0);
  for (const nanos of interruptToSendNanos) {
    counts[Math.min(BINS - 1, Math.floor(nanos / BIN_NANOS))] += 1;
  }
  const most = Math.max(1, ...counts);
  const barWidth = PANEL.width / BINS;
  const base = top + PANEL.height - PANEL.bottom;
  const room = PANEL.height - PANEL.bottom - 10;
  // A single slow answer among hundreds must be visible, so the height is the square root of the
  // share.
  const bars = counts.flatMap((count, bin) => {
    if (count === 0) return [];
    const barHeight = Math.max(2, room * Math.sqrt(count / most));
    const x = PANEL.left + bin * barWidth;
    return [
      `<rect x="${x}" y="${base - barHeight}" width="${barWidth - 1}" height="${barHeight}" fill="${COLOURS[answer]}"><title>${binName(bin)}: ${count}</title></rect>`,
    ];
  });
  const ticks = [0, 10, 20, 30, 40, 50].map((micros) => {
    const x = PANEL.left + (micros / BINS) * PANEL.width;
    return `<text x="${x}" y="${base + 14}" text-anchor="middle" fill="#555">${micros} us</text>`;
  });
  const worst = (Math.max(0, ...interruptToSendNanos) / 1000).toFixed(1);
  return [
    `<text x="10" y="${top + 40}">${answer}, ${load}${idle === 'wfi' ? ', wfi' : ''}</text>`,
    `<text x="10" y="${top + 56}" fill="#555">${interruptToSendNanos.length} requests</text>`,
    `<text x="10" y="${top + 72}" fill="#555">worst ${worst} us</text>`,
    `<line x1="${PANEL.left}" x2="${PANEL.left + PANEL.width}" y1="${base}" y2="${base}" stroke="#999"/>`,
    ...bars,
    ...ticks,
  ].join('\n');
}

/** The last bin also holds everything that took longer. */
function binName(bin: number): string {
  return bin === BINS - 1 ? `${bin} us or more` : `${bin} to ${bin + 1} us`;
}
