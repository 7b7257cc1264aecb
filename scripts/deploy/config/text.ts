// SPDX-License-Identifier: MIT
/**
 * Edits config.txt, the settings of the Raspberry Pi's firmware, and removes the edit again.
 *
 * The new settings stand in one marked block at the end. Lines that contradict them are kept, commented out
 * with a marker, and what remains of them stands below. A second edit gives the same text. Non-ASCII bytes
 * and line ends stay unchanged.
 * Does not: edit included files.
 */
import { findContradictions } from './contradictions.ts';
import type { Contradiction } from './contradictions.ts';
import { parseConfig, splitLines } from './parse.ts';
import type { ConfigLine, IncludedFiles } from './parse.ts';

const BLOCK_START =
  '# >>> canwarden: written by deploy. Change nothing here; deploy --undo removes it';
const BLOCK_END = '# <<< canwarden';
const DISABLED = '#canwarden# ';
/** Stands above what remains of a line that was commented out. */
const LEFT_OVER = '#canwarden: the rest of the line above';

/** Omitted if it would set the permanent mark in the chip; see mayForceTurbo. */
const FORCE_TURBO = 'force_turbo=1';

/**
 * The board's settings, with their reasons. `[all]` ends the filters of the file, and `[pi4]` keeps the block
 * from other models.
 */
const SETTINGS: readonly (readonly [line: string, why?: string])[] = [
  ['[all]'],
  ['[pi4]'],
  ['arm_64bit=1', 'Jailhouse and the cell are 64-bit'],
  ['enable_gic=1', 'interrupts through the GIC-400, which Jailhouse drives'],
  ['armstub=bl31.bin', 'TF-A: without its PSCI Linux cannot give a CPU away'],
  ['enable_uart=1', 'the console of the hypervisor'],
  ['core_freq=500', 'SPI is divided from this clock: it must not move'],
  ['core_freq_min=500'],
  ['hdmi_enable_4kp60=0', 'it would raise that clock to 550'],
  [FORCE_TURBO, "the cell's core keeps its clock; never together with over_voltage"],
  ['gpio=8-11=a0', 'SPI0: CE0, MISO, MOSI, SCLK'],
  ['gpio=25=ip,pu', 'INT of the MCP2515; high while it is not connected'],
  ['dtoverlay=canwarden', 'reserved memory; the page of SPI0 not for Linux'],
  ['dtoverlay=', 'ends the scope of the overlay for lines below'],
  ['[all]'],
];
/** Settings whose other values above the block would only mislead. */
const OWNED = new Map(
  SETTINGS.map(([line]) => line.split('='))
    .filter(([key, value]) => value !== undefined && key !== 'gpio' && key !== 'dtoverlay')
    .map(([key, value]) => [key, value]),
);

/** The text with the block at its end and contradicting lines commented out. */
export function editConfig(text: string, included?: IncludedFiles): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = readOwn(text, included);
  const rests = new Map(contradictions(lines).map(({ line, rest }) => [line, rest]));
  const body = lines
    .filter(({ isOwn }) => isOwn)
    .map((line) => {
      const rest = rests.get(line);
      if (rest === undefined) return line.text;
      const disabled = withEnd(DISABLED + line.text, eol);
      return rest === '' ? disabled : disabled + [LEFT_OVER, rest, ''].join(eol);
    })
    .join('');
  return (body === '' ? '' : withEnd(body, eol)) + blockLines(lines).join(eol) + eol;
}

/** The text before editConfig, with everything added since outside the block. */
export function removeEdit(text: string): string {
  const kept: string[] = [];
  const lines = splitLines(withoutBlock(text));
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index];
    if (line.trimEnd() === LEFT_OVER) index += 1;
    else kept.push(line.startsWith(DISABLED) ? line.slice(DISABLED.length) : line);
  }
  return kept.join('');
}

/** The user's lines as the firmware reads them, without deploy's additions. */
export function readOwn(text: string, included?: IncludedFiles): ConfigLine[] {
  return parseConfig(removeEdit(text), included);
}

/** Contradictions of these lines to the block. Covers included files. */
export function contradictions(lines: readonly ConfigLine[]): Contradiction[] {
  return findContradictions(lines, OWNED);
}

/** The line that excludes `force_turbo`: together they set a permanent mark in the chip. */
export function overVoltageLine(lines: readonly ConfigLine[]): ConfigLine | undefined {
  return lines.find(
    ({ key, value, applies }) =>
      key.startsWith('over_voltage') && applies !== 'never' && Number(value) > 0,
  );
}

/** Only the block, for archives: config.txt reads it by `include`. */
export function configBlock(): string {
  return `${blockLines([]).join('\n')}\n`;
}

function blockLines(lines: readonly ConfigLine[]): string[] {
  const mayForceTurbo = overVoltageLine(lines) === undefined;
  const settings = SETTINGS.filter(([line]) => mayForceTurbo || line !== FORCE_TURBO);
  return [
    BLOCK_START,
    ...settings.flatMap(([line, why]) => (why === undefined ? [line] : [`# ${why}`, line])),
    BLOCK_END,
  ];
}

/** The text without deploy's blocks. A block without an end line ends with the file. */
function withoutBlock(text: string): string {
  let inside = false;
  const kept: string[] = [];
  for (const line of splitLines(text)) {
    const content = line.trim();
    if (content.startsWith('# >>> canwarden')) inside = true;
    if (!inside) kept.push(line);
    if (content === BLOCK_END) inside = false;
  }
  return kept.join('');
}

function withEnd(line: string, eol: string): string {
  return line.endsWith('\n') ? line : line + eol;
}
