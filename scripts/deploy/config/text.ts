/**
 * Edits config.txt, the settings of the Raspberry Pi's firmware, and takes the edit out again.
 *
 * What is set stands in one marked block at the end; lines that contradict it are kept, commented
 * out with a marker, and what is left of them stands below. Doing it twice gives the same text. Bytes
 * that are not ASCII and line ends stay as they are.
 * Does not: edit included files, or talk to people; see notes.ts.
 */
import { findContradictions } from './contradictions.ts';
import type { Contradiction } from './contradictions.ts';
import { parseConfig, splitLines } from './parse.ts';
import type { ConfigLine, IncludedFiles } from './parse.ts';

const BLOCK_START =
  '# >>> canwarden: written by deploy. Change nothing here; deploy --undo removes it';
const BLOCK_END = '# <<< canwarden';
const DISABLED = '#canwarden# ';
/** Stands above what is left of a line that was commented out. */
const LEFT_OVER = '#canwarden: the rest of the line above';

/** Left out where it would mark the chip; see mayForceTurbo. */
const FORCE_TURBO = 'force_turbo=1';

/**
 * What the board needs, and why. `[all]` ends whatever filters the file ends with, `[pi4]` keeps the
 * block away from other models.
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

/** The text as it was before editConfig, with whatever was added since outside the block. */
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

/** The lines of the user, as the firmware reads them: without what deploy has added. */
export function readOwn(text: string, included?: IncludedFiles): ConfigLine[] {
  return parseConfig(removeEdit(text), included);
}

/** What of these lines contradicts the block; included files too. */
export function contradictions(lines: readonly ConfigLine[]): Contradiction[] {
  return findContradictions(lines, OWNED);
}

/** The line that keeps `force_turbo` away: together they set a permanent mark in the chip. */
export function overVoltageLine(lines: readonly ConfigLine[]): ConfigLine | undefined {
  return lines.find(
    ({ key, value, applies }) =>
      key.startsWith('over_voltage') && applies !== 'never' && Number(value) > 0,
  );
}

/** The block alone, for archives: config.txt reads it by `include`. */
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

/** Without any block of ours; a block whose end is missing ends with the file. */
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
