// SPDX-License-Identifier: MIT
/**
 * The memory map as a picture: one column for physical memory, and one for the view of each cell.
 *
 * Heights grow with the logarithm of the size, so that a page stays readable beside 3 GiB. The picture is
 * self-contained and has no scripts.
 */
import type { Configuration } from '../checks/finding.ts';
import { guestMap } from './guest.ts';
import type { MapPart } from './guest.ts';
import type { MapRow, Ownership } from './physical.ts';
import { physicalMap } from './physical.ts';
import { formatAddress, formatSize } from './text.ts';

const COLUMN_WIDTH = 460;
const COLUMN_GAP = 40;
const MARGIN = 24;
const TITLE_HEIGHT = 44;
const PART_HEIGHT = 18;
const PAGE_BITS = 12;

/** Light fills for black text. The border is the same colour, darker. */
const COLOURS: Readonly<Record<Ownership, readonly [fill: string, border: string]>> = {
  root: ['#dbe7f5', '#5b7ea8'],
  cell: ['#d7efd9', '#4d8a55'],
  shared: ['#fbeec8', '#b58a1f'],
  hypervisor: ['#e6dff0', '#78619c'],
};
const LEGEND: readonly (readonly [Ownership, string])[] = [
  ['root', 'root cell'],
  ['cell', 'cell alone'],
  ['shared', 'shared'],
  ['hypervisor', 'hypervisor'],
];

interface Box {
  readonly row: MapRow;
  readonly parts: readonly MapPart[];
}

export function drawMap(configuration: Configuration): string {
  const columns = [
    {
      title: 'Physical memory',
      boxes: physicalMap(configuration).map((row): Box => ({ row, parts: [] })),
    },
    ...configuration.cells.map((cell) => {
      const image = configuration.image?.cellName === cell.name ? configuration.image : undefined;
      return {
        title: `Cell "${cell.name}"`,
        boxes: guestMap(cell, image).map((row): Box => ({ row, parts: row.parts })),
      };
    }),
  ];
  const heights = columns.map(({ boxes }) => boxes.reduce((sum, box) => sum + boxHeight(box), 0));
  const width = 2 * MARGIN + columns.length * COLUMN_WIDTH + (columns.length - 1) * COLUMN_GAP;
  const height = 2 * MARGIN + TITLE_HEIGHT + Math.max(...heights) + 40;
  const body = columns.flatMap(({ title, boxes }, index) =>
    drawColumn(MARGIN + index * (COLUMN_WIDTH + COLUMN_GAP), title, boxes),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>Memory map</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...body,
    ...drawLegend(height - MARGIN),
    '</svg>',
    '',
  ].join('\n');
}

/** One line of text for a page, and a little more for each doubling. */
function boxHeight({ row, parts }: Box): number {
  const doublings = Math.max(0, Math.log2(row.size) - PAGE_BITS);
  const own = 20 + Math.round(1.5 * doublings);
  return parts.length === 0 ? own : own + parts.length * PART_HEIGHT + 6;
}

function drawColumn(left: number, title: string, boxes: readonly Box[]): string[] {
  const lines = [label(left, MARGIN + 20, title, 'font-size="16" font-weight="600"')];
  let top = MARGIN + TITLE_HEIGHT;
  for (const box of boxes) {
    const height = boxHeight(box);
    const { row, parts } = box;
    const remark = row.rights === '' ? row.owner : `${row.owner}, ${row.rights}`;
    lines.push(
      '<g>',
      `<title>${escape(`${row.what}: ${formatAddress(row.start)} + 0x${row.size.toString(16)}, ${remark}`)}</title>`,
      rectangle(left, top, COLUMN_WIDTH, height, row.ownership),
      ...drawLine(left, top + 15, row, row.what),
    );
    parts.forEach((part, index) => {
      const y = top + height - 6 - (parts.length - index) * PART_HEIGHT;
      const fill = part.what === 'free' ? 'fill="#ffffff" fill-opacity="0.6"' : 'fill="#ffffff"';
      lines.push(
        `<rect x="${left + 12}" y="${y}" width="${COLUMN_WIDTH - 24}" height="${PART_HEIGHT}" ${fill} stroke="#4d8a55" stroke-width="0.5"/>`,
        ...drawLine(left + 12, y + 13, part, part.what),
      );
    });
    lines.push('</g>');
    top += height;
  }
  return lines;
}

function drawLine(
  left: number,
  y: number,
  range: { start: number; size: number },
  what: string,
): string[] {
  return [
    label(left + 8, y, formatAddress(range.start), 'font-family="monospace"'),
    label(left + 104, y, formatSize(range.size), 'fill="#444444"'),
    label(left + 176, y, what, ''),
  ];
}

function drawLegend(y: number): string[] {
  return LEGEND.flatMap(([ownership, text], index) => {
    const left = MARGIN + index * 120;
    return [rectangle(left, y - 12, 14, 14, ownership), label(left + 20, y, text, '')];
  });
}

function rectangle(
  x: number,
  y: number,
  width: number,
  height: number,
  ownership: Ownership,
): string {
  const [fill, border] = COLOURS[ownership];
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" stroke="${border}"/>`;
}

function label(x: number, y: number, text: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
