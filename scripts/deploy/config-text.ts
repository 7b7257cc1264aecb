/**
 * Edits config.txt, the settings of the Raspberry Pi's firmware, and takes the edit out again.
 *
 * Used by: contents.ts (edit), backup.ts (undo of a file that was edited further since).
 * What is set stands in one marked block at the end; lines that contradict it are kept, commented
 * out with a marker. Doing it twice gives the same text. Bytes that are not ASCII and line ends
 * stay as they are.
 * Does not: follow `include` lines.
 */

const BLOCK_START =
  '# >>> canwarden: written by deploy. Change nothing here; deploy --undo removes it';
const BLOCK_END = '# <<< canwarden';
const DISABLED = '#canwarden# ';

/** What the board needs, and why. The filter keeps the block away from other models. */
const SETTINGS: readonly (readonly [line: string, why?: string])[] = [
  ['[pi4]'],
  ['arm_64bit=1', 'Jailhouse and the cell are 64-bit'],
  ['enable_gic=1', 'interrupts through the GIC-400, which Jailhouse drives'],
  ['armstub=bl31.bin', 'TF-A: without its PSCI Linux cannot give a CPU away'],
  ['enable_uart=1', 'the console of the hypervisor'],
  ['core_freq=500', 'SPI is divided from this clock: it must not move'],
  ['core_freq_min=500'],
  ['gpio=8-11=a0', 'SPI0: CE0, MISO, MOSI, SCLK'],
  ['gpio=25=ip,pu', 'INT of the MCP2515, open drain'],
  ['dtoverlay=canwarden', 'reserved memory; SPI0 not for Linux'],
  ['dtoverlay=', 'ends the scope of the overlay for lines below'],
  ['[all]'],
];
/** Settings whose other values above the block would only mislead. */
const OWNED_KEYS = new Map(
  SETTINGS.map(([line]) => line.split('='))
    .filter(([key, value]) => value !== undefined && key !== 'gpio' && key !== 'dtoverlay')
    .map(([key, value]) => [key, value]),
);
/** Overlays and parameters that hand SPI0 or the chip to Linux, or reserve memory elsewhere. */
const CLAIMS_CHIP =
  /^(dtoverlay=(mcp251|spi0-|jailhouse-memory)[^\s]*|dtparam=spi(=(on|true|yes|1))?)$/;

/** The text with the block at its end and contradicting lines commented out. */
export function editConfig(text: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  let filter = 'all';
  const kept = splitLines(withoutBlock(text)).map((line) => {
    const setting = line.trim();
    const section = /^\[(.*)\]$/.exec(setting);
    if (section !== null) filter = section[1].toLowerCase();
    // A filter for another model says nothing about this board.
    if (filter !== 'all' && filter !== 'pi4') return line;
    return mustGo(setting) ? DISABLED + line : line;
  });
  const body = kept.join('');
  const end = body === '' || body.endsWith('\n') ? '' : eol;
  return body + end + blockLines().join(eol) + eol;
}

/** The text as it was before editConfig, with whatever was added since outside the block. */
export function removeEdit(text: string): string {
  return splitLines(withoutBlock(text))
    .map((line) => (line.startsWith(DISABLED) ? line.slice(DISABLED.length) : line))
    .join('');
}

/** The block alone, for archives: config.txt reads it by `include`. */
export function configBlock(): string {
  return `${blockLines().join('\n')}\n`;
}

function blockLines(): string[] {
  const settings = SETTINGS.flatMap(([line, why]) =>
    why === undefined ? [line] : [`# ${why}`, line],
  );
  return [BLOCK_START, ...settings, BLOCK_END];
}

function mustGo(setting: string): boolean {
  if (CLAIMS_CHIP.test(setting)) return true;
  const [key, ...value] = setting.split('=');
  const wanted = OWNED_KEYS.get(key);
  return wanted !== undefined && value.join('=') !== wanted;
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

/** Lines with their line ends. */
function splitLines(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}
