// SPDX-License-Identifier: MIT
/**
 * Finds the lines of config.txt that contradict the cell's needs, and what remains of each.
 *
 * The page of SPI0 also holds SPI3 to SPI6, and the cell owns it. SPI1 and SPI2 are in another page and stay
 * the user's. Sources: bcm2711.dtsi for the pages; the README of the overlays in the kernel for Raspberry Pi.
 */
import { SPI_PAGE_OFFSETS } from '../../../cell-config/rpi4-layout.ts';
import { allParameters, readOverlays } from './overlays.ts';
import type { Overlay, Parameter, ParameterLine } from './overlays.ts';
import type { ConfigLine } from './parse.ts';

export interface Contradiction {
  readonly line: ConfigLine;
  /** The line without the contradiction. Empty: nothing remains. */
  readonly rest: string;
  readonly why: string;
}

const TAKES_SPI = 'gives the page of SPI0 (SPI0 and SPI3 to SPI6) to Linux';

/** Overlays that use SPI0 without a parameter for it. Others are recognised by their parameters. */
const SPI0_OVERLAYS = new Set([
  ...['adafruit-st7735r', 'adafruit18', 'adafruit18r', 'ads7846', 'at86rf233', 'enc28j60', 'hy28a'],
  ...['hy28b', 'hy28b-2017', 'mcp2515-can0', 'mcp2515-can1', 'media-center', 'mz61581', 'papirus'],
  ...['pifacedigital', 'piscreen', 'piscreen2r', 'pisound', 'pitft22', 'pitft28-capacitive'],
  ...[
    'pitft28-resistive',
    'pitft35-resistive',
    'qca7000',
    'rpi-display',
    'rpi-tv',
    'sc16is752-spi0',
  ],
  ...['seeed-can-fd-hat-v1', 'seeed-can-fd-hat-v2', 'sh1106-spi', 'si446x-spi0', 'spi-gpio35-39'],
  ...['spi-gpio40-45', 'ssd1306-spi', 'ssd1327-spi', 'ssd1331-spi', 'ssd1351-spi', 'tinylcd35'],
  ...['tpm-slb9670', 'ugreen-dabboard', 'w5500', 'watterott-display'],
]);
/** Overlays for any bus, which take SPI0 if no parameter names one. */
const SPI0_BY_DEFAULT = new Set([
  'anyspi',
  'fbtft',
  'mcp2515',
  'mcp251xfd',
  'mipi-dbi-spi',
  'spi-rtc',
]);
const PAGE_BUSES = Object.keys(SPI_PAGE_OFFSETS).join('');
/** `spi0-1cs`, `spi5-2cs`. */
const BUS_OVERLAY = new RegExp(`^spi[${PAGE_BUSES}]-`);
/** `spi0-0`, `spi0-0-present`, `s08-spi0-0-present`. */
const ON_PAGE = new RegExp(`(^|-)spi[${PAGE_BUSES}][-_]\\d`);
const ON_ANY_BUS = /(^|-)spi\d[-_]\d/;
const OFF = ['off', 'no', 'false', '0', 'n', 'disabled'];

/** The lines to remove or change, including those of included files. `owned`: setting to value. */
export function findContradictions(
  lines: readonly ConfigLine[],
  owned: ReadonlyMap<string, string>,
): Contradiction[] {
  const found: Contradiction[] = lines.flatMap((line) => {
    const value = owned.get(line.key);
    if (line.applies === 'never' || value === undefined || line.value === value) return [];
    return [{ line, rest: '', why: `the warden needs ${line.key}=${value}` }];
  });
  const overlays = readOverlays(lines);
  for (const [index, overlay] of overlays.entries()) {
    const claim = overlayClaim(overlay, index > 1 || overlays[0].parameterLines.length > 0);
    if (claim !== undefined) found.push(claim);
    found.push(...overlay.parameterLines.flatMap((line) => parameterClaim(line)));
  }
  return found;
}

/** `isLater`: earlier lines are about the device tree, too. */
function overlayClaim(overlay: Overlay, isLater: boolean): Contradiction | undefined {
  const { name, line, parameters } = overlay;
  if (line === undefined) return undefined;
  if (name.startsWith('jailhouse-memory')) {
    return { line, rest: '', why: 'reserves memory for other cells' };
  }
  const isFixed = SPI0_OVERLAYS.has(name) || BUS_OVERLAY.test(name);
  if (!isFixed && !isOnPageByParameters(overlay)) return undefined;
  const others = parameters.filter((parameter) => !isOnPage(parameter));
  if (!isFixed && others.some((parameter) => ON_ANY_BUS.test(parameter.name))) {
    const list = others.map(({ text }) => text).join(',');
    return { line, rest: `${line.key}=${name},${list}`, why: TAKES_SPI };
  }
  // Parameters that follow must not become those of the overlay before. An empty `dtoverlay=` as the first
  // line of all would keep the firmware from reading a HAT's own overlay.
  const endsScope = overlay.parameterLines.length > 0 && isLater;
  return { line, rest: endsScope ? 'dtoverlay=' : '', why: TAKES_SPI };
}

/** Parameters of the base tree, or of an overlay, on their own line. */
function parameterClaim({ line, parameters }: ParameterLine): Contradiction[] {
  const left = parameters.filter((parameter) => !isOnPage(parameter) && !enablesSpi(parameter));
  if (left.length === parameters.length) return [];
  const rest = left.length === 0 ? '' : `${line.key}=${left.map(({ text }) => text).join(',')}`;
  return [{ line, rest, why: TAKES_SPI }];
}

function isOnPageByParameters(overlay: Overlay): boolean {
  const parameters = allParameters(overlay);
  if (parameters.some(isOnPage)) return true;
  return SPI0_BY_DEFAULT.has(overlay.name) && !parameters.some(({ name }) => ON_ANY_BUS.test(name));
}

function isOnPage({ name, value }: Parameter): boolean {
  return ON_PAGE.test(name) && !isOff(value);
}

/** The base tree's `spi` enables SPI0. */
function enablesSpi({ name, value }: Parameter): boolean {
  return name === 'spi' && !isOff(value);
}

function isOff(value: string | undefined): boolean {
  return value !== undefined && OFF.includes(value.toLowerCase());
}
