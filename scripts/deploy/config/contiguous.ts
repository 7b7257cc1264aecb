// SPDX-License-Identifier: MIT
/**
 * Whether the contiguous memory (CMA) that a card requests still fits beside the reservation.
 *
 * Linux takes it in one piece from the first 768 MiB (`alloc-ranges` in this board's kernel), so that the
 * display's memory is below 1 GiB. It takes the highest free piece there. Without one it starts, and graphics
 * have no memory. Sources: `created CMA memory pool at 0xec00000` (0xe000000 beside an initramfs of 16 MB),
 * size 512 MiB, in boot logs of this board; the overlays cma, vc4-kms-v3d-pi4 and vc4-fkms-v3d-pi4 of the
 * kernel for Raspberry Pi; Linux, kernel-parameters.txt, `cma=`, which takes precedence over the device tree.
 */
import { CARD_RESERVATION } from '../../../cell-config/rpi4-layout.ts';
import { allParameters, readOverlays } from './overlays.ts';
import type { Overlay } from './overlays.ts';
import { placeOf } from './parse.ts';
import type { ConfigLine } from './parse.ts';

const MIB = 2 ** 20;
/** The firmware puts the device tree and an initramfs below this address. */
const BOOT_FILES_END = 0x2f000000;
/** Room for both. A board that starts without an initramfs uses 4 MiB of it. */
const BOOT_FILES_BYTES = 64 * MIB;
const PIECE_BYTES = BOOT_FILES_END - CARD_RESERVATION.start - CARD_RESERVATION.size;
/** What an overlay requests without a parameter. The firmware takes the form for this model. */
const DEFAULT_MIB: Readonly<Record<string, number>> = {
  cma: 256,
  'vc4-kms-v3d': 508,
  'vc4-kms-v3d-pi4': 508,
  'vc4-fkms-v3d': 508,
  'vc4-fkms-v3d-pi4': 508,
};

interface Request {
  readonly bytes: number;
  readonly where: string;
  readonly what: string;
}

/** A sentence about a request that does not fit. Undefined: all requests that may apply fit. */
export function contiguousWarning(
  lines: readonly ConfigLine[],
  commandLines: ReadonlyMap<string, string> = new Map(),
): string | undefined {
  const requests = [...overlayRequests(lines), ...commandLineRequests(commandLines)];
  const largest = requests.reduce<Request | undefined>(
    (most, one) => (most === undefined || one.bytes > most.bytes ? one : most),
    undefined,
  );
  const most = PIECE_BYTES - BOOT_FILES_BYTES;
  if (largest === undefined || largest.bytes <= most) return undefined;
  const start = CARD_RESERVATION.start.toString(16).padStart(8, '0');
  return (
    `${largest.where} asks for ${inMib(largest.bytes)} of contiguous memory in one piece ` +
    `(${largest.what}). Above the ${inMib(CARD_RESERVATION.size)} of the cells at 0x${start} ` +
    `${inMib(PIECE_BYTES)} are free, ${inMib(BOOT_FILES_BYTES)} of it for the files that the firmware ` +
    'loads: Linux starts, graphics may get no memory. ' +
    `Next: ask for ${inMib(most)} at most, for example dtoverlay=vc4-kms-v3d,cma-${most / MIB}`
  );
}

/** Later lines replace earlier ones, unless they may not apply. */
function overlayRequests(lines: readonly ConfigLine[]): Request[] {
  let requests: Request[] = [];
  for (const overlay of readOverlays(lines)) {
    const { line } = overlay;
    const bytes = requestedBytes(overlay);
    if (line === undefined || bytes === undefined) continue;
    if (line.applies === 'always') requests = [];
    requests.push({ bytes, where: placeOf(line), what: line.setting });
  }
  return requests;
}

function requestedBytes(overlay: Overlay): number | undefined {
  const byDefault = DEFAULT_MIB[overlay.name];
  if (byDefault === undefined) return undefined;
  let bytes = byDefault * MIB;
  for (const { name, value } of allParameters(overlay)) {
    const size = /^cma-(\d+)$/.exec(name)?.[1];
    if (size !== undefined) bytes = Number(size) * MIB;
    else if (name === 'cma-size' && Number(value) > 0) bytes = Number(value);
    // The base tree's default: 64 MiB.
    else if (name === 'cma-default') bytes = 64 * MIB;
  }
  return bytes;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: MIB, G: 2 ** 30 };

function commandLineRequests(commandLines: ReadonlyMap<string, string>): Request[] {
  return [...commandLines].flatMap(([where, text]) => {
    const found = [...text.matchAll(/(?:^|\s)(cma=(\d+)([KMG]?)\S*)/gi)].at(-1);
    if (found === undefined) return [];
    const [, what, count, unit] = found;
    return [{ bytes: Number(count) * UNITS[unit.toUpperCase()], where, what }];
  });
}

function inMib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
